// What the first calls would wait for, done while nobody calls.
import type { Pace } from "../runtime/pace.ts";
import { planValidation } from "../runtime/service.ts";
import type { Desk } from "./desk.ts";

function* pieces({ services, catalog }: Pick<Desk, "services" | "catalog">): Generator<void> {
  for (const { desc } of services) {
    for (const method of desc.methods) yield planValidation(method);
  }
  for (const tool of catalog?.tools ?? []) yield void tool.definition;
}

/** Plans validations and makes the tools' schemas, a piece at a time; `signal` ends it. */
export async function warmUp(desk: Pick<Desk, "services" | "catalog">, pace: Pace, signal: AbortSignal): Promise<void> {
  for (const _ of pieces(desk)) {
    if (pace.isOver) await pace.rest(signal);
    if (signal.aborted) return;
  }
}
