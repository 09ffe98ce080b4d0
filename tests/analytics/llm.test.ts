// A language model behind analytics: the real SDK against a stand-in for the Messages API over real HTTP. It is no model.
import { Code, createClient } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { Category, Sentiment, Urgency } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { PARTS, readConfig } from "../../runtime/config.ts";
import { openDatabase } from "../../runtime/database/database.ts";
import { createLog } from "../../runtime/log.ts";
import type { ServiceModule } from "../../runtime/module.ts";
import { analyticsModule } from "../../services/analytics/index.ts";
import { findAnswers, keepAnswers, pruneAnswers } from "../../services/analytics/llm/answer-store.ts";
import { migrations } from "../../services/analytics/migrations.ts";
import { textHash } from "../../services/analytics/reading/text-hash.ts";
import { databaseLocation } from "../../services/databases.ts";
import { openDesk } from "../../services/desk.ts";
import { DIALECTS } from "../support/databases.ts";
import { silent, temporaryStorage } from "../support/desk.ts";
import { type MessagesRequest, overloaded, type Reply, type Turn, turn } from "../support/messages-api/script.ts";
import { type MessagesApi, MODEL_KEY, startMessagesApi } from "../support/messages-api/server.ts";
import { eventually } from "../support/processes.ts";

const MODEL = "claude-haiku-5-5";
const ENGINE = `anthropic/${MODEL}/1`;
const SECRET = "Marmalade-4711";

let api: MessagesApi;
let cleanup: AsyncDisposableStack;
const modules: ServiceModule[] = [];
let logged: string;
beforeEach(async () => {
  cleanup = new AsyncDisposableStack();
  api = cleanup.use(await startMessagesApi(answering()));
  logged = "";
});
async function closeAll(): Promise<void> {
  for (const module of modules.splice(0)) await module.close();
}
afterEach(async () => {
  await closeAll();
  await cleanup.disposeAsync();
  expect(api.refused).toEqual([]);
});

interface Asked {
  readonly examples?: readonly { text: string; sentiment?: string; category?: string }[];
  readonly texts: readonly { i: number; text: string }[];
}

const askedIn = ({ messages }: MessagesRequest): Asked => JSON.parse(messages[0]?.content as string);
const asked = () => api.received.map(({ body }) => askedIn(body));

/** What a model might say of a text. */
const entry = (i: number) => ({
  ...{ i, sentiment: "negative", score: -0.9, sentiment_confidence: 0.8, sentiment_words: [SECRET, "not there"] },
  categories: [
    { category: "cancellation", confidence: 0.7 },
    { category: "complaint", confidence: 0.2 },
  ],
  ...{ category_words: [], urgency: "high", urgency_confidence: 0.6, urgency_words: [], language: "en-GB" },
});

type Entry = Record<string, unknown>;

/** Answers about every text, in the reverse of their order. */
function answering(change: (entries: Entry[]) => unknown = (entries) => entries) {
  return (request: MessagesRequest): Reply => {
    const entries = askedIn(request).texts.map(({ i }) => entry(i));
    return turn(JSON.stringify({ answers: change(entries.reverse()) }));
  };
}

async function open(
  location = { kind: "sqlite", file: ":memory:" } as Parameters<typeof analyticsModule>[0]["database"],
) {
  const write = (line: string) => {
    logged += line;
  };
  const log = createLog({ destination: { write } });
  const model = { apiKey: MODEL_KEY, baseUrl: api.url, model: MODEL };
  const module = await analyticsModule({ database: location, model, log });
  modules.push(module);
  return createClient(AnalyticsService, directTransport(module.services));
}

/** What the engine in this process says. */
async function localAnalysis(text: string) {
  const module = await analyticsModule({ database: { kind: "sqlite", file: ":memory:" }, log: silent });
  const { analysis } = await createClient(AnalyticsService, directTransport(module.services)).analyze({ text });
  await module.close();
  return analysis;
}

const text = (index: number | string = 0) => `Please end contract ${index} of ${SECRET}.`;

