// Going through what waits, one after the other.
import { createInterface, type Interface } from "node:readline";
import { printable } from "../terminal-text.ts";
import type { ApprovalsDesk, Decision, Detail } from "./desk.ts";
import { editText } from "./editor.ts";
import { decidedLines, detailLines } from "./show.ts";

const QUESTION = "[a]pprove, [e]dit, [r]eject, [s]kip, [q]uit? ";

/** A person at the terminal. */
interface Person {
  ask(question: string): Promise<string>;
  /** Leaves the terminal to another program meanwhile. */
  away<T>(work: () => Promise<T>): Promise<T>;
  leave(): void;
}

function personAt(terminal: Interface): Person {
  const lines = terminal[Symbol.asyncIterator]();
  return {
    async ask(question) {
      process.stdout.write(question);
      const { value, done } = await lines.next();
      return done ? "q" : value;
    },
    async away(work) {
      terminal.pause();
      return work().finally(() => terminal.resume());
    },
    leave: () => terminal.close(),
  };
}

/** What the person wants; "skip" and "quit" decide nothing. */
async function choose({ approval, ticket }: Detail, person: Person): Promise<Decision | "skip" | "quit"> {
  // Whoever answers here has just read what is new.
  const seen = { ticket_etag: ticket.etag };
  while (true) {
    const answer = (await person.ask(QUESTION)).trim().toLowerCase();
    if (answer === "a") return { decision: "approve", ...seen };
    if (answer === "s") return "skip";
    if (answer === "q" || answer === "") return "quit";
    if (answer === "r") {
      const comment = (await person.ask("Why? ")).trim();
      if (comment !== "") return { decision: "reject", comment, ...seen };
    }
    if (answer === "e") {
      const text = await person.away(() => editText(approval.draft ?? ""));
      if (text !== undefined) return { decision: "edit", text, ...seen };
    }
  }
}

/** Shows each approval that waits, the oldest first, and asks what to do with it, until none is left or the person stops. */
export async function review(desk: ApprovalsDesk, ticketId: string): Promise<void> {
  const { approvals } = await desk.list("pending", ticketId);
  if (approvals.length === 0) return console.log("Nothing waits for approval.");
  const person = personAt(createInterface({ input: process.stdin }));
  try {
    for (const { id } of approvals.toReversed()) {
      const detail = await desk.get(id);
      console.log(printable(`\n${detailLines(detail).join("\n")}\n`));
      const choice = await choose(detail, person);
      if (choice === "quit") return;
      if (choice !== "skip") console.log(printable(decidedLines(await desk.decide(id, choice)).join("\n")));
    }
  } finally {
    person.leave();
  }
}
