// Words that tell a mood, written by hand. Weights run from -4 to 4. Inflections are found without being listed
// (phrase-table.ts); `=` marks a word that counts only as written.

/** Words and phrases by weight. Weight 0 keeps the words of a set phrase from speaking on their own. */
export const MOOD_WORDS: readonly (readonly [weight: number, phrases: string])[] = [
  [3.5, "best experience, best service, best ever, above and beyond, =outstanding, exceptional, life saver"],
  [3.5, "lifesaver"],
  [3, "excellent, amazing, amazingly, awesome, fantastic, wonderful, superb, brilliant, phenomenal, incredible"],
  [3, "flawless, love, perfect, perfectly, delight, delightful, thrilled, overjoyed, magnificent, terrific"],
  [3, "fabulous, marvelous, marvellous, spectacular, stunning, gorgeous, =couldn't be happier"],
  [3, "=can't thank you enough, =cannot thank you enough, never been happier, never been better"],
  [3, "works like a charm, highly recommend, well done, hats off, second to none"],
  [2.5, "=great, best, happy, happily, happier, enjoy, beautiful, beautifully, impressed, impressive, excited"],
  [2.5, "congrats, congratulations, yay, yum, yummy, rock, =rocks, stellar, =kudos, blessed, hooray, bravo"],
  [2.5, "made my day, keep up the good work, great job, good job, nice work, great work, five stars, 5 stars"],
  [2.5, "job well done, =can't wait to, =cant wait to, so glad, exceeded expectations, thumbs up, big fan"],
  [2.5, "top notch, a pleasure, well worth"],
  [2, "good, nice, nicely, glad, =pleased, satisfied, satisfactory, pleasant, pleasantly, friendly, =cute"],
  [2, "recommend, grateful, gratitude, smooth, smoothly, fun, cool, win, winner, lovely, sweet, proud, favorite"],
  [2, "favourite, reliable, courteous, professional, professionally, knowledgeable, attentive, efficient"],
  [2, "efficiently, comfortable, seamless, seamlessly, effortless, effortlessly, hilarious, joy, celebrate, dope"],
  [2, "epic, legend, sexy, badass, haha, stress free, hassle free, no complaints, nothing but praise"],
  [2, "worth every penny, looking forward to, problem solved, issue resolved, works now, works again, works great"],
  [2, "fixed it for me"],
  [1.5, "helpful, better, smile, hope you are well, polite, kindness, =fast, quick, quickly, promptly, prompt"],
  [1.5, "generous, relaxing, classy, elegant, calm, lucky, luckily, thankfully, fortunately, much appreciated, lol"],
  [1.5, "lmao, wow, woohoo, inspiring, charming, hero, success, successful, successfully, improved, improvement"],
  [1.5, "useful, clean, tasty, delicious, fresh, cosy, cozy, =interesting, intuitive, like it"],
  [1.5, "really like, all sorted, =solved, no problem, no issues, without problem, without issue, as described"],
  [1.5, "easy, not bad, not too bad, not bad at all, can't complain, couldn't be better"],
  [1, "fine, easily, welcome, fair, clear, clearly, safe, okay, ready, =kind, =liked, i like, worth, fix worked"],
  [1, "=resolved, solution worked, responsive, honest, special, =hug, cheer, laugh, free, ftw"],
  // Set phrases that say nothing by themselves.
  [0, "opening hours, office hours, business hours, working hours, 24 hours, thanks in advance"],
  [0, "thank you in advance, kind regards, best regards, warm regards, best wishes, with kind regards"],
  [0, "yours sincerely, many thanks in advance, hope this finds you well, good morning"],
  [0, "hope this email finds you well, hope this message finds you well, hope you are doing well, good afternoon"],
  [0, "good evening, good day, would be great, would be nice, would be good, would be helpful, would be awesome"],
  [0, "would be amazing, would be cool, would be useful, it'd be great, it'd be nice, would appreciate, would love"],
  [0, "would like, i'd love, i'd like, feel free, not hesitate, customer care, take care of, free trial"],
  [0, "free shipping, free version, best way, best time, best option, good idea to, better way, at best"],
  [0, "pretty much, as well as, well as, like to know, not only, not just, no doubt, if you like, something like"],
  [0, "looks like, feels like, seems like, kind of, no worries, all right, right now, not sure if, no idea if"],
  [0, "trouble shooting, error message, error code, miss anything, best buy, high quality, credit card"],
  [0, "prime minister, free of charge, gift card, hard drive, hard copy, great britain"],
  [0, "good friday, black friday, happy meal, fast forward, safe mode, clear cache, cash back"],
  [0, "we'd like, we'd love"],
  [-0.5, "still, never, nobody, nothing, no one, none, why, hours, yet another, wait, again, supposedly"],
  [-0.5, "without notice, issue, unclear, however, instead, question whether, expensive, change my mind"],
  [-0.5, "over a week, claims, apparently"],
  [-1, "problem, trouble, unfortunately, concern, sorry, error, unable, fault, miss, doubt, tired, cost me, stop"],
  [-1, "slow, slowly, late, =cancelled, =canceled, hard, impossible, difficult, difficulty, confusing, lose, sick"],
  [-1, "bug, buggy, glitch, wrong, forced, refuse, denied, declined, reject, unauthorized, unexpected, pending"],
  [-1, "stuck, dispute, bother, on hold, =waiting, =waited, delay, no sign of, no update, too long, too much"],
  [-1, "too many, too late, too expensive, cry, poor service, dirty, crowded, noisy, old fashioned"],
  [-1, "outdated, hungry, uncomfortable, limited, demand, overdue, escalate, urgent, asap, inaccurate, incorrect"],
  [-1, "mistake, kill, died, dead, excuse"],
  [-1.5, "fail, failure, broken, broke, lost, damage, unhappy, sad, sadly, bad, crash, freeze, complain, complaint"],
  [-1.5, "annoy, upset, worry, unreliable, unstable, disconnect, frustrate, inconvenience, inconvenient"],
  [-1.5, "overcharge, overpriced, poor, poorly, mess, messed up, screwed, screw up, hate it when, sloppy"],
  [-1.5, "=careless, inadequate, harsh, unhelpful, ignore, suffer, pain, painful, stress, stressful, hassle"],
  [-1.5, "headache, tedious, boring, weird, ugly, dumb, hung up, keeps happening, keep getting, over and over"],
  [-1.5, "again and again, every time, twice, defective, faulty, cracked, leaking, smashed, scratched, stolen"],
  [-1.5, "empty box, wrong item, wrong size, wrong product, wrong order, stranded, lie to me, no luck, no help"],
  [-1.5, "no avail, no reply, no answer, no explanation, no communication, no sense, shame, violation, violated"],
  [-1.5, "illegal, illegally, lawsuit, lawyer, attorney, false, falsely, harass, harassment, threat"],
  [-2, "still waiting, still no, still not, yet to receive, yet to hear, yet to arrive, never received"],
  [-2, "never arrived, never came, never got, never responded, never replied, never again, not work, stop working"],
  [-2, "no longer work, charged twice, charged me twice, double charged, charged again, money was taken"],
  [-2, "took my money, want my money back, no response, nobody answers, no one answers, nobody helps"],
  [-2, "nobody responded, nobody knows, no one knows, can't get through, keep waiting, last straw, fed up"],
  [-2, "had enough, sick of, tired of, sick and tired, let down, give up, gave up, run around, runaround"],
  [-2, "waste of time, waste of money, waste, disappoint, disappointment, dislike, angry, anger, =mad, jerk, rude"],
  [-2, "unprofessionally, rudely, incompetent, incompetence, unprofessional, nonsense, joke, laughable, lousy"],
  [-2, "shoddy, nightmare, suck, crap, crappy, stupid, idiot, idiotic, damn, hell, wtf, smh, ffs, ugh, bs"],
  [-2, "bullshit, shit, shitty, lie, lied, liar, cheat, deceive, deceptive, rip off, mislead, misled, robbed"],
  [-2, "stole, get your act together, not acceptable, not good enough"],
  [-2, "not cool, what a joke, thanks for nothing, thank you for nothing, so much for, yeah right"],
  [-2, "unusable, unresponsive, unsafe, insult, infuriate, aggravating, irritate, ashamed"],
  [-2, "switching to, never buy, never use, never order, losing customers, lost a customer"],
  [-2, "lost my business, fck, fuk"],
  [-2.5, "useless, unacceptable, hate, ridiculous, ridiculously, garbage, trash, rubbish, pathetic, outrageous"],
  [-2.5, "outraged, furious, livid, dissatisfied, dissatisfaction, appalling, atrocious, abysmal, dreadful"],
  [-2.5, "miserable, miserably, inexcusable, embarrassing, fraud, fraudulent, scam, scammer, unethical, absurd"],
  [-2.5, "insane, shocking, devastated, ruin, terrorist, murder, racist, abuse, abusive, evil, heartbroken"],
  [-2.5, "heartbreaking, asshole, bitch, bastard, moron"],
  [-3, "terrible, terribly, awful, horrible, horribly, horrific, horrendous, horrid, worst, disgust, disgrace"],
  [-3, "disgraceful, worthless, deplorable, despicable, nightmare experience, worst experience, worst service"],
];

