// Works on runs and keeps them: what was done is stored after every step, and what broke off can be taken up again.
import { Code } from "@connectrpc/connect";
import type { Catalog } from "../adapter/catalog.ts";
import { createViews, type Views } from "../adapter/server/view.ts";
import { failForNow } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import { once } from "../runtime/once.ts";
import { type Answer, answerOf } from "./answer.ts";
import { callHeaders } from "./call-headers.ts";
import type { Toolbox } from "./expand-tools.ts";
import type { RunLimits } from "./limits.ts";
import { type Watcher, work } from "./loop.ts";
import type { Run } from "./run.ts";
import { LEASE_MS, type RunStore } from "./runs/store.ts";
import type { Upstream } from "./upstream.ts";

/** What runs stand on. */
export interface RunnerOptions {
  readonly catalog: Catalog;
  readonly upstream: Upstream;
  readonly limits: RunLimits;
  readonly store: RunStore;
  /** Runs at once; one more is refused for now. Default: 64. */
  readonly maxRuns?: number | undefined;
  readonly log: Log;
}

/** How one stretch of work is done. */
export interface Stretch {
  readonly signal: AbortSignal;
  readonly watcher: Watcher;
  /** Headers of the request that began it, of which the trace travels on. */
  readonly incoming: Readonly<Record<string, string | string[] | undefined>>;
  readonly modelHeaders: Readonly<Record<string, string>>;
}

/** Runs at once: each holds its conversation in memory and a connection to the model. */
const MAX_RUNS = 64;
/** When a client that was refused may ask again. */
const BUSY_MS = 2_000;

/** Works on runs. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #views: () => Views;
  readonly #closing = new AbortController();
  #working = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#views = once(() => createViews(options.catalog));
  }

  /** The desk's tools that scopes open; all of them where nothing restricts the caller. */
  toolsFor(scopes: ReadonlySet<string> | undefined) {
    return this.#views()(scopes).tools;
  }

  /** Whether a name is that of one of the desk's tools, for a run. */
  isOurs(run: Run): (name: string) => boolean {
    return (name) => !run.theirs.includes(name);
  }

  #toolboxOf(run: Run): Toolbox {
    const offered = this.toolsFor(run.scopes && new Set(run.scopes));
    const named = (run.params.tools ?? []).flatMap((tool) => ("name" in tool && tool.name ? [tool.name] : []));
    const ours = named.filter(this.isOurs(run)).flatMap((name) => {
      const tool = offered.get(name);
      return tool ? [[name, tool] as const] : [];
    });
    return { definitions: run.params.tools ?? [], ours: new Map(ours), theirs: new Set(run.theirs) };
  }

  /** @throws ConnectError `RUNS_BUSY` (429) where as many runs as may be are under way */
  assertRoom(): void {
    if (this.#working < (this.#options.maxRuns ?? MAX_RUNS)) return;
    throw failForNow(
      Code.ResourceExhausted,
      "RUNS_BUSY",
      "Too many runs are under way. Try again in a moment.",
      BUSY_MS,
    );
  }

  /**
   * Works on a run until it stops, and stores what it came to. Rejects as `work` does; then the run can be taken up again.
   */
  async work(run: Run, { signal, watcher, incoming, modelHeaders }: Stretch): Promise<Answer> {
    const { upstream, limits, store, log } = this.#options;
    this.#working++;
    const renewal = setInterval(() => {
      store.renew(run.id).catch((error) => log("a run could not be renewed", { run: run.id, error }));
    }, LEASE_MS / 3);
    try {
      const stop = await work(run, {
        ...{ upstream, limits, watcher, modelHeaders, toolbox: this.#toolboxOf(run) },
        signal: AbortSignal.any([signal, this.#closing.signal]),
        headers: callHeaders(incoming, run),
        save: (it) => store.save(it),
      });
      const answer = answerOf(run, stop, this.isOurs(run));
      await store.finish(run, answer, stop === "approval" ? "waiting" : "done");
      return answer;
    } catch (error) {
      await store
        .breakOff(run.id)
        .catch((failure) => log("a run could not be let go", { run: run.id, error: failure }));
      throw error;
    } finally {
      clearInterval(renewal);
      this.#working--;
    }
  }

  /** Ends all runs that are under way; whoever asks again goes on with them. */
  close(): void {
    const message = "The desk is stopping. Send the same request again in a moment.";
    this.#closing.abort(failForNow(Code.Unavailable, "SHUTTING_DOWN", message, BUSY_MS));
  }
}
