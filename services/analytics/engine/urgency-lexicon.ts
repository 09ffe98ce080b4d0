// Words that tell how soon an answer is needed, written by hand. Inflections are found without being listed (phrase-table.ts).

/** Says so itself, or tells of what cannot wait: work stands still, money, safety or a deadline is at stake. */
export const URGENT =
  "urgent, urgently, asap, as soon as possible, immediately, right away, emergency, deadline, within the hour, hurry, " +
  "by today, by tonight, by tomorrow, by the end of the day, time sensitive, cannot wait, last warning, final warning, " +
  "final reminder, outage, site down, server down, production down, everything is down, cannot work, standstill, " +
  "lawyer, attorney, solicitor, legal action, sue, police, court, fraud, fraudulent, stolen, stole, hacked, scammed, " +
  "unauthorized, unauthorised, without my permission, without my consent, identity theft, security breach, data loss, " +
  "lost everything, all my data, wiped, bricked, stranded, locked out, losing money, losing customers, evicted, overdraft, " +
  "dangerous, on fire, caught fire, smoke, burned, injured, hospital, medicine, medication, gas leak, electric shock";

/** May say so: a day that is near, an occasion, patience that wears thin. */
export const PRESSING =
  "today, tonight, tomorrow, now, right now, at once, this afternoon, this morning, in an hour, minutes, is down, " +
  "not work at all, not turn on, critical, third time, fourth time, fifth time, several times, many times, enough, " +
  "wedding, funeral, birthday, exam, party, interview, appointment, demand";

/** It can wait. */
export const PATIENT =
  "no rush, no hurry, whenever you, when you have time, when you get time, when you have a moment, when you get a chance, " +
  "take your time, just wondering, just curious, out of curiosity, not urgent, not an emergency, can wait, thank you so much, " +
  "would be nice, would be great, would be lovely, would be cool, would love, i wish, suggestion, feature request, " +
  "please add, any plans, someday, in the future, minor, cosmetic, typo, fyi, for your information, quick question, " +
  "wondering, do you have, do you offer, how do i, how can i, where can i, is it possible, can i, is there a way, " +
  "keep up the good work, well done";