/** Emoji and emoticons by weight; emoticons without a nose, in lower case. */
export const MOOD_SYMBOLS: readonly (readonly [weight: number, symbols: string])[] = [
  [2.5, "😀 😃 😄 😁 😊 😍 🥰 😘 🤩 ❤ 💕 💖 💗 💙 💚 💛 💜 🖤 🧡 💯 🎉 🥳 👏 🙌 👍 😂 🤣 😎 ♥ 🤗 🏆 😻 <3"],
  [1.5, ":) :] ;) =) :d ;d :p ;p :* 🙂 😉 ☺ 😋 ✨ 👌 💪 🙏 😅 😇 😌 ✌ 🌟 ⭐ 😆 😜"],
  [-1.5, ":( =( :/ =/ :| :\\ 😕 🙁 ☹ 😐 😑 😒 🙄 😬 😟 😞 😔 😓 😴 🤔 🤦 🤷 💔 </3 😥 😰 😪 😳"],
  [-2.5, "😡 😠 🤬 😤 👎 😭 😢 😩 😫 🤮 🤢 💩 🖕 😖 😣 😱 👿 😾 :@"],
];

/** Thanks and courtesies: they count for little beside a complaint or a request. */
export const COURTESIES: readonly (readonly [weight: number, phrases: string])[] = [
  [
    2.5,
    "thank you so much, thanks so much, thanks a million, many thanks, thank you very much, big thanks, huge thanks",
  ],
  [2, "thank, =thx, =thanx, =ty, =tysm, thankful, appreciate, =cheers"],
];

