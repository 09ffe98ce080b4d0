// The official Python SDK as the client.
import { join } from "node:path";
import { expect, it } from "vitest";
import { inOrder, type Reply, turn, use } from "../support/messages-api/script.ts";
import { run } from "../support/processes.ts";
import { openGatewayDesk } from "./desk.ts";

const SCRIPT = join(import.meta.dirname, "python-client.py");
const FIND = "import importlib.util, sys; sys.exit(importlib.util.find_spec('anthropic') is None)";

it("the Python SDK gets messages, streams and errors", async ({ skip }) => {
  const installed = await run("python3", ["-c", FIND]).catch(() => undefined);
  if (!installed) skip("python3 with the package anthropic is not installed");
  const works = (): Reply[] => [turn("I read it.", use("handle_ticket", { ticket_id: "TKT-1001" })), turn("Done.")];
  const script = inOrder(...works(), ...works(), { status: 404, type: "not_found_error" });
  await using desk = await openGatewayDesk(script);
  const { stdout } = await run("python3", [SCRIPT, desk.url]);
  const message = { texts: ["I read it.", "Done."], stop_reason: "end_turn", tokens: 20 };
  expect(JSON.parse(stdout)).toEqual({
    ...{ message, streamed: message, heard: "I read it.Done." },
    refused: { status: 404, name: "NotFoundError", request_id: expect.stringMatching(/^req_/) },
  });
});
