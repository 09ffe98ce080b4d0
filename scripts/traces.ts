// `npm run traces`: takes traces by OTLP and prints each as a tree, to see on one's own machine what a call does.
import { createServer, type IncomingMessage } from "node:http";
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { runCommand } from "../runtime/command.ts";
import { fail } from "../runtime/errors.ts";
import { type ReceivedSpan, receivedSpans } from "./traces/otlp.ts";
import { printTrace } from "./traces/print-trace.ts";

const HELP = `npm run traces [-- --port PORT]
Takes traces by OTLP over HTTP with JSON on 127.0.0.1, and prints each one as a tree. Beside it, start the desk with

  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 npm start

  --port PORT  where to listen (default: 4318)
  -h, --help   this text`;

/** A trace is printed when nothing has been added to it for this long, in milliseconds: processes send every five seconds. */
const QUIET_MS = 6_000;

async function read(request: IncomingMessage): Promise<ReceivedSpan[]> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  return receivedSpans(JSON.parse(body));
}

/** Gathers the spans of traces. */
class Traces {
  readonly #spans = new Map<string, { readonly spans: ReceivedSpan[]; timer: NodeJS.Timeout }>();

  add(span: ReceivedSpan): void {
    const known = this.#spans.get(span.traceId);
    if (known) clearTimeout(known.timer);
    const spans = [...(known?.spans ?? []), span];
    this.#spans.set(span.traceId, { spans, timer: setTimeout(() => this.#print(span.traceId), QUIET_MS) });
  }

  #print(id: string): void {
    console.log(`${printTrace(this.#spans.get(id)?.spans ?? [])}\n`);
    this.#spans.delete(id);
  }

  /** Prints what there is. */
  flush(): void {
    for (const [id, { timer }] of this.#spans) {
      clearTimeout(timer);
      this.#print(id);
    }
  }
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { port: { type: "string", default: "4318" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return console.log(HELP);
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
    throw fail(
      Code.InvalidArgument,
      "USAGE_WRONG",
      "--port takes a number up to 65535.\nSee npm run traces -- --help.",
    );
  }
  const traces = new Traces();
  const server = createServer(async (request, response) => {
    try {
      for (const span of await read(request)) traces.add(span);
      response.setHeader("content-type", "application/json").end("{}");
    } catch {
      response.writeHead(400).end("Send OTLP over HTTP with JSON, as Deskwire does.\n");
    }
  });
  const { promise: failed, reject } = Promise.withResolvers<never>();
  server.once("error", reject);
  server.listen(Number(values.port), "127.0.0.1", () =>
    console.log(`Traces are taken at http://127.0.0.1:${values.port}`),
  );
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await Promise.race([stopped, failed]);
  traces.flush();
  server.close();
  server.closeAllConnections();
}

await runCommand(() => main(process.argv.slice(2)));
