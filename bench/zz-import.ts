import { rm } from "node:fs/promises";
import { cpuMicros } from "/work/wt-perf/bench/lib/cpu.ts";
import { importInto } from "/work/wt-perf/bench/lib/dataset.ts";
import { DeskProcess } from "/work/wt-perf/tests/support/processes.ts";

const n = Number(process.argv[2] ?? 10000);
await rm("/tmp/perf/imp", { recursive: true, force: true });
const desk = await DeskProcess.start(["--no-demo"], { DATA_DIR: "/tmp/perf/imp", NODE_OPTIONS: process.argv[3] ?? "" });
const pid = desk.child.pid!;
await importInto(desk.url, 2000, () => {});
const a = cpuMicros([pid])!;
const t = performance.now();
const me = process.cpuUsage();
await importInto(desk.url, n, () => {});
const b = process.cpuUsage(me);
console.log(
  "server",
  ((cpuMicros([pid])! - a) / (n - 2000)).toFixed(0),
  "µs cpu a row; wall",
  (((n - 2000) / (performance.now() - t)) * 1000).toFixed(0),
  "rows/s; client cpu",
  ((b.user + b.system) / (n - 2000)).toFixed(0),
);
await desk.stop();
