// What the desk has been taught, across restarts and past its bounds.
import { createClient } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { readConfig } from "../../runtime/config.ts";
import { openDatabase } from "../../runtime/database/database.ts";
import { BOUNDS } from "../../services/analytics/corrections/teaching.ts";
import type { Correction, Engine, LearningEngine } from "../../services/analytics/engine/engine.ts";
import { localEngine } from "../../services/analytics/engine/local-engine.ts";
import { analyticsModule } from "../../services/analytics/index.ts";
import { migrations } from "../../services/analytics/migrations.ts";
import { databaseLocation } from "../../services/databases.ts";
import { openDesk } from "../../services/desk.ts";
import { DIALECTS } from "../support/databases.ts";
import { silent, temporaryStorage } from "../support/desk.ts";

const author = { kind: ActorKind.AGENT, id: "sam" };

test.each(DIALECTS)("on %s the engine is as it was taught after a restart", async (dialect) => {
  const { environment, remove } = await temporaryStorage(dialect);
  const open = async () => {
    const desk = await openDesk({ config: readConfig(environment), parts: ["analytics"], demo: false, log: silent });
    return { desk, analytics: createClient(AnalyticsService, directTransport(desk.services)) };
  };
  const texts = ["The barometer by the pond.", "The barometer in the shed.", "Where is it?"];
  const before = await open();
  const [untaught] = (await before.analytics.batchAnalyze({ texts })).analyses;
  const made = [];
  for (const text of texts.slice(0, 2)) {
    const said = { category: Category.SHIPPING, sentiment: Sentiment.NEGATIVE };
    made.push((await before.analytics.correctAnalysis({ text, ...said, author })).correction);
  }
  await before.analytics.undoCorrection({ correctionId: made[1]?.id ?? "", actor: author });
  const taught = (await before.analytics.batchAnalyze({ texts })).analyses;
  expect(taught.map(({ corrected }) => corrected)).toEqual([true, false, false]);
  await before.desk.close();

  const after = await open();
  expect((await after.analytics.batchAnalyze({ texts })).analyses).toEqual(taught);
  await after.analytics.undoCorrection({ correctionId: made[0]?.id ?? "", actor: author });
  expect((await after.analytics.analyze({ text: texts[0] as string })).analysis).toEqual(untaught);
  await after.desk.close();
  await remove();
});

test("what was corrected often enough is read so in a text that nobody has corrected, until it is undone", async () => {
  const module = await analyticsModule({ database: { kind: "sqlite", file: ":memory:" }, log: silent });
  const analytics = createClient(AnalyticsService, directTransport(module.services));
  const texts = [
    "The gasket of my espresso machine is worn, which one fits?",
    "Do you have a gasket for the espresso machine E61?",
    "I look for a gasket, my espresso machine leaks a little.",
    "Which gasket belongs to the small espresso machine?",
    "My espresso machine is from 2014. Is there still a gasket for it?",
    "Gasket of espresso machine, black, 8 mm, please.",
    "Another gasket for our espresso machine in the office.",
    "Is the gasket of the espresso machine made of silicone?",
  ];
  const unseen = "We have an espresso machine at home and the gasket is gone.";
  const read = async () => {
    const { analysis } = await analytics.analyze({ text: unseen });
    return { category: analysis?.categorization?.primaryCategory, corrected: analysis?.corrected };
  };
  const before = (await analytics.analyze({ text: unseen })).analysis;
  expect(await read()).not.toMatchObject({ category: Category.FEATURE_REQUEST });
  const made = [];
  for (const text of texts) {
    made.push((await analytics.correctAnalysis({ text, category: Category.FEATURE_REQUEST, author })).correction);
  }
  expect(await read()).toEqual({ category: Category.FEATURE_REQUEST, corrected: false });
  for (const one of made) await analytics.undoCorrection({ correctionId: one?.id ?? "", actor: author });
  expect((await analytics.analyze({ text: unseen })).analysis).toEqual(before);
  await module.close();
});

test("while the engine learns a lot, other calls are answered", async () => {
  const rows = Array.from({ length: 700 }, (_, index) => ({
    text: `Where is parcel ${index}? ${"It is late. ".repeat(20)}`,
  }));
  await using desk = await openWith(rows, localEngine);
  let answered = 0;
  let learning = true;
  const call = desk.analytics.correctAnalysis({ text: "Where is it?", category: Category.BILLING, author });
  const others = (async () => {
    for (; learning; answered++) {
      // As a call from outside does, which begins with an event.
      await new Promise(setImmediate);
      await desk.analytics.analyze({ text: `Hello ${answered}` });
    }
  })();
  await call;
  learning = false;
  await others;
  // One that holds the process lets a single one through at each step of the write.
  expect(answered).toBeGreaterThan(25);
});

