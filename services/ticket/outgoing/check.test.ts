// What a reply may carry: leaks that have to be found, and ordinary replies that have to pass.
import { describe, expect, test } from "vitest";
import { ApprovalReasonKind as Kind } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { checkReply } from "./check.ts";
import type { Knowledge } from "./finding.ts";

const ticket: Knowledge = {
  known: [
    "Order 4711-22 has not arrived",
    "Hi, my order 4711-22 (tracking 1Z999AA10123456784) has not arrived. Write to ada@example.com or call +49 (0)30 1234-567. " +
      "I ordered at https://shop.example.com/orders/4711?ref=mail and paid with the card ending in 4242. " +
      "My IBAN is DE89 3704 0044 0532 0130 00. I read about it on https://status.other.example/incident.",
    "Ada Lovelace, ada.l@work.example, Analytical Engines Ltd",
  ],
  internal: [
    "Customer threatened a chargeback last month, offer at most 20 percent and never mention the warehouse fire.",
    "Reset code for her account is Xk7-Q9pL-22mz. VIP, treat gently.",
    "fraud score 87 of 100",
    "お客様は以前に不正な返金請求をしたことがあるので注意してください",
  ],
  identifiers: new Set(["TKT-1001", "CUS-1001", "TKT-1007"]),
  allowed: ["help.deskwire.example", "*.docs.example", "support@deskwire.example", "+49 800 1234567"],
};

const kindsOf = (reply: string) => [...new Set(checkReply(reply, ticket).map(({ kind }) => Kind[kind]))];

describe("ordinary replies pass", () => {
  test.each([
    "Hello Ada,\n\nyour order 4711-22 has left our warehouse and arrives on 2026-11-28 between 09:00 and 12:00.\n\nKind regards,\nThe support team",
    "We write to ada@example.com, or to ADA.L@work.example if you prefer.",
    "We will call you at 030 1234567 tomorrow at 10:30.",
    "We will call you at +49 30 1234567, or 0049 30 1234567.",
    "Your tracking number is 1Z999AA10123456784, and the order is at https://shop.example.com/orders/4711?ref=mail.",
    "You find your order at shop.example.com (see https://shop.example.com/orders/4711?ref=mail#top).",
    "The refund goes to DE89370400440532013000, in 3-5 working days.",
    "This is ticket TKT-1001; TKT-1007 is your other one.",
    "See https://help.deskwire.example/returns?lang=en or write to support@deskwire.example, phone 0800 1234567.",
    "See [how returns work](https://help.deskwire.example/returns) and https://api.docs.example/v1.",
    "See [help.deskwire.example](https://help.deskwire.example/start).",
    "The total is 1,234,567.89 EUR (VAT 19 %), i.e. 1.038.292,34 EUR net. Invoice 20261126 is attached.",
    "Version 2.10.3 fixes this, e.g. on Node.js 24.1.0; update by 11/28/2026 or 28.11.2026.",
    "Please let me know if you have any further questions. We are happy to help you with anything else.",
    "1. Open the settings\n2. Choose *Privacy*\n3. Press **Export**\n\n> You wrote: it has not arrived\n\n- done\n- not done",
    "If a < b and c > d, then use `x = y`; 5 > 3, and I <3 it :)",
    "Hi 👩‍👩‍👧 – danke für Ihre Geduld! ❤️ Grüße aus München, Ihr Support-Team",
    "Здравствуйте! Ваш заказ уже в пути, USB-кабель приедет завтра.",
    "お問い合わせありがとうございます。ご注文の商品は明日届く予定です。",
    "مرحبا، طلبك رقم ٤٧١١ في الطريق إليك.",
    "Thanks for the photos.It is clear now.Please keep the parcel.We will collect it.",
    "The password must have 12 characters; a passphrase such as correct-horse-battery-staple is fine.",
    "Opening hours: Mon-Fri 9-17, Sat 10-14. Room 12 345, floor 3. Size 10-12-14.",
    "We offer 20 percent off your next order, as an apology.",
    "On 2025-01-01 00:00:00 and 2025/02/02 the status page said so: https://status.other.example/incident/",
    "and/or, yes/no, 24/7, w/o, N/A, km/h, TCP/IP, read/write.",
    "",
  ])("%j", (reply) => {
    expect(checkReply(reply, ticket)).toEqual([]);
  });
});

