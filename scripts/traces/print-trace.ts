// A trace as a tree of lines.
import type { ReceivedSpan } from "./otlp.ts";

const NS_PER_MS = 1_000_000;

function line({ name, kind, service, start, end, failed, attributes }: ReceivedSpan, depth: number): string {
  const ms = (Number(end - start) / NS_PER_MS).toFixed(1).padStart(8);
  const reason = attributes["deskwire.error.reason"] ?? attributes["error.type"] ?? "failed";
  return `${ms} ms  ${"  ".repeat(depth)}${name}  (${service}, ${kind.toLowerCase()})${failed ? `  ${reason}` : ""}`;
}

/** A trace, each span under the one that asked for it, with what each took; spans without a parent here come first. */
export function printTrace(spans: readonly ReceivedSpan[]): string {
  const ids = new Set(spans.map(({ id }) => id));
  const byStart = spans.toSorted((a, b) => Number(a.start - b.start));
  const under = (parent: ReceivedSpan | undefined, depth: number): string[] => {
    const isChild = ({ parentId }: ReceivedSpan) =>
      parent ? parentId === parent.id : parentId === undefined || !ids.has(parentId);
    return byStart.filter(isChild).flatMap((span) => [line(span, depth), ...under(span, depth + 1)]);
  };
  return [`trace ${spans[0]?.traceId}`, ...under(undefined, 0)].join("\n");
}
