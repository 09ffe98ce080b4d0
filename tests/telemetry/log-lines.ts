// A log whose lines a test can read.
import { createLog, type Log, type LogLevel } from "../../runtime/log.ts";

/** A log and what was written to it. */
export interface ReadableLog {
  readonly log: Log;
  /** The lines as they would stand on stderr. */
  text(): string;
  lines(): Record<string, unknown>[];
}

/** Makes a log that keeps its lines. */
export function readableLog(level: LogLevel = "debug"): ReadableLog {
  let written = "";
  const destination = {
    write(line: string) {
      written += line;
    },
  };
  const log = createLog({ level, service: "deskwire-test", destination });
  const lines = () => written.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  return { log, text: () => written, lines };
}
