// A service as the composition root sees it.
import type { BoundService } from "./service.ts";

/** One service with what it holds open. */
export interface ServiceModule {
  readonly service: BoundService;
  /** Begins work that no call asked for, such as reading another service's log. Called once all services are in place. */
  start?(): void;
  /** Resolves while the service can do its work; throws what is in the way. */
  ready(): Promise<void>;
  /** Ends streams that would not end by themselves; other calls may finish. */
  drain?(): void;
  /** Ends that work and closes the database; calls that are under way have ended before. */
  close(): Promise<void>;
}
