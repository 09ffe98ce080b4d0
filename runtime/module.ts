// A part of the desk as the composition root sees it.
import type { BoundService } from "./calls/service.ts";
import type { Route } from "./http/listener.ts";
import type { Metric } from "./telemetry/metrics.ts";

/** Services over one database, with what they hold open. */
export interface ServiceModule {
  readonly services: readonly BoundService[];
  /** Plain HTTP beside the services, by exact path, such as `/mcp`. */
  readonly routes?: Readonly<Record<string, Route>>;
  /** What can be measured beside the calls, such as the length of a queue. */
  readonly metrics?: readonly Metric[];
  /** Begins work that no call asked for, such as reading another service's log. Called once all services are in place. */
  start?(): void;
  /** Resolves while the services can do their work; throws what is in the way. */
  ready(): Promise<void>;
  /** Ends streams that would not end by themselves; other calls may finish. */
  drain?(): void;
  /** Ends that work and closes the database; calls that are under way have ended before. */
  close(): Promise<void>;
}
