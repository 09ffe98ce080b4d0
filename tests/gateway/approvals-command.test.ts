// `npm run approvals`: a person decides in the terminal.
import type { ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../runtime/config.ts";
import { runApprovals } from "../../scripts/approvals/commands.ts";
import { type Ran, start } from "../support/command.ts";
import { inOrder, turn, use } from "../support/messages-api/script.ts";
import { ask, type GatewayDesk, openGatewayDesk, services } from "./desk.ts";

let desk: GatewayDesk;

beforeAll(async () => {
  desk = await openGatewayDesk(inOrder(), {
    environment: { TOOL_APPROVAL: "respond_to_ticket=approve,update_ticket=approve" },
  });
});
afterAll(() => desk[Symbol.asyncDispose]());

/** Has an agent draft a reply to a ticket; the approval that it waits for. */
const drafted = (ticket_id: string, response: string) => asked("respond_to_ticket", { ticket_id, response });

/** Has an agent call a tool; the approval that it waits for. */
async function asked(tool: string, args: { ticket_id: string; [name: string]: unknown }): Promise<string> {
  const { ticket_id } = args;
  desk.model.script = inOrder(turn(use(tool, args)));
  const answer = await ask(desk, { messages: [{ role: "user", content: `Answer ${ticket_id}.` }] });
  desk.model.script = () => turn(`Told about ${ticket_id}.`);
  return answer.deskwire.pending_approvals?.[0]?.id ?? expect.fail("nothing waits");
}

/** The command as a process of its own, with what is typed into it. */
function started(args: readonly string[], env: Record<string, string> = {}, typed = "") {
  return start("scripts/approvals.ts", args, { DESKWIRE_URL: desk.url, ...env }, typed).ended;
}

/** The command in this process: another one is a second's work each time. */
async function approvals(args: string[]): Promise<Ran> {
  let out = "";
  const write = (text: string) => {
    out += `${text}\n`;
  };
  return runApprovals(args, () => readConfig({ DESKWIRE_URL: desk.url }), write).then(
    () => ({ code: 0, out, err: "" }),
    (error: ConnectError) => ({ code: 1, out, err: error.rawMessage }),
  );
}

describe("npm run approvals", () => {
  it("lists, shows, approves, and tells what the agent says to it", async () => {
    expect((await approvals([])).out).toBe("Nothing waits for approval.\n");
    const id = await drafted("TKT-1001", "We refund the second payment.");
    const list = await approvals([]);
    expect(list.out).toContain(`${id}  pending   TKT-1001  respond_to_ticket`);
    expect(list.out).toContain("    We refund the second payment.");
    const shown = await approvals([id.toLowerCase()]);
    expect(shown.out).toContain("Charged twice for my subscription");
    expect(shown.out).toContain("  | We refund the second payment.");
    const done = await approvals([id, "approve"]);
    expect(done).toMatchObject({ code: 0, err: "" });
    expect(done.out).toContain(`${id} is approved.\nThe agent goes on:\n  | Told about TKT-1001.`);
    expect(await desk.conversation("TKT-1001")).toEqual(["We refund the second payment."]);
    expect(JSON.parse((await approvals(["--state", "approved", "--json"])).out)).toMatchObject({ approvals: [{ id }] });
  });

  it("shows all that a call would do, so that nobody approves what they have not seen", async () => {
    const answer = { ticket_id: "TKT-1002", response: "Done.", update_status: "resolved", add_customer_note: true };
    const reply = await asked("respond_to_ticket", answer);
    const { out } = await approvals([reply]);
    expect(out).toContain("With it:\n  updateStatus: TICKET_STATUS_RESOLVED\n  addCustomerNote: true\n");
    expect(out.match(/Done\./g)).toHaveLength(1);
    const change = await asked("update_ticket", { ticket_id: "TKT-1002", team: "tier2", add_tags: ["late"] });
    const shown = (await approvals([change])).out;
    expect(shown).toMatch(/It asks for:\n( {2}.*\n)* {2}ticket: .*"team":"tier2"/);
    expect(shown).toContain('  addTags: ["late"]');
    expect(shown).not.toContain("edit");
    for (const id of [reply, change]) await approvals([id, "reject", "--comment", "Not yet."]);
  });

  it("edits by --text or in the editor, and decides nothing where nothing was changed", async () => {
    const first = await drafted("TKT-1002", "Try again.");
    expect((await started([first, "edit"], { EDITOR: "true", VISUAL: "" })).out).toContain("nothing decided");
    const edited = await started([first, "edit"], { EDITOR: "sed -i s/again/tomorrow/", VISUAL: "" });
    expect(edited.out).toContain(`${first} is approved.`);
    const second = await drafted("TKT-1002", "Or later.");
    await approvals([second, "edit", "--text", "Or on Friday."]);
    expect(await desk.conversation("TKT-1002")).toEqual(["Try tomorrow.", "Or on Friday."]);
    const third = await drafted("TKT-1002", "Hm.");
    expect(await started([third, "edit"], { EDITOR: "false", VISUAL: "" })).toMatchObject({
      code: 1,
      err: expect.stringContaining("Set EDITOR, or use --text."),
    });
    await approvals([third, "reject", "--comment", "Say more."]);
  });

  it("does not send a draft that the customer has overtaken, unless it is told to", async () => {
    const id = await drafted("TKT-1005", "It is cancelled.");
    const { tickets } = services(desk.transport);
    await tickets.recordCustomerReply({ ticketId: "TKT-1005", body: "Please do not cancel!" });
    const refused = await approvals([id, "approve"]);
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect((await approvals([id])).out).toContain("New on the ticket since then:");
    expect((await approvals([id, "reject", "--comment", "They changed their mind."])).out).toContain("is rejected");
    const sent = await drafted("TKT-1005", "It stays, then.");
    await tickets.recordCustomerReply({ ticketId: "TKT-1005", body: "Thank you." });
    expect((await approvals([sent, "approve", "--despite-news"])).out).toContain("is approved");
  });

  it("goes through what waits and asks", async () => {
    const ids = [
      await drafted("TKT-1003", "First."),
      await drafted("TKT-1004", "Second."),
      await drafted("TKT-1001", "Third."),
    ];
    const { out, code } = await started(["review"], {}, "a\nr\nNo.\nq\n");
    expect(code).toBe(0);
    expect(out).toContain(`${ids[0]} is approved.`);
    expect(out).toContain(`${ids[1]} is rejected.`);
    expect(out).not.toContain(`${ids[2]} is`);
  });

  it.each([
    [["APR-9999"], "There is no approval APR-9999"],
    [["APR-9999", "approve"], "There is no approval APR-9999"],
    [["APR-1001", "sign"], "Use approve, edit or reject."],
    [["APR-1001", "reject"], "--comment TEXT"],
    [["APR-1001", "approve", "now"], "What is now?"],
  ])("%j is refused with words", async (args, words) => {
    const { code, err } = await approvals(args);
    expect(code).toBe(1);
    expect(err).toContain(words);
  });

  it("says what to do where no desk runs, and shows no stack", async () => {
    const { code, err } = await started(["--url", "http://127.0.0.1:9"]);
    expect(code).toBe(1);
    expect(err).toContain("Start one with `npm start`");
    expect(err).not.toContain("    at ");
  });
});
