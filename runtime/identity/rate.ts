// How often something may happen, as a person writes it.

/** So many calls in so much time; as many may come at once, and then one each time a share of the time has passed. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
  /** As a person wrote it. */
  readonly text: string;
}

const UNITS_MS = { s: 1_000, min: 60_000, h: 3_600_000 } as const;

/** Reads `10/s`, `600/min` or `5000/h`; undefined where the text is none of these. */
export function parseRate(text: string): Rate | undefined {
  const [, count, unit] = /^([1-9]\d{0,6})\/(s|min|h)$/.exec(text) ?? [];
  return count === undefined
    ? undefined
    : { count: Number(count), perMs: UNITS_MS[unit as keyof typeof UNITS_MS], text };
}