/** Opens analytics over corrections that are stored already; tells what its engine is taught. */
async function openWith(rows: readonly { text: string; undone?: boolean }[], taughtEngine?: LearningEngine) {
  const { environment, remove } = await temporaryStorage("sqlite");
  const location = databaseLocation(readConfig(environment), "analytics");
  const database = await openDatabase({ name: "analytics", location, migrations, log: silent });
  const fields = {
    sentiment: 0,
    category: Category.SHIPPING,
    ticket_id: "",
    customer_id: "",
    author: "{}",
    create_time: 1,
  };
  await database.transaction(async (trx) => {
    for (const [index, { text, undone }] of rows.entries()) {
      await trx("correction").insert({
        ...fields,
        id: 1001 + index,
        text,
        undo_time: undone ? 1 : null,
        undone_by: null,
      });
    }
    await trx("counter")
      .where({ name: "correction" })
      .update({ value: 1000 + rows.length });
    await trx("counter").where({ name: "correction_changes" }).update({ value: rows.length });
  });
  await database.close();
  const taught: (readonly Correction[])[] = [];
  const engine: LearningEngine = {
    ...localEngine,
    learn(corrections): Engine {
      taught.push(corrections);
      return { name: `taught ${taught.length}`, analyze: localEngine.analyze };
    },
  };
  const module = await analyticsModule({ database: location, engine: taughtEngine ?? engine, log: silent });
  return {
    taught,
    analytics: createClient(AnalyticsService, directTransport(module.services)),
    async [Symbol.asyncDispose]() {
      await module.close();
      await remove();
    },
  };
}

test("past its bound the engine is taught the latest corrections, and all of them stay listed", async () => {
  const rows = Array.from({ length: 10_000 }, (_, index) => ({ text: `text ${index}`, undone: index === 9_998 }));
  await using desk = await openWith(rows);
  const [first = []] = desk.taught;
  expect(first).toHaveLength(BOUNDS.corrections);
  expect(first.slice(0, 2).map(({ text }) => text)).toEqual(["text 9999", "text 9997"]);
  await desk.analytics.correctAnalysis({ text: "text 10000", category: Category.BILLING, author });
  const [, second = []] = desk.taught;
  expect(second).toHaveLength(BOUNDS.corrections);
  expect(second[0]).toEqual({ text: "text 10000", category: Category.BILLING });
  // The oldest of those that counted has given way.
  expect(first.at(-1)).toEqual({ text: `text ${9_999 - BOUNDS.corrections}`, category: Category.SHIPPING });
  expect(second.at(-1)).toEqual({ text: `text ${10_000 - BOUNDS.corrections}`, category: Category.SHIPPING });
  const { corrections, totalSize } = await desk.analytics.listCorrections({ pageSize: 1 });
  expect([corrections[0]?.id, totalSize]).toEqual(["COR-11001", 1001]);
});

test("of long texts the beginning is taught, while there is room for it, and they read as they were corrected", async () => {
  const text = (index: number) => `${index} `.padEnd(9_000, "x");
  await using desk = await openWith(Array.from({ length: 300 }, (_, index) => ({ text: text(index) })));
  expect(desk.taught[0]).toHaveLength(BOUNDS.characters / BOUNDS.charactersEach);
  expect(desk.taught[0]?.[0]?.text).toBe(text(299).slice(0, BOUNDS.charactersEach));
  expect((await desk.analytics.analyze({ text: text(299) })).analysis).toMatchObject({ corrected: true });
});

test("a hundred corrections at once are taught in few lessons, and each is answered only once it counts", async () => {
  await using desk = await openWith([]);
  const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);
  await Promise.all(
    texts.map(async (text) => {
      await desk.analytics.correctAnalysis({ text, category: Category.BILLING, author });
      expect((await desk.analytics.analyze({ text })).analysis).toMatchObject({ corrected: true });
    }),
  );
  expect(desk.taught.at(-1)).toHaveLength(100);
  expect(desk.taught.length).toBeLessThan(20);
});
