// How long something lasts, as a person writes it on a command line.
import { Code } from "@connectrpc/connect";
import { fail } from "../../runtime/errors.ts";

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Reads `90d`, `12h`, `30m` or `45s`, in milliseconds.
 *
 * @throws ConnectError `USAGE_WRONG` naming the option
 */
export function parseDuration(text: string, option: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
  throw fail(Code.InvalidArgument, "USAGE_WRONG", `${option} ${text} is not allowed. Write 90d, 12h, 30m or 45s.`);
}
