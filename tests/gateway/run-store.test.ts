// Runs as they are kept, by two processes on one database.
import { afterEach, describe, expect, it } from "vitest";
import type { Answer } from "../../gateway/answer.ts";
import type { RequestIdentity } from "../../gateway/runs/identity.ts";
import { migrations } from "../../gateway/runs/migrations.ts";
import { LEASE_MS, RunStore } from "../../gateway/runs/store.ts";
import type { Database } from "../../runtime/database/database.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { DIALECTS, temporaryDatabase } from "../support/databases.ts";
import { startedRun } from "./desk.ts";

const MINUTE = 60_000;

const runOf = startedRun;
const answer = (run: string) => ({ id: run, deskwire: { run } }) as unknown as Answer;
const named: RequestIdentity = { name: "key:k", explicit: true, hash: "h", again: false };
const unnamed: RequestIdentity = { name: "content:h", explicit: false, hash: "h", again: false };
const reason = (work: Promise<unknown>) => work.then(() => undefined, reasonOf);

describe.each(DIALECTS)("on %s", (dialect) => {
  const disposals: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const dispose of disposals.splice(0).reverse()) await dispose();
  });

  async function open() {
    const place = await temporaryDatabase(dialect);
    const database: Database = await place.open(...migrations);
    disposals.push(
      () => place.remove(),
      () => database.close(),
    );
    const clock = { now: 1_000_000 };
    return { clock, one: new RunStore(database, () => clock.now), other: new RunStore(database, () => clock.now) };
  }

  it("a run belongs to one process as long as that says it is alive", async () => {
    const { clock, one, other } = await open();
    await one.begin("p", named, runOf("run_1"));
    expect(await reason(other.begin("p", named, runOf("run_2")))).toBe("RUN_UNDER_WAY");
    clock.now += LEASE_MS - 1;
    await one.renew("run_1");
    clock.now += LEASE_MS - 1;
    expect(await reason(other.begin("p", named, runOf("run_2")))).toBe("RUN_UNDER_WAY");
    clock.now += 1;
    expect(await other.begin("p", named, runOf("run_2"))).toMatchObject({ id: "run_1", run: { id: "run_1" } });
    expect(await reason(one.save(runOf("run_1", { turns: 1 })))).toBe("RUN_TAKEN_OVER");
  });

  it("of many that begin the same request at once, one works on it", async () => {
    const { one, other } = await open();
    const begun = Array.from({ length: 8 }, (_, index) =>
      (index % 2 ? one : other).begin("p", named, runOf(`run_${index}`)),
    );
    const settled = await Promise.allSettled(begun);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(settled.flatMap((it) => (it.status === "rejected" ? [reasonOf(it.reason)] : []))).toEqual(
      Array.from({ length: 7 }, () => "RUN_UNDER_WAY"),
    );
  });

  it("what broke off goes on with what was saved; without a key, for ten minutes", async () => {
    const { clock, one } = await open();
    for (const identity of [named, unnamed]) {
      const run = runOf(`run_${identity.name}`);
      await one.begin("p", identity, run);
      await one.save({ ...run, turns: 3 });
      await one.breakOff(run.id);
      expect((await one.begin("p", identity, runOf("run_new"))).run).toMatchObject({ id: run.id, turns: 3 });
      await one.breakOff(run.id);
    }
    clock.now += 11 * MINUTE;
    expect((await one.begin("p", unnamed, runOf("run_new"))).id).toBe("run_new");
    expect((await one.begin("p", named, runOf("run_newer"))).id).toBe("run_key:k");
  });

  it("a finished answer is given again: to a key always, else to whom it did not reach", async () => {
    const { one } = await open();
    await one.begin("p", named, runOf("run_1"));
    await one.finish(runOf("run_1"), answer("run_1"), "done");
    await one.delivered("run_1");
    expect((await one.begin("p", named, runOf("run_2"))).answer).toEqual(answer("run_1"));
    expect(await reason(one.begin("p", { ...named, hash: "other" }, runOf("run_2")))).toBe("IDEMPOTENCY_KEY_REUSED");

    await one.begin("p", unnamed, runOf("run_3"));
    await one.finish(runOf("run_3"), answer("run_3"), "done");
    expect((await one.begin("p", unnamed, runOf("run_4"))).answer).toEqual(answer("run_3"));
    await one.delivered("run_3");
    expect((await one.begin("p", { ...unnamed, again: true }, runOf("run_4"))).answer).toEqual(answer("run_3"));
    expect((await one.begin("p", unnamed, runOf("run_4"))).id).toBe("run_4");
  });

  it("a waiting run is found by its approval, once, and outlives the request that it came from", async () => {
    const { clock, one, other } = await open();
    const waiting = runOf("run_1", { approvals: [{ id: "APR-1001", tool_use_id: "toolu_1", reason: "policy" }] });
    await one.begin("p", unnamed, waiting);
    await one.finish(waiting, answer("run_1"), "waiting");
    await one.delivered("run_1");
    expect((await one.begin("p", unnamed, runOf("run_2"))).id).toBe("run_2");
    clock.now += 48 * 60 * MINUTE;
    await one.prune();
    expect(await other.claimByApproval("APR-1002")).toBeUndefined();
    expect(await other.claimByApproval("APR-1001")).toMatchObject({ id: "run_1" });
    expect(await reason(one.claimByApproval("APR-1001"))).toBe("RUN_UNDER_WAY");
    await other.finish(waiting, answer("run_1"), "done");
    expect(await one.claimByApproval("APR-1001")).toBeUndefined();
  });

  it("after a day what is done is forgotten", async () => {
    const { clock, one } = await open();
    await one.begin("p", named, runOf("run_1"));
    await one.finish(runOf("run_1"), answer("run_1"), "done");
    clock.now += 25 * 60 * MINUTE;
    expect(await one.prune()).toBe(1);
    expect((await one.begin("p", named, runOf("run_2"))).id).toBe("run_2");
  });
});