test("the model's answer is checked and told in the words of the contract, with its name", async () => {
  const analytics = await open();
  const { analysis } = await analytics.analyze({ text: text() });
  expect(analysis).toMatchObject({
    ...{ engine: ENGINE, corrected: false, language: "en-GB" },
    // "not there" is not in the text.
    sentiment: { sentiment: Sentiment.NEGATIVE, score: -0.9, confidence: 0.8, evidence: [SECRET] },
    categorization: {
      ...{ primaryCategory: Category.CANCELLATION, confidence: 0.7, evidence: [] },
      ranked: [
        { category: Category.CANCELLATION, confidence: 0.7 },
        { category: Category.COMPLAINT, confidence: 0.2 },
      ],
    },
    urgency: { urgency: Urgency.HIGH, confidence: 0.6, evidence: [] },
  });
  const [{ body } = expect.fail("nothing was asked")] = api.received;
  expect(body).toMatchObject({ model: MODEL, output_config: { format: { type: "json_schema" } } });
  // Customers' words are in the data alone, never among the instructions.
  expect(JSON.stringify(body.system)).not.toContain(SECRET);
  expect(askedIn(body)).toEqual({ texts: [{ i: 0, text: text() }] });
});

test("a batch is asked in few requests, each text once, blank ones not at all", async () => {
  const analytics = await open();
  const texts = [...Array.from({ length: 45 }, (_, index) => text(index)), "", text(7), " \n", "x".repeat(90_000)];
  const { analyses } = await analytics.batchAnalyze({ texts });
  const blank = new Set([45, 47]);
  expect(analyses.flatMap(({ engine }, index) => (engine === ENGINE ? [] : [index]))).toEqual([...blank]);
  const requests = asked().map((it) => it.texts);
  expect(requests.map(({ length }) => length)).toEqual([20, 20, 6]);
  expect(new Set(requests.flat().map((it) => it.text)).size).toBe(46);
  expect(Math.max(...requests.flat().map((it) => it.text.length))).toBeLessThan(9_000);
});

test.each(DIALECTS)("on %s what was answered is not asked again, by this process or the next", async (dialect) => {
  const { environment, remove } = await temporaryStorage(dialect);
  cleanup.defer(remove);
  cleanup.defer(closeAll);
  const location = databaseLocation(readConfig(environment), "analytics");
  const analytics = await open(location);
  const texts = [text(1), text(2)];
  const first = await analytics.batchAnalyze({ texts });
  expect(await analytics.batchAnalyze({ texts })).toEqual(first);
  expect(asked()).toHaveLength(1);
  // A SQLite file has one process at a time, a PostgreSQL schema many.
  if (dialect === "sqlite") await closeAll();
  const other = await open(location);
  expect(await other.batchAnalyze({ texts: [...texts, text(3)] })).toMatchObject({ analyses: [...first.analyses, {}] });
  expect(asked().map((it) => it.texts.map((one) => one.text))).toEqual([texts, [text(3)]]);
});

test("one text asked for many times at once is one request", async () => {
  const analytics = await open();
  const answers = await Promise.all(Array.from({ length: 10 }, () => analytics.analyze({ text: text() })));
  expect(new Set(answers.map(({ analysis }) => analysis?.engine))).toEqual(new Set([ENGINE]));
  expect(asked()).toHaveLength(1);
});

const withFirst = (change: Entry) => answering(([first, ...rest]) => [{ ...first, ...change }, ...rest]);

const NOT_AS_ASKED: Record<string, (request: MessagesRequest) => Reply> = {
  "no JSON": () => turn(`I cannot classify "${text()}"`),
  "JSON that breaks off": () => turn('{"answers": [{"i": 0, "sentim'),
  "no list": () => turn('{"answers": 1}'),
  nothing: () => ({ content: [] }),
  "too few answers": answering((entries) => entries.slice(1)),
  "too many answers": answering((entries) => [...entries, entry(entries.length)]),
  "one answer twice": answering((entries) => entries.map(() => entry(0))),
  "a category that there is not": withFirst({ categories: [{ category: "weather", confidence: 1 }] }),
  "no category": withFirst({ categories: [] }),
  "a score out of bounds": withFirst({ score: -9 }),
  "a number as text": withFirst({ urgency_confidence: "0.5" }),
  "evidence that is no list": withFirst({ sentiment_words: "terrible" }),
  "an answer of null": answering((entries) => entries.map(() => null)),
  "a refusal": () => ({ content: [], stop_reason: "refusal" }),
  "an answer cut short": (request) => ({
    ...(answering()(request) as Turn),
    content: ["{"],
    stop_reason: "max_tokens",
  }),
};

