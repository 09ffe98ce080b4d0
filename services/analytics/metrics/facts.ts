// What there is to count: one fact a thing that happened, under the team, assignee and channel that the ticket had then.
import type { Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import type { TicketChannel } from "#gen/deskwire/ticket/v1/ticket_pb.js";

/** Where a ticket belongs at a moment. */
export interface Segment {
  readonly team: string;
  readonly assignee: string;
  readonly channel: TicketChannel;
}

/** How a customer's text reads. */
export interface Mood {
  readonly sentiment: Sentiment;
  /** From -1 to 1. */
  readonly score: number;
  readonly category: Category;
  /** Name of the engine that read it. */
  readonly engine: string;
}

/** A stretch of time on both clocks, in milliseconds. */
export interface Elapsed {
  readonly wall: number;
  readonly business: number;
}

/** A stretch of time that has ended, and whether it kept its target. */
export interface Measured extends Elapsed {
  readonly met: boolean;
}

/** Who answered: nobody, AI agents, people, or both. */
export const Answered = { NOBODY: 0, AI: 1, PEOPLE: 2, BOTH: 3 } as const;
export type Answered = (typeof Answered)[keyof typeof Answered];

interface Common {
  /** Milliseconds UTC. */
  readonly time: number;
  readonly segment: Segment;
  /** What it does to the number of tickets that are open or in progress, in this segment. */
  readonly backlog: -1 | 0 | 1;
}

/** One thing to count. `entered` and `left` are a ticket that changes its segment. */
export type Fact = Common &
  (
    | { readonly kind: "created" | "message"; readonly mood: Mood }
    | {
        readonly kind: "reply";
        readonly by: typeof Answered.AI | typeof Answered.PEOPLE;
        readonly response?: Measured & { readonly of: "first" | "next" };
      }
    | { readonly kind: "resolved"; readonly by: Answered; readonly resolution: Measured }
    | { readonly kind: "closed" | "merged" | "reopened" | "entered" | "left" }
  );

/** The kinds of facts, numbered for storage: add at the end only. */
export const KINDS = [
  ...["created", "message", "reply", "resolved", "closed", "merged", "reopened", "entered", "left"],
] as readonly Fact["kind"][];
