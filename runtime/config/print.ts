// What `npm start -- --print-config` shows: lines that could stand in an env file, without the secrets.
import type { Setting } from "./read.ts";

/**
 * The settings as `NAME=value # where it comes from`.
 *
 * @param effective values that take the place of a default that depends on what is started
 */
export function printSettings(settings: readonly Setting[], effective: Readonly<Record<string, string>> = {}): string {
  const rows = settings.map(
    ({ name, shown, source }) => [`${name}=${shown || (effective[name] ?? "")}`, source] as const,
  );
  const width = Math.min(60, Math.max(...rows.map(([assignment]) => assignment.length)));
  return rows.map(([assignment, source]) => `${assignment.padEnd(width)}  # ${source}`).join("\n");
}
