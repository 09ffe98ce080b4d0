// A page of 50 at a million tickets against the same page at a thousand, for every declared combination of filters and order.
import { type ListTicketsRequest, TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { formatId } from "../../runtime/messages/ids.ts";
import { mainThreadMicros } from "../lib/cpu.ts";
import { type Combination, combinations } from "./combinations.ts";
import { call, type ScaleDesk, timed } from "./desk.ts";
import { type Finding, quantile } from "./finding.ts";

const PAGE = 50;
const GOAL = { at: "most", value: 1.2 } as const;
/** Among so many customers, the busiest, one is looked for who has as many tickets as another desk's. */
const CUSTOMERS = 400;
const list = TicketService.method.listTickets;

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
  /** The same in CPU time of the desks' main threads, which a busy machine distorts least; NaN where the system does not tell. */
  readonly cpuRatio: number;
  readonly compared: boolean;
}

/** A desk, and what it is asked for. */
interface Asked {
  readonly desk: ScaleDesk;
  readonly request: ListTicketsRequest;
}

/** From each of some moments to the next. */
const steps = (moments: readonly number[]) => moments.slice(1).map((moment, at) => moment - (moments[at] as number));

/** Asks both desks in turns, so that what disturbs the machine disturbs both alike. */
async function measure(small: Asked, large: Asked, { filter, order }: Combination, rounds: number): Promise<PageTimes> {
  const whole = await call(small.desk, list, { ...small.request, pageSize: PAGE });
  // Both are to have one more: a page that is the only one is not counted besides.
  const pageSize = Math.max(1, Math.min(PAGE, whole.totalSize - 1));
  const ask = ({ desk, request }: Asked) => call(desk, list, { ...request, pageSize });
  const samples: Record<"small" | "large", number[]> = { small: [], large: [] };
  const cpu: Record<"small" | "large", number[]> = { small: [], large: [] };
  await ask(large);
  for (let round = 0; round < rounds; round++) {
    cpu.small.push(mainThreadMicros(small.desk.pid));
    samples.small.push(await timed(() => ask(small)));
    cpu.large.push(mainThreadMicros(large.desk.pid));
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
    cpuRatio: quantile(steps(cpu.large), 0.5) / quantile(steps(cpu.small), 0.5),
    compared: whole.totalSize > 1,
  };
}

/** A combination at both desks. */
interface Comparison {
  readonly combination: Combination;
  readonly small: Asked;
  readonly large: Asked;
}

/**
 * Measures each. What misses the goal is measured once more, for longer, and after all the others: what disturbs a machine for some
 * seconds may disturb one of two processes more than the other, however often both are asked meanwhile.
 */
async function measureAll(
  all: readonly Comparison[],
  rounds: number,
  progress: (what: string) => void,
): Promise<PageTimes[]> {
  const times: PageTimes[] = [];
  const take = async ({ combination, small, large }: Comparison, at: number, rounds: number) => {
    progress(`pages: ${at + 1} of ${all.length}: ${combination.filter}, ${combination.order}`);
    times[at] = await measure(small, large, combination, rounds);
  };
  for (const [at, each] of all.entries()) await take(each, at, rounds);
  for (const [at, each] of all.entries()) {
    if ((times[at] as PageTimes).ratio > GOAL.value) await take(each, at, rounds * 3);
  }
  return times;
}

/** How many tickets a customer has, up to 1,000. */
const ticketsOf = async (desk: ScaleDesk, customerId: string): Promise<number> =>
  (await call(desk, list, { customerId, pageSize: 1 })).totalSize;

/** The customer whose tickets are nearest to so many: a desk has more tickets because it has more customers. */
async function customerWith(desk: ScaleDesk, tickets: number): Promise<string> {
  let nearest = { customerId: "", away: Number.POSITIVE_INFINITY };
  for (let number = 1_001; number <= 1_000 + CUSTOMERS; number++) {
    const customerId = formatId("CUS", number);
    const away = Math.abs((await ticketsOf(desk, customerId)) - tickets);
    if (away < nearest.away) nearest = { customerId, away };
  }
  return nearest.customerId;
}

/** Those that can be compared: in the small desk there is a page, and more behind it. */
export const compared = (pages: readonly PageTimes[]): PageTimes[] => pages.filter(({ compared }) => compared);

/** Measures every combination. */
export async function measurePages(
  small: ScaleDesk,
  large: ScaleDesk,
  rounds: number,
  progress: (what: string) => void,
): Promise<{ readonly findings: Finding[]; readonly pages: PageTimes[] }> {
  const all = combinations();
  // Node compiles what is called often.
  for (const desk of [small, large]) {
    for (const { request } of [...all, ...all]) await call(desk, list, request);
  }
  const busiest = all.find(({ request }) => request.customerId)?.request.customerId ?? "";
  const alike = await customerWith(large, await ticketsOf(small, busiest));
  const comparison = (combination: Combination, request: ListTicketsRequest): Comparison => ({
    combination,
    small: { desk: small, request: combination.request },
    large: { desk: large, request },
  });
  const ofAlike = ({ request }: Combination) => (request.customerId ? { ...request, customerId: alike } : request);
  const pages = await measureAll(
    all.map((each) => comparison(each, ofAlike(each))),
    rounds,
    progress,
  );
  const busiestPages = await measureAll(
    all.filter(({ request }) => request.customerId).map((each) => comparison(each, each.request)),
    rounds,
    progress,
  );
  // Of what the small desk has one ticket or none, there is no page to compare with.
  const ratios = compared(pages).map(({ ratio }) => ratio);
  const cpuRatios = compared(pages)
    .map(({ cpuRatio }) => cpuRatio)
    .filter(Number.isFinite);
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
    ...(cpuRatios.length > 0
      ? [
          { group, name: "the worst combination, in CPU time", value: Math.max(...cpuRatios), unit: "×" },
          { group, name: "the median combination, in CPU time", value: quantile(cpuRatios, 0.5), unit: "×" },
        ]
      : []),
    {
      group,
      name: `combinations within 1.2 ×, of ${ratios.length}`,
      value: ratios.filter((ratio) => ratio <= GOAL.value).length,
      unit: "",
    },
    {
      group,
      name: "the worst combination of the busiest customer of each",
      value: Math.max(...compared(busiestPages).map(({ ratio }) => ratio)),
      unit: "×",
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
