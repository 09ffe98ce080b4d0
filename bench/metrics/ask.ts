// Asks an analytics database what dashboards ask, in a process of its own, whose memory tells of nothing else: prints JSON.
import { createClient } from "@connectrpc/connect";
import { MetricsService } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import type { DatabaseLocation } from "../../runtime/database/database.ts";
import { readPolicy } from "../../runtime/policy/read-policy.ts";
import { localEngine } from "../../services/analytics/engine/local-engine.ts";
import { openMetrics } from "../../services/analytics/metrics/index.ts";
import { median } from "../lib/interleave.ts";
import { openAnalytics } from "./facts.ts";
import { QUESTIONS } from "./questions.ts";
import type { Answered, Asked } from "./report.ts";

const ROUNDS = 7;

const residentMiB = () => Math.round(process.memoryUsage.rss() / 1024 / 1024);

const database = await openAnalytics(JSON.parse(process.argv[2] ?? "") as DatabaseLocation);
const policy = readPolicy();
const part = openMetrics({
  ...{ database, policy, tickets: undefined, now: Date.now },
  engine: () => localEngine,
  log: () => {},
});
const metrics = createClient(MetricsService, directTransport([part.service]));
const idleMiB = residentMiB();
const answered: Answered[] = [];
for (const [question, request] of Object.entries(QUESTIONS)) {
  const rounds: { wall: number; cpu: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const [began, used] = [performance.now(), process.cpuUsage()];
    await metrics.getMetrics(request);
    const { user, system } = process.cpuUsage(used);
    rounds.push({ wall: performance.now() - began, cpu: (user + system) / 1000 });
  }
  const [first, ...warm] = rounds;
  answered.push({
    ...{ question, firstMs: first?.wall ?? 0 },
    warmMs: median(warm.map(({ wall }) => wall)),
    warmCpuMs: median(warm.map(({ cpu }) => cpu)),
  });
}
await part.close();
await database.close();
console.log(JSON.stringify({ idleMiB, afterMiB: residentMiB(), answered } satisfies Asked));