/** What a customer needs to go right: no mood by itself, but bad news when negated ("won't load", "can't log in"). */
export const NEEDS =
  "work, load, open, connect, receive, arrive, respond, reply, answer, help, let me, allow, find, access, log in, login, " +
  "sign in, play, start, sync, update, install, download, charge, turn on, send, get, see, use, fix, show, show up, " +
  "deliver, care, reach, resolve, book, check in, accept, call back, hear, come, believe, understand, make sense, " +
  "function, able, return my, ship, credited, upload, print, pay, change, reset, verify, valid, correct, available, same";
/** What a need counts that is negated, as `MOOD_WORDS` counts words. */
export const NEED_DENIED = -1.4;

/** Words that turn what follows. `not` stands for every contraction with n't. */
export const NEGATORS = new Set("not no never nobody nothing none neither nor without hardly barely unable".split(" "));

/** Words after which the weight of the sentence lies, and what stood before counts for less. */
export const TURNS = new Set("but however except although though".split(" "));

/** Words that make the next one stronger (above 1) or weaker. */
export const DEGREES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{
      very: 1.3,
      really: 1.3,
      so: 1.25,
      soo: 1.4,
      such: 1.2,
      extremely: 1.5,
      absolutely: 1.4,
      totally: 1.3,
      completely: 1.4,
    },
    ...{
      utterly: 1.5,
      incredibly: 1.5,
      super: 1.3,
      truly: 1.3,
      most: 1.2,
      way: 1.1,
      highly: 1.3,
      beyond: 1.3,
      deeply: 1.3,
    },
    ...{
      fucking: 1.4,
      freaking: 1.3,
      damn: 1.2,
      pretty: 1.05,
      quite: 1.1,
      especially: 1.2,
      always: 1.1,
      constantly: 1.2,
    },
    ...{
      slightly: 0.6,
      somewhat: 0.7,
      bit: 0.7,
      little: 0.7,
      fairly: 0.9,
      kinda: 0.7,
      sorta: 0.7,
      almost: 0.8,
      maybe: 0.7,
    },
  }),
);
