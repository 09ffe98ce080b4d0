// Log lines: one JSON object a line on stderr, because stdout may carry a protocol (MCP over stdio).

/** Writes one log line. Never pass what a customer wrote. */
export type Log = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

function plain(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, stack: value.stack, cause: plain(value.cause) };
}

/** Logs to stderr. */
export const logToStderr: Log = (message, fields = {}) => {
  const entries = Object.entries(fields).map(([key, value]) => [key, plain(value)]);
  process.stderr.write(
    `${JSON.stringify({ time: new Date().toISOString(), message, ...Object.fromEntries(entries) })}\n`,
  );
};
