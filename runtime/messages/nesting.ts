// JSON that is nested without end: a parser takes it, and whatever walks through it by recursion runs out of stack.

/** Whether a value holds arrays and objects within each other, more than so many levels deep. */
export function isNestedDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const item of Object.values(value)) if (isNestedDeeper(item, levels - 1)) return true;
  return false;
}