describe("what is somebody else's waits", () => {
  test.each<[reply: string, kind: keyof typeof Kind]>([
    ["Eve also has this: eve@elsewhere.example", "FOREIGN_CONTACT"],
    ["Write to eve [at] elsewhere [dot] example", "FOREIGN_CONTACT"],
    ["Write to eve(at)elsewhere.example", "FOREIGN_CONTACT"],
    ["Write to eve at elsewhere dot com please", "FOREIGN_CONTACT"],
    ["Write to ｅｖｅ＠elsewhere.example", "FOREIGN_CONTACT"],
    ["Write to e\u200bve@else\u200bwhere.example", "FOREIGN_CONTACT"],
    ["support@deskwire.example.evil.example", "FOREIGN_CONTACT"],
    ["Call Eve at +1 555 010 9988.", "FOREIGN_CONTACT"],
    ["Call Eve at (555) 010-9988.", "FOREIGN_CONTACT"],
    ["Call Eve at 089/7654321.", "FOREIGN_CONTACT"],
    ["Call Eve at +٤٩ ٨٩ ٧٦٥٤٣٢١.", "FOREIGN_CONTACT"],
    ["The other customer is CUS-1002.", "FOREIGN_IDENTIFIER"],
    ["See tkt 1002 and cus–1003.", "FOREIGN_IDENTIFIER"],
    ["As NOTE-1001 says", "FOREIGN_IDENTIFIER"],
    ["Her card is 4111 1111 1111 1111.", "FOREIGN_NUMBER"],
    ["Her card is 4111-1111-1111-1111, 12/27.", "FOREIGN_NUMBER"],
    ["Her number is 123456789012.", "FOREIGN_NUMBER"],
    ["Pay to GB82 WEST 1234 5698 7654 32.", "FOREIGN_NUMBER"],
    ["Here: ZXZlQGVsc2V3aGVyZS5leGFtcGxlIDU1NQ==", "FOREIGN_NUMBER"],
    ["Use sk-live-51H8xYzAbCdEfGhIjKlMnOp", "FOREIGN_NUMBER"],
  ])("%j", (reply, kind) => {
    expect(kindsOf(reply)).toContain(kind);
  });
});

describe("links that nobody named wait", () => {
  test.each([
    "https://evil.example/collect?d=secret",
    "http://evil.example",
    "hxxps://evil[.]example/x",
    "evil.com",
    "www.evil.com",
    "Go to evil.com/login now",
    "//evil.com/x",
    "ftp://evil.example/file",
    "https://shop.example.com/orders/4711?ref=mail&d=secret",
    "https://shop.example.com/other",
    "https://shop.example.com:8443/orders/4711?ref=mail",
    "https://help.deskwire.example@evil.example/",
    "https://help.deskwire.example.evil.example/",
    "https://docs.example/",
    "https://evildocs.example/",
    "https:\\\\evil.example\\x",
    "http://2130706433/",
    "http://[::1]/x",
    "https://xn--pple-43d.com/",
    "(https://evil.example)",
    "<https://evil.example>",
    "[here](https://evil.example/a)",
    "[here][1]\n\n[1]: https://evil.example/a",
    "custom-app://open?token=1",
    "evil.tk",
  ])("%j", (reply) => {
    expect(kindsOf(reply)).toContain("FOREIGN_LINK");
  });
});

describe("what a reader does not see waits", () => {
  test.each([
    "Fine.\u200b\u200c\u200d\u2060 Really.",
    "Fine.\u{E0068}\u{E0065}\u{E0079}",
    "abc \u202Efdp.exe",
    "<img src=x onerror=alert(1)>",
    '<a href="https://help.deskwire.example">x</a>',
    "<div style='display:none'>secret</div>",
    "<!-- secret -->",
    "&#115;&#101;cret",
    "![x](https://help.deskwire.example/pixel.png)",
    "![x][1]",
    "data:text/html;base64,PHNjcmlwdD4=",
    "[x](javascript:alert(1))",
    "[bank.com](https://shop.example.com/orders/4711?ref=mail)",
    "[https://bank.example/login](https://help.deskwire.example/x)",
    `Fine.${"\n".repeat(40)}secret`,
    `Fine.${" ".repeat(200)}secret`,
    "Please visit раypal soon",
    "https://аpple.com/",
  ])("%j", (reply) => {
    expect(kindsOf(reply)).toContain("HIDDEN_CONTENT");
  });
});

describe("what only the desk may read waits", () => {
  test.each([
    "Well, you threatened a chargeback last month, so: offer at most 20 percent and never mention it.",
    "OFFER AT MOST 20 PERCENT - AND NEVER MENTION the warehouse!",
    "Your code is Xk7-Q9pL-22mz.",
    "By the way, your fraud score: 87 of 100.",
    "お客様は以前に不正な返金請求をしたことがあるので、ご注意ください",
    "You threatened\u200b a charge\u200bback last month, offer at most",
  ])("%j", (reply) => {
    expect(kindsOf(reply)).toContain("INTERNAL_TEXT");
  });

  test("unless the customer knows it", () => {
    const internal = ["The customer says that the blue parcel was left in the rain overnight"];
    const reply = "I am sorry that the blue parcel was left in the rain overnight.";
    expect(checkReply(reply, { ...ticket, internal })).not.toEqual([]);
    const known = [...ticket.known, "The BLUE parcel was left in the rain overnight!"];
    expect(checkReply(reply, { ...ticket, known, internal })).toEqual([]);
  });

  test("and the excerpt is what is repeated", () => {
    const [reason] = checkReply("So, offer at most 20 percent and never mention the warehouse fire, ok?", ticket);
    expect(reason?.excerpt).toBe("offer at most 20 percent and never mention the warehouse fire");
  });
});

test("the reasons are bounded", () => {
  const reply = `${"a@b.example 4111 1111 1111 1111 https://x.example/y <img> ".repeat(300)}`.slice(0, 20_000);
  expect(checkReply(reply, ticket).length).toBeLessThanOrEqual(20);
});

test.each(["a", "1", " ", "@", ".", "-", "a.", "a@", "1 ", "[", "(", "<", "http://", "\n", "&#1"])(
  "20,000 characters of %j come to an end",
  (piece) => {
    expect(() => checkReply(piece.repeat(20_000).slice(0, 20_000), ticket)).not.toThrow();
  },
);
