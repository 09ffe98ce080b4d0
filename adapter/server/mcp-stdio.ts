// MCP over stdin and stdout, for one client: the process that started this one.
import { Transform } from "node:stream";
import { parseJSONRPCMessage } from "@modelcontextprotocol/server";
import { StdioServerTransport, serveStdio as serveTransport } from "@modelcontextprotocol/server/stdio";
import { untilAskedToEnd } from "../../runtime/command.ts";
import { textOf } from "../../runtime/http/read-body.ts";
import { localCaller } from "../../runtime/identity/caller.ts";
import { logToStderr } from "../../runtime/log.ts";
import { createMcpServers, type ServerOptions } from "./mcp-server.ts";
import { isTooDeep, TOO_DEEP } from "./protocol-errors.ts";

const MAX_LINE_BYTES = 10 * 1024 * 1024;

function answerMalformed(code: number, message: string): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id: null, error: { code, message } })}\n`);
}

function isWellFormed(line: Buffer): boolean {
  let value: unknown;
  try {
    value = JSON.parse(textOf(line));
  } catch {
    answerMalformed(-32700, "Parse error: the line is not valid JSON in UTF-8.");
    return false;
  }
  if (isTooDeep(value, line.length)) {
    answerMalformed(-32600, TOO_DEEP);
    return false;
  }
  try {
    parseJSONRPCMessage(value);
    return true;
  } catch {
    answerMalformed(-32600, "Invalid request: the line is not a JSON-RPC 2.0 message.");
    return false;
  }
}

/** Lets only JSON-RPC messages through; the SDK's reader drops anything else without an answer (JSON-RPC 2.0, 5.1). */
function wellFormedLines(): Transform {
  let rest = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
        const line = rest.subarray(0, end + 1);
        rest = rest.subarray(end + 1);
        if (line.toString("latin1").trim() !== "" && isWellFormed(line)) this.push(line);
      }
      done(rest.length > MAX_LINE_BYTES ? new Error(`A line of stdin is longer than ${MAX_LINE_BYTES} bytes.`) : null);
    },
  });
}

/**
 * Serves a catalog on stdin and stdout until stdin ends or SIGINT or SIGTERM arrives; calls in flight then end.
 * Whatever else the process prints goes to stderr, since stdout carries the protocol alone (MCP, stdio transport).
 */
export async function serveStdio(options: ServerOptions): Promise<void> {
  const { log = logToStderr } = options;
  const servers = createMcpServers(options);
  const lines = wellFormedLines();
  const ended = new Promise<void>((resolve) => {
    process.stdin.once("close", resolve).once("end", resolve);
    process.stdout.once("error", () => resolve());
    lines.once("error", (error) => {
      log("stdin unreadable", { error });
      resolve();
    });
    void untilAskedToEnd().then(resolve);
  });
  console.log = console.error;
  console.info = console.error;

  const handle = serveTransport(() => servers.create(() => localCaller), {
    transport: new StdioServerTransport(process.stdin.pipe(lines), process.stdout, { maxBufferSize: MAX_LINE_BYTES }),
    onerror: (error) => log("MCP error", { error }, "warn"),
  });
  await ended;
  await handle.close();
  process.stdin.destroy();
}
