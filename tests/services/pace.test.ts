// Work in the background beside calls.
import { setImmediate } from "node:timers/promises";
import { createClient, type ServiceImpl } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { Pace } from "../../runtime/background/pace.ts";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { bindService } from "../../runtime/calls/service.ts";

const TURNS = 20;

function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Does something while a call is under way. */
async function besideCall(what: () => Promise<void>): Promise<void> {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: answer, resolve: end } = Promise.withResolvers<void>();
  const idle = AnalyticsService.methods.map(({ localName }) => [localName, () => ({})]);
  const analyze = async () => {
    ask();
    await answer;
    return {};
  };
  const implementation = { ...Object.fromEntries(idle), analyze } as ServiceImpl<typeof AnalyticsService>;
  const client = createClient(AnalyticsService, directTransport([bindService(AnalyticsService, implementation)]));
  const call = client.analyze({ text: "a" });
  await asked;
  await what();
  end();
  await call;
}

/** Whether a rest ends by itself, once all that was ready to run has run. */
async function isOver(rest: Promise<void>): Promise<boolean> {
  let over = false;
  void rest.then(() => {
    over = true;
  });
  for (let turn = 0; turn < TURNS; turn++) await setImmediate();
  return over;
}

test("where nobody waits for an answer, work goes on at once", async () => {
  const pace = new Pace(() => 0);
  work(15);
  expect(await isOver(pace.rest())).toBe(true);
});

test("beside a call, four fifths of the time are its", async () => {
  await besideCall(async () => {
    const pace = new Pace();
    work(15);
    const began = performance.now();
    await pace.rest();
    // Timers go by whole milliseconds.
    expect(performance.now() - began).toBeGreaterThanOrEqual(4 * 15 - 1);
    // The rest is no work.
    expect(pace.workedMs).toBeLessThan(4 * 15);
  });
});

test("a rest is cut short where the work is to end", async () => {
  await besideCall(async () => {
    const pace = new Pace();
    const stop = new AbortController();
    work(60);
    const rest = pace.rest(stop.signal);
    expect(await isOver(rest)).toBe(false);
    stop.abort();
    expect(await isOver(rest)).toBe(true);
  });
});
