// Resident memory of a desk of a million tickets, and whether it stays where it is over many calls.
import { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { residentMiB } from "../lib/cpu.ts";
import { combinations } from "./combinations.ts";
import { call, type ScaleDesk } from "./desk.ts";
import type { Finding } from "./finding.ts";

const CALLERS = 16;
const SAMPLES = 20;
/**
 * One call in so many lists tickets, one prepares the handling of one, the others read one. All go through what every call goes
 * through; the dearer ones are as many as fill what the desk keeps of texts, statements and pages many times over.
 */
const LIST_EVERY = 20;
const HANDLE_EVERY = 5;

/** Makes so many calls; resident memory in MiB after every twentieth of them. */
export async function measureMemory(
  desk: ScaleDesk,
  calls: number,
  progress: (what: string) => void,
): Promise<{ readonly findings: Finding[]; readonly residentMiB: number[] }> {
  const group = "memory";
  const start = residentMiB(desk.pid);
  if (start === undefined) return { findings: [], residentMiB: [] };
  const samples = [start];
  const lists = combinations();
  let made = 0;
  for (let sample = 1; sample <= SAMPLES; sample++) {
    const until = (calls * sample) / SAMPLES;
    await Promise.all(
      Array.from({ length: CALLERS }, async () => {
        while (made < until) {
          const number = made++;
          const ticketId = `TKT-${1_001 + Math.floor(Math.random() * desk.tickets)}`;
          if (number % LIST_EVERY === 0) {
            await call(
              desk,
              TicketService.method.listTickets,
              lists[(number / LIST_EVERY) % lists.length]?.request ?? {},
            );
          } else if (number % HANDLE_EVERY === 0) await call(desk, SupportService.method.handleTicket, { ticketId });
          else await call(desk, TicketService.method.getTicket, { ticketId });
        }
      }),
    );
    samples.push(residentMiB(desk.pid) ?? 0);
    progress(`memory: ${made} of ${calls} calls, ${samples.at(-1)?.toFixed(0)} MiB`);
  }
  const half = samples.slice(SAMPLES / 2);
  const growth = (half.at(-1) ?? 0) / (half[0] ?? 1);
  return {
    residentMiB: samples,
    findings: [
      { group, name: "resident before the calls", value: start, unit: "MiB", goal: { at: "most", value: 200 } },
      {
        group,
        name: `resident at most, over ${calls.toLocaleString("en-US")} calls`,
        value: Math.max(...samples),
        unit: "MiB",
        goal: { at: "most", value: 200 },
      },
      {
        group,
        name: "after the last call against half-way",
        value: growth,
        unit: "×",
        goal: { at: "most", value: 1.05 },
      },
    ],
  };
}
