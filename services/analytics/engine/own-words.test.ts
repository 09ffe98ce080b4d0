import { expect, test } from "vitest";
import { ownWords } from "./own-words.ts";

const lines = (...text: string[]) => text.join("\n");

test("lines after > and the line that announces them are left out, and an answer below them is kept", () => {
  const mail = lines(
    "Hello,",
    "",
    "On Mon, 3 Mar 2025, Ann wrote:",
    "> It is awful.",
    ">> Worse.",
    "",
    "It works now.",
  );
  expect(ownWords(mail)).toBe(lines("Hello,", "", "", "It works now."));
});

test("an announcement that the mail program wrapped is recognised", () => {
  const mail = lines("Fine now.", "On Mon, 3 Mar 2025 at 10:00 Ann Example", "<ann@example.com> wrote:", "> Awful.");
  expect(ownWords(mail)).toBe("Fine now.");
});

test("without > the quotation runs to the end", () => {
  expect(ownWords(lines("Fine now.", "On Monday Ann wrote:", "Awful.", "Really."))).toBe("Fine now.");
});

test.each([
  "-----Original Message-----",
  "________ Forwarded message",
  "From: Ann\nSent: Monday",
  "*From:* Ann\n*Date:* Monday",
])("what follows %j is earlier mail", (header) => {
  expect(ownWords(lines("Fine now.", header, "It is awful."))).toBe("Fine now.");
});

test.each(["-- ", "--"])("what follows the line %j is a signature", (separator) => {
  expect(ownWords(lines("Fine now.", separator, "Ann, Terrible Ideas Ltd"))).toBe("Fine now.");
});

test("a device's advertisement is left out", () => {
  expect(ownWords(lines("Fine now.", "Sent from my phone"))).toBe("Fine now.");
});

test("prose that only resembles a header is kept", () => {
  const mail = lines("On Monday it broke.", "From: the shop, a box -- empty.", "5 > 3 and x -- y", "--verbose fails");
  expect(ownWords(mail)).toBe(mail);
});

test("a mail that is nothing but a quotation is read without its marks", () => {
  expect(ownWords(lines("> It is awful.", "> > Really."))).toBe(lines("It is awful.", "Really."));
});

test("line ends of every kind separate lines", () => {
  expect(ownWords("Fine now.\r\n> Awful.\r> Worse.\nBye.")).toBe(lines("Fine now.", "Bye."));
});