describe.each(Object.entries(NOT_AS_ASKED))("an answer that is %s", (_, script) => {
  test("counts for nothing: the local engine answers, says so, and other texts are asked as before", async () => {
    const analytics = await open();
    api.script = script;
    const texts = [text(1), text(2)];
    const { analyses } = await analytics.batchAnalyze({ texts });
    expect(analyses).toEqual([await localAnalysis(text(1)), await localAnalysis(text(2))]);
    expect(asked()).toHaveLength(1);
    // Not asked again for a while: it would be paid for each time.
    await analytics.batchAnalyze({ texts });
    expect(asked()).toHaveLength(1);
    api.script = answering();
    expect((await analytics.analyze({ text: text(3) })).analysis?.engine).toBe(ENGINE);
    expect(logged).toContain("was not as asked");
    expect(logged).not.toContain(SECRET);
  });
});

const refusal = (status: number, type: string, headers = {}): Reply => ({
  ...{ status, type, headers, message: `no, not with ${text()}` },
});

/** With how often the SDK asks: once more where it may pass; of a cut answer it depends on what has arrived. */
const FAILURES: Record<string, readonly [script: (request: MessagesRequest) => Reply, times: readonly number[]]> = {
  "401": [() => refusal(401, "authentication_error"), [1]],
  "400": [() => refusal(400, "invalid_request_error"), [1]],
  "429": [() => refusal(429, "rate_limit_error", { "retry-after": "0" }), [2]],
  "500": [() => refusal(500, "api_error"), [2]],
  "529": [() => overloaded, [2]],
  "a connection that is cut": [() => "cut", [2]],
  "an answer that is cut": [
    (request) => ({ ...(answering()(request) as Turn), breaks: { after: 40, how: "cut" } }),
    [1, 2],
  ],
};

describe.each(Object.entries(FAILURES))("%s", (_, [script, times]) => {
  test("leaves the work to the local engine, which says so, and the model alone for a while", async () => {
    const analytics = await open();
    api.script = script;
    expect((await analytics.analyze({ text: text() })).analysis).toEqual(await localAnalysis(text()));
    const { length } = asked();
    expect(times).toContain(length);
    api.script = answering();
    expect((await analytics.analyze({ text: text(2) })).analysis).toEqual(await localAnalysis(text(2)));
    expect(asked()).toHaveLength(length);
    expect(logged).toContain("did not answer");
    expect(logged).not.toContain(SECRET);
    expect(logged).not.toContain(MODEL_KEY);
  });
});

test("one failure that passes is not noticed", async () => {
  const analytics = await open();
  const replies = [overloaded, undefined];
  api.script = (request) => replies.shift() ?? answering()(request);
  expect((await analytics.analyze({ text: text() })).analysis?.engine).toBe(ENGINE);
});

test("a slow answer is not waited for longer than its caller has time, and is there the next time", async () => {
  const analytics = await open();
  const { promise: held, resolve } = Promise.withResolvers<void>();
  api.script = (request) => ({ ...(answering()(request) as Turn), held });
  const { analysis } = await analytics.analyze({ text: text() }, { timeoutMs: 1_500 });
  expect(analysis).toEqual(await localAnalysis(text()));
  resolve();
  await eventually(async () => (await analytics.analyze({ text: text() })).analysis?.engine === ENGINE);
  expect(asked()).toHaveLength(1);
});

test("when the caller hangs up, the call ends and no further request is begun", async () => {
  const analytics = await open();
  api.script = () => "hang";
  const caller = new AbortController();
  const texts = Array.from({ length: 1_000 }, (_, index) => text(index));
  const refused = expect(analytics.batchAnalyze({ texts }, { signal: caller.signal })).rejects.toMatchObject({
    code: Code.Canceled,
  });
  await eventually(async () => api.received.length === 4);
  caller.abort();
  await refused;
  await closeAll();
  expect(api.received).toHaveLength(4);
});

