// "Did you mean …?"

/**
 * Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. Where it is above `most`,
 * anything above.
 */
function distance(a: string, b: string, most: number): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    // A swap reaches back two rows.
    if (Math.min(...row) > most && Math.min(...above) > most) return most + 1;
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}

/**
 * The name that was most likely meant; undefined where none is near.
 *
 * @param most how many letters may differ; if left out, a third of the name, and parts may be missing (`id` is near to
 *   `ticket_id`)
 */
export function nearest(typed: string, names: Iterable<string>, most?: number): string | undefined {
  // What nobody mistypes need not be compared: the cost grows with the product of the lengths.
  const wanted = typed.slice(0, 100).toLowerCase();
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const candidate = name.toLowerCase();
    const mayLack = most === undefined && wanted.length > 1;
    const contained = mayLack && (candidate.endsWith(`_${wanted}`) || candidate.startsWith(`${wanted}_`));
    const allowed = most ?? Math.max(1, Math.floor(candidate.length / 3));
    // Names whose lengths are further apart need not be compared.
    if (!contained && Math.abs(wanted.length - candidate.length) > allowed) continue;
    const apart = contained ? 1 : distance(wanted, candidate, allowed);
    if (apart <= allowed && apart < bestDistance) {
      best = name;
      bestDistance = apart;
    }
  }
  return best;
}
