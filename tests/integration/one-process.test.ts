// `npm start` as a newcomer runs it: one process, one port, every way in.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DeskProcess, isInstalled, run } from "../support/processes.ts";

const HANDLE = "deskwire.support.v1.SupportService/HandleTicket";
const BODY = '{"ticketId":"TKT-1001"}';

let dataDir: string;
let desk: DeskProcess;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "deskwire-"));
  desk = await DeskProcess.start([], { DATA_DIR: dataDir, CLAUDE_API_KEY: "", ANTHROPIC_API_KEY: "" });
});
afterAll(async () => {
  await desk[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

/** The line that the start printed under a heading. */
function printed(heading: string): string {
  const lines = desk.output.split("\n");
  return lines[lines.findIndex((line) => line.trim().startsWith(heading)) + 1]?.trim() ?? "";
}

describe("npm start", () => {
  it("prints where everything is", () => {
    expect(desk.output).toContain(`${desk.url}/mcp`);
    expect(desk.output).toContain("with demo customers and tickets");
    expect(desk.output).toContain(`${desk.url}/v1/messages (no model: set CLAUDE_API_KEY and start again)`);
    expect(desk.output.match(/deskwire\.[\w.]+Service$/gm)).toEqual([
      "deskwire.crm.v1.CrmService",
      "deskwire.ticket.v1.TicketService",
      "deskwire.ticket.v1.WebhookService",
      "deskwire.analytics.v1.AnalyticsService",
      "deskwire.analytics.v1.MetricsService",
      "deskwire.support.v1.SupportService",
    ]);
    expect(printed("Claude Code")).toBe(`claude mcp add --transport http deskwire ${desk.url}/mcp`);
  });

  it("answers the printed curl line", async () => {
    const { stdout } = await run("sh", ["-c", `${printed("curl:")} --silent --fail`]);
    expect(JSON.parse(stdout)).toMatchObject({
      ticket: { id: "TKT-1001" },
      customer: { id: "CUS-1001" },
      analysis: { sentiment: "SENTIMENT_NEGATIVE", category: "CATEGORY_BILLING" },
    });
  });

  it("answers the printed buf curl line, by reflection", async () => {
    const { stdout } = await run("sh", ["-c", printed("buf curl").replace("npx ", "")]);
    expect(JSON.parse(stdout)).toMatchObject({ ticket: { id: "TKT-1001" } });
  });

  it("answers the printed grpcurl line, and describes itself with comments", async ({ skip }) => {
    if (!(await isInstalled("grpcurl"))) skip("grpcurl is not installed");
    const { stdout } = await run("sh", ["-c", printed("grpcurl")]);
    expect(JSON.parse(stdout)).toMatchObject({ ticket: { id: "TKT-1001" } });
    const { host } = new URL(desk.url);
    const described = await run("grpcurl", ["-plaintext", host, "describe", HANDLE.replace("/", ".")]);
    expect(described.stdout).toContain("Retrieve and analyze a customer support ticket");
  });

  it("refuses an unknown JSON field and an unknown enum name, and writes nothing", async () => {
    const post = (method: string, body: string) =>
      fetch(`${desk.url}/deskwire.support.v1.SupportService/${method}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
    const before = await (await post("HandleTicket", BODY)).json();
    const refused = await Promise.all([
      post("RespondToTicket", '{"ticketId":"TKT-1001","response":"x","updateStaus":"TICKET_STATUS_CLOSED"}'),
      post("RespondToTicket", '{"ticketId":"TKT-1001","response":"x","updateStatus":"TICKET_STATUS_DONE"}'),
    ]);
    for (const answer of refused) {
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: "invalid_argument" });
    }
    expect(await (await post("HandleTicket", BODY)).json()).toEqual(before);
  });

  it("is refused a second time on the same data", async () => {
    await expect(DeskProcess.start([], { DATA_DIR: dataDir })).rejects.toThrow(/in use by process \d+/);
  });

  it("ends cleanly on Ctrl-C, which npm passes on once more, and keeps its data without filling it again", async () => {
    desk.child.kill("SIGINT");
    expect(await desk.stop("SIGINT")).toBe(0);
    expect(await readdir(dataDir)).toEqual(["analytics", "crm", "gateway", "ticket"]);
    desk = await DeskProcess.start([], { DATA_DIR: dataDir });
    expect(desk.output).not.toContain("demo customers");
    const { stdout } = await run("sh", ["-c", `${printed("curl:")} --silent --fail`]);
    expect(JSON.parse(stdout)).toMatchObject({ ticket: { id: "TKT-1001" } });
  });
});
