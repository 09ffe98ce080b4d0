// Metrics as text, for Prometheus to scrape. The package is loaded when it is first asked for: no start waits for it.
import type { Registry } from "prom-client";
import type { Log } from "../log.ts";
import type { Metric, Sample } from "./metrics.ts";

/** How long a number may take, such as one that a busy database has to look up, in milliseconds. */
const COLLECT_MS = 2_000;

/** What cannot be read now is left out, as Prometheus would have it: the others count all the more then. */
async function readable(metric: Metric, log: Log): Promise<readonly Sample[]> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("late")), COLLECT_MS);
  try {
    return await Promise.race([metric.collect(), late]);
  } catch (error) {
    log("a metric cannot be read", { metric: metric.name, error }, "debug");
    return [];
  } finally {
    clearTimeout(timer);
  }
}

/** What prom-client asks of a family, as far as its text is concerned. */
function entryOf([first, ...others]: readonly [Metric, ...Metric[]], log: Log) {
  const { name, help, type } = first;
  const toValue = ({ value, labels = {}, suffix }: Sample) => ({
    ...{ value, labels },
    ...(suffix && { metricName: `${name}${suffix}` }),
  });
  const samples = () => Promise.all([first, ...others].map((metric) => readable(metric, log)));
  const get = async () => ({ name, help, type, aggregator: "sum", values: (await samples()).flat().map(toValue) });
  return { name, get };
}

/** Metrics that can be scraped. */
export interface Exposition {
  /** Such as `text/plain; version=0.0.4; charset=utf-8`. */
  readonly contentType: string;
  text(): Promise<string>;
}

/** Puts metrics together with those of the process: memory, CPU, event loop, garbage collection. */
export async function openExposition(metrics: readonly Metric[], log: Log): Promise<Exposition> {
  const { Registry, collectDefaultMetrics } = await import("prom-client");
  const registry: Registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // A family may have parts, such as one for each database.
  for (const family of Map.groupBy(metrics, ({ name }) => name).values()) {
    registry.registerMetric(entryOf(family as [Metric, ...Metric[]], log) as never);
  }
  return { contentType: registry.contentType, text: () => registry.metrics() };
}
