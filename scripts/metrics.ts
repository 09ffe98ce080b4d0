// `npm run metrics`: the desk's figures in the terminal, and counting them anew.
import { parseArgs } from "node:util";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, createClient } from "@connectrpc/connect";
import type { Metrics, MetricsGrouping, TimeMetrics } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { MetricsService } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import { remoteTransport } from "../runtime/calls/remote-transport.ts";
import { explained, runCommand } from "../runtime/command.ts";
import { readConfig } from "../runtime/config.ts";
import { fail } from "../runtime/errors.ts";
import { DAY_MS } from "../runtime/time-units.ts";
import { clientOptions } from "../services/access.ts";

const HELP = `npm run metrics [-- options]
Shows how the desk does: the last seven days, as a table.
npm run metrics -- rebuild
Has all figures counted anew from the log, in the background; moods and categories are read by today's engine.

  --days N         how many days back; 7 if left out
  --by GROUP       a line for each team, assignee, channel or customer
  --reason TEXT    with rebuild: why, for the desk's log
  --url URL        the desk, or its analytics; DESKWIRE_URL, or http://127.0.0.1:8080, if left out
  -h, --help       this text`;

const GROUPS = ["team", "assignee", "channel", "customer"];

function duration(seconds: number | undefined): string {
  if (seconds === undefined) return "-";
  const [minutes, hours] = [Math.round(seconds / 60), Math.round(seconds / 360) / 10];
  return seconds < 60 ? `${seconds} s` : minutes < 120 ? `${minutes} min` : `${hours} h`;
}

const percent = (share: number | undefined) => (share === undefined ? "-" : `${Math.round(share * 100)} %`);
const median = (times: TimeMetrics | undefined) => duration(times?.wallClock?.p50Seconds);

const COLUMNS: Readonly<Record<string, (metrics: Metrics) => string | number>> = {
  created: ({ volume }) => volume?.created ?? 0,
  resolved: ({ volume }) => volume?.resolved ?? 0,
  reopened: ({ volume }) => percent(volume?.reopenRate),
  backlog: ({ volume }) => volume?.backlog ?? 0,
  "first answer": ({ firstResponse }) => median(firstResponse),
  "in target": ({ firstResponse }) => percent(firstResponse?.attainment),
  "next answer": ({ nextResponse }) => median(nextResponse),
  resolution: ({ resolution }) => median(resolution),
  "by AI": ({ answers }) => percent(answers?.aiShare),
  unhappy: ({ mood }) => (mood ? percent(mood.negative / (mood.negative + mood.neutral + mood.positive || 1)) : "-"),
};

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      days: { type: "string", default: "7" },
      by: { type: "string" },
      reason: { type: "string", default: "npm run metrics -- rebuild" },
      url: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const days = Number(values.days);
  const by = values.by === undefined ? 0 : GROUPS.indexOf(values.by) + 1;
  const rebuild = positionals.length === 1 && positionals[0] === "rebuild";
  if ((positionals.length > 0 && !rebuild) || !(days > 0) || (values.by !== undefined && by === 0)) {
    throw fail(Code.InvalidArgument, "USAGE", `Only rebuild, days above 0, and --by ${GROUPS.join(", ")}. See --help.`);
  }
  const url = values.url ?? readConfig().DESKWIRE_URL;
  const transport = remoteTransport(url, clientOptions(readConfig()));
  const metrics = createClient(MetricsService, transport);
  try {
    if (rebuild) {
      await metrics.rebuildMetrics({ reason: values.reason, requestId: crypto.randomUUID() });
      return console.log("The figures are being counted anew. `npm run metrics` says when they are complete.");
    }
    const startTime = timestampFromMs(Date.now() - days * DAY_MS);
    const { total, groups, settings, progress } = await metrics.getMetrics({
      startTime,
      groupBy: by as MetricsGrouping,
    });
    const lines = [...groups.map(({ key, series }) => [key || "(none)", series] as const), ["all", total] as const];
    console.table(
      Object.fromEntries(
        lines.map(([name, series]) => [
          name,
          Object.fromEntries(
            Object.entries(COLUMNS).map(([column, value]) => [column, series?.overall ? value(series.overall) : "-"]),
          ),
        ]),
      ),
    );
    console.log(
      `The last ${days} days; times are medians around the clock. ${settings?.aiAnswerStopsClocks ? "Answers of AI agents count." : "Only people's answers stop the clocks."}`,
    );
    if (!progress?.complete) console.log("Not all of the log is counted yet: ask again in a moment.");
  } catch (error) {
    throw explained(error, url);
  } finally {
    transport.close();
  }
}

await runCommand(() => main(process.argv.slice(2)));