test("closing ends what is under way", async () => {
  const analytics = await open();
  api.script = () => "hang";
  const call = analytics.analyze({ text: text() });
  await eventually(async () => api.received.length === 1);
  const [{ hungUp } = expect.fail("nothing was asked")] = api.received;
  const closing = closeAll();
  await hungUp;
  expect((await call).analysis).toEqual(await localAnalysis(text()));
  await closing;
});

test("what people corrected stands before what the model says, and is an example for other texts", async () => {
  const analytics = await open();
  const author = { kind: ActorKind.AGENT, id: "sam" };
  const said = { category: Category.REFUND_RETURNS, sentiment: Sentiment.NEUTRAL };
  await analytics.analyze({ text: text() });
  const { correction } = await analytics.correctAnalysis({ text: text(), ...said, author });
  const { analyses } = await analytics.batchAnalyze({ texts: [text(), text(2)] });
  expect(analyses).toMatchObject([
    {
      ...{ corrected: true, sentiment: { sentiment: Sentiment.NEUTRAL, confidence: 1 } },
      categorization: { primaryCategory: Category.REFUND_RETURNS },
    },
    { corrected: false, engine: expect.stringMatching(new RegExp(`^${ENGINE}\\+[0-9a-f]{8}$`)) },
  ]);
  const examples = [{ text: text(), sentiment: "neutral", category: "refund_returns" }];
  expect(asked().map((it) => it.examples)).toEqual([undefined, examples]);
  await analytics.undoCorrection({ correctionId: correction?.id ?? "", actor: author });
  expect((await analytics.analyze({ text: text() })).analysis?.engine).toBe(ENGINE);
  expect(asked()).toHaveLength(2);
});

test.each(DIALECTS)("on %s answers are forgotten after 30 days, and the oldest of too many", async (dialect) => {
  const { environment, remove } = await temporaryStorage(dialect);
  const location = databaseLocation(readConfig(environment), "analytics");
  const database = await openDatabase({ name: "analytics", location, migrations, log: silent });
  const { analysis } = await (await open()).analyze({ text: text() });
  const now = Date.UTC(2026, 10, 26);
  const days = [31, 29, 3, 2, 1];
  for (const ago of days) {
    await keepAnswers(database, ENGINE, new Map([[`${ago}`, analysis as never]]), now - ago * 86_400_000);
  }
  const kept = async () => [...(await findAnswers(database, ENGINE, days.map(String))).keys()].sort();
  await pruneAnswers(database, now);
  expect(await kept()).toEqual(["1", "2", "29", "3"]);
  await pruneAnswers(database, now, 2);
  expect(await kept()).toEqual(["1", "2"]);
  await database.close();
  await remove();
});

test("of texts that are erased no answer is left, nor one that is on its way", async () => {
  const { environment, remove } = await temporaryStorage("sqlite");
  cleanup.defer(remove);
  const location = databaseLocation(readConfig(environment), "analytics");
  const analytics = await open(location);
  await analytics.batchAnalyze({ texts: [text(1), text(2)] });
  const { promise: held, resolve } = Promise.withResolvers<void>();
  api.script = async (request) => {
    await held;
    return answering()(request);
  };
  const late = analytics.analyze({ text: text(3) });
  await eventually(async () => asked().length === 2);
  const erasing = analytics.eraseCustomer({ customerId: "CUS-1001", texts: [text(1), text(3)] });
  resolve();
  expect(await erasing).toMatchObject({ modelAnswerCount: 2 });
  await late;
  await closeAll();
  const database = await openDatabase({ name: "analytics", location, migrations, log: silent });
  expect(await database.knex("model_answer").pluck("text_hash")).toEqual([textHash(text(2))]);
  await database.close();
});

test("without a key it does not start, and says what to set", async () => {
  const { environment, remove } = await temporaryStorage("sqlite");
  const config = readConfig({ ...environment, ANALYTICS_ENGINE: "anthropic" });
  const refused = openDesk({ config, parts: PARTS, demo: false, log: silent });
  await expect(refused).rejects.toThrow("set CLAUDE_API_KEY, or ANALYTICS_ENGINE to local");
  await remove();
});
