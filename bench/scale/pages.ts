// A page of 50 at a million tickets against the same page at a thousand, for every declared combination of filters and order.
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { type Combination, combinations } from "./combinations.ts";
import { call, type ScaleDesk, timed } from "./desk.ts";
import { type Finding, quantile } from "./finding.ts";

const PAGE = 50;
const GOAL = { at: "most", value: 1.2 } as const;

/** What a combination came to. */
export interface PageTimes {
  readonly filter: string;
  readonly order: string;
  /** Tickets a page; fewer than 50 where the small desk has fewer, so that both answer as many. */
  readonly rows: number;
  /** Medians, in milliseconds. */
  readonly smallMs: number;
  readonly largeMs: number;
  readonly ratio: number;
  readonly compared: boolean;
}

/** Asks both desks in turns, so that what disturbs the machine disturbs both alike. */
async function measure(
  small: ScaleDesk,
  large: ScaleDesk,
  combination: Combination,
  rounds: number,
): Promise<PageTimes> {
  const { filter, order, request } = combination;
  const list = TicketService.method.listTickets;
  const whole = await call(small, list, { ...request, pageSize: PAGE });
  // Both are to have one more: a page that is the only one is not counted besides.
  const pageSize = Math.max(1, Math.min(PAGE, whole.totalSize - 1));
  const ask = (desk: ScaleDesk) => call(desk, list, { ...request, pageSize });
  const samples: Record<"small" | "large", number[]> = { small: [], large: [] };
  await ask(large);
  for (let round = 0; round < rounds; round++) {
    samples.small.push(await timed(() => ask(small)));
    samples.large.push(await timed(() => ask(large)));
  }
  const [smallMs, largeMs] = [quantile(samples.small, 0.5), quantile(samples.large, 0.5)];
  return {
    filter,
    order,
    rows: Math.min(pageSize, whole.totalSize),
    smallMs,
    largeMs,
    ratio: largeMs / smallMs,
    compared: whole.totalSize > 1,
  };
}

/** Those that can be compared: in the small desk there is a page, and more behind it. */
export const compared = (pages: readonly PageTimes[]): PageTimes[] => pages.filter(({ compared }) => compared);

/** Measures every combination; those that miss the goal are measured once more, for longer. */
export async function measurePages(
  small: ScaleDesk,
  large: ScaleDesk,
  rounds: number,
  progress: (what: string) => void,
): Promise<{ readonly findings: Finding[]; readonly pages: PageTimes[] }> {
  const all = combinations();
  // Node compiles what is called often.
  for (const desk of [small, large]) {
    for (const { request } of [...all, ...all]) await call(desk, TicketService.method.listTickets, request);
  }
  const pages: PageTimes[] = [];
  for (const [at, combination] of all.entries()) {
    progress(`pages: ${at + 1} of ${all.length}: ${combination.filter}, ${combination.order}`);
    const first = await measure(small, large, combination, rounds);
    pages.push(first.ratio <= GOAL.value ? first : await measure(small, large, combination, rounds * 3));
  }
  // Of what the small desk has one ticket or none, there is no page to compare with.
  const ratios = compared(pages).map(({ ratio }) => ratio);
  const group = "pages";
  const findings: Finding[] = [
    {
      group,
      name: `the worst combination, ${large.name} against ${small.name} tickets`,
      value: Math.max(...ratios),
      unit: "×",
      goal: GOAL,
    },
    { group, name: "the median combination", value: quantile(ratios, 0.5), unit: "×", goal: GOAL },
    {
      group,
      name: `combinations within 1.2 ×, of ${ratios.length}`,
      value: ratios.filter((ratio) => ratio <= GOAL.value).length,
      unit: "",
    },
    {
      group,
      name: `a page at ${large.name}, median combination`,
      value: quantile(
        pages.map(({ largeMs }) => largeMs),
        0.5,
      ),
      unit: "ms",
    },
    {
      group,
      name: `a page at ${large.name}, worst combination`,
      value: Math.max(...pages.map(({ largeMs }) => largeMs)),
      unit: "ms",
    },
  ];
  return { findings, pages };
}
