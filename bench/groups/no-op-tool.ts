// What MCP costs: a tool that does nothing, against bare HTTP with answers of the same length.
import type { Group } from "../lib/group.ts";
import { type Era, toolCall } from "../lib/mcp.ts";
import { bareHttp } from "../variants/bare.ts";
import { noOpServer, TEXT } from "../variants/no-op.ts";
import { stdio } from "../variants/stdio.ts";

const ERAS: readonly Era[] = ["2026-07-28", "2025-11-25"];
/** A JSON-RPC result around a tool's result, in bytes: what both eras answer with, give or take a header. */
const ANSWER_BYTES = 230;

/** By Streamable HTTP, for both eras of the protocol. */
export const noOpTool: Group = {
  questions: [
    {
      name: "MCP: a tool that does nothing",
      baseline: "bare http, same bytes",
      callers: [1, 32],
      goals: ERAS.map((era) => ({ variant: `tools/call ${era}`, callers: 32, what: "calls", ratio: 0.4 }) as const),
    },
  ],
  async open({ resources }) {
    const server = await noOpServer(resources);
    const body = toolCall("2026-07-28", "echo", { text: TEXT }, 1);
    return [
      [
        await bareHttp(resources, "bare http, same bytes", body, ANSWER_BYTES),
        server.mcp("tools/call 2026-07-28", "2026-07-28"),
        server.mcp("tools/call 2025-11-25", "2025-11-25"),
      ],
    ];
  },
};

/** By stdio, against a process that gives lines back. */
export const stdioTool: Group = {
  questions: [
    { name: "MCP over stdio: a tool that does nothing", baseline: "bare line echo", callers: [1, 32], goals: [] },
  ],
  open: async ({ resources }) => [
    [stdio(resources, "bare line echo", "line-echo.ts"), stdio(resources, "tools/call", "no-op-stdio.ts")],
  ],
};
