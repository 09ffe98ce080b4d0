// Log lines: one JSON object a line on stderr, because stdout may carry a protocol (MCP over stdio).
import pino from "pino";
import { safeFields } from "./telemetry/safe-fields.ts";
import { traceIds } from "./telemetry/tracing.ts";

/** How much is logged, from most to least. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
type LineLevel = Exclude<LogLevel, "silent">;

/**
 * Writes one log line. The message is a constant; fields are names, numbers and errors. What else is passed, such as what a
 * customer wrote, is left out.
 *
 * @param level if left out: `error` where the fields have an error, else `info`
 */
export type Log = (message: string, fields?: Readonly<Record<string, unknown>>, level?: LineLevel) => void;

/** What a log is made of. */
export interface LogOptions {
  /** Lines below it are left out. */
  readonly level?: LogLevel;
  /** Stands in every line. */
  readonly service?: string;
  /** Where lines go; stderr if left out. */
  readonly destination?: pino.DestinationStream;
}

/** Makes a log. Lines are written when `log` returns, so that none is lost whatever the process dies of. */
export function createLog({ level = "info", service = "deskwire", destination }: LogOptions = {}): Log {
  const options: pino.LoggerOptions = {
    level,
    base: { service },
    messageKey: "message",
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: () => traceIds() ?? {},
    formatters: { level: (label) => ({ level: label }) },
  };
  const logger = pino(options, destination ?? pino.destination({ dest: 2, sync: true }));
  return (message, fields = {}, lineLevel = fields.error instanceof Error ? "error" : "info") => {
    if (logger.isLevelEnabled(lineLevel)) logger[lineLevel](safeFields(fields), message);
  };
}

/** Logs to stderr. */
export const logToStderr: Log = createLog();
