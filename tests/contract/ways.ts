// One table of cases, over every way to the services.
import { afterAll, beforeAll, describe, test } from "vitest";
import { openTestDesk, type TestDesk } from "../support/desk.ts";
import type { Clients } from "./case.ts";
import { cases } from "./cases.ts";

/** Where a way leads. */
interface World {
  readonly desk: TestDesk;
  readonly url: string;
  /** What is closed before the desk. */
  readonly closing: AsyncDisposableStack;
}

/** Makes the clients of a way. */
export type Way = (world: World) => Clients | Promise<Clients>;

/** Runs every case over each way, at a desk of its own: what was written over one costs the next nothing. */
export function overEachWay(ways: Readonly<Record<string, Way>>): void {
  describe.each(Object.entries(ways))("%s", (_, open) => {
    let closing: AsyncDisposableStack;
    let clients: Clients;
    beforeAll(async () => {
      closing = new AsyncDisposableStack();
      const desk = closing.use(await openTestDesk());
      clients = await open({ desk, url: (await desk.listen()).url, closing });
    });
    afterAll(() => closing.disposeAsync());
    for (const { name, run } of cases) test(name, () => run(clients));
  });
}
