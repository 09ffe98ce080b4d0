// Words that tell how soon an answer is needed, written by hand. Inflections are found without being listed (phrase-table.ts).

/** Work stands still, money, safety or a deadline is at stake, or somebody has lost patience. */
export const URGENT =
  "urgent, urgently, asap, as soon as possible, immediately, right now, right away, at once, emergency, deadline, outage, " +
  "is down, site down, server down, cannot work, not work at all, lawyer, attorney, legal action, sue, police, court, fraud, " +
  "fraudulent, stolen, stole, hacked, scammed, unauthorized, unauthorised, without my permission, without my consent, " +
  "by today, by tonight, by tomorrow, today, tonight, within the hour, last warning, third time, fourth time, fifth time, " +
  "several times, stranded, critical, time sensitive, locked out, data loss, lost everything, all my data, production down, " +
  "security breach, identity theft, dangerous, on fire, smoke, burned, injured, hospital, medicine, medication, hurry, " +
  "cannot wait, losing money, losing customers, evicted, overdraft, wedding, funeral, birthday, exam, flight leaves, " +
  "not turn on, wiped, bricked";

/** It can wait. */
export const PATIENT =
  "no rush, no hurry, whenever you, when you have time, when you get time, when you have a moment, when you get a chance, " +
  "take your time, just wondering, just curious, out of curiosity, not urgent, not an emergency, can wait, thank you so much, " +
  "would be nice, would be great, would be lovely, would be cool, would love, i wish, suggestion, feature request, " +
  "please add, any plans, someday, in the future, minor, cosmetic, typo, fyi, for your information, quick question, " +
  "wondering, do you have, do you offer, how do i, how can i, where can i, is it possible, can i, is there a way, " +
  "keep up the good work, well done";
