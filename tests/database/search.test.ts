import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../runtime/database/database.ts";
import { createSearch, indexedTogether, letIndexWait } from "../../runtime/database/search.ts";
import { matchSearch } from "../../runtime/database/search-words.ts";
import { DIALECTS, type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";

const TEXTS: Record<string, [string, string | null]> = {
  charger: ["The CHARGER is broken", "It sparks when I plug it in."],
  cafe: ["Café crème", "Élodie from Zürich paid by card"],
  greek: ["Ο ΛΟΓΑΡΙΑΣΜΟΣ μου", "Привет, МИР"],
  mail: ["Mail", "write to ann.lee@example.com about TKT-1001, v2.5"],
  empty: ["Nothing else", null],
  operators: ["and or not near", 'say "hello world" to col:value'],
  emoji: ["Thanks🙂so much👍🏽", "it weighs 2½ stone"],
  script: ["日本語テキスト", "नमस्ते दुनिया"],
};

const LETTERS = { table: "letter", columns: ["subject", "body"] };

describe.each(DIALECTS)("search on %s", (dialect) => {
  let place: TemporaryDatabase;
  let database: Database;

  beforeAll(async () => {
    place = await temporaryDatabase(dialect);
    database = await place.open({
      name: "letter",
      async up(trx, dialect) {
        await trx.schema.createTable("letter", (table) => {
          table.bigIncrements("id");
          table.text("key");
          table.text("subject").notNullable();
          table.text("body");
        });
        await trx("letter").insert({ key: "before", subject: "written before the index", body: "early" });
        await createSearch(trx, dialect, LETTERS);
        await letIndexWait(trx, dialect, LETTERS);
      },
    });
    const rows = Object.entries(TEXTS).map(([key, [subject, body]]) => ({ key, subject, body }));
    await database.knex("letter").insert(rows);
  });
  afterAll(async () => {
    await database?.close();
    await place?.remove();
  });

  const find = (text: string): Promise<string[]> =>
    matchSearch(database.knex("letter").orderBy("id"), dialect, { table: "letter" }, text).pluck("letter.key");

  test("rows that are indexed together are found, and so are those that come afterwards", async () => {
    const rows = [1_001, 1_002, 1_003].map((id) => ({ id, key: `many-${id}`, subject: "Many at once", body: null }));
    await database.largeTransaction((trx) =>
      indexedTogether(trx, LETTERS, async (index) => {
        await trx("letter").insert(rows.slice(0, 2));
        await index(1_001, 1_002);
        await trx("letter").insert(rows.slice(2));
        await index(1_003, 1_003);
      }),
    );
    await database.knex("letter").insert({ id: 1_004, key: "late", subject: "Many afterwards" });
    expect(await find("many")).toEqual(["many-1001", "many-1002", "many-1003", "late"]);
    // SQLite compares its index with the rows, and throws where one has more than the other.
    if (dialect === "sqlite")
      await database.knex.raw("INSERT INTO letter_search (letter_search, rank) VALUES ('integrity-check', 1)");
    await database.knex("letter").where("id", ">", 1_000).delete();
  });

  test.each([
    ["one word", "broken", ["charger"]],
    ["all words, whatever their order, column and distance", "plug charger", ["charger"]],
    ["all words, not some of them", "charger zebra", []],
    ["the last word as a prefix", "broken char", ["charger"]],
    ["only the last word as a prefix", "char broken", []],
    ["a word that is there whole and as the prefix", "charger bro charger", []],
    ["upper and lower case alike", "bRoKeN", ["charger"]],
    ["accents or none alike", "cafe creme zurich elodie", ["cafe"]],
    ["accents in the question", "Cäfé Crême", ["cafe"]],
    ["the case of other alphabets", "λογαριασμος мир", ["greek"]],
    ["a prefix in other alphabets", "привет ми", ["greek"]],
    ["the parts of an e-mail address", "ann.lee@example.com", ["mail"]],
    ["one part of an e-mail address", "example", ["mail"]],
    ["a ticket number", "TKT-1001", ["mail"]],
    ["the digits of a ticket number", "1001", ["mail"]],
    ["a number with a point", "2.5", []],
    ["a version", "v2.5", ["mail"]],
    ["the start of a text without spaces", "日本", ["script"]],
    ["a text with vowel signs", "नमस्ते दुनिया", ["script"]],
    ["a word in Greek capitals by its start", "ΛΟΓΑΡΙΑΣ", ["greek"]],
    ["an accent that is a character of its own", "cafe\u0301 cre\u0300me", ["cafe"]],
    ["words that touch emoji", "thanks so much it", ["emoji"]],
    ["a digit beside a fraction", "2 stone", ["emoji"]],
    ["rows older than the index", "before early", ["before"]],
    ["a row with an empty column", "nothing else", ["empty"]],
  ])("finds %s", async (_what, text, keys) => {
    expect(await find(text)).toEqual(keys);
  });

  test.each([
    ["quotes", '"hello" "world', ["operators"]],
    ["an unbalanced quote", "hel'", ["operators"]],
    ["words that are operators", "near AND not OR", ["operators"]],
    ["operators that no row holds as words", "broken AND charger", []],
    ["a column filter", "subject:broken", []],
    ["a column filter that is text", "col:value", ["operators"]],
    ["a star", "*broken* *char*", ["charger"]],
    ["a caret and a minus", "^broken -charger", ["charger"]],
    ["tsquery operators", "broken & !charger | (plug) <-> x:*", []],
    ["parentheses", "NEAR(hello world)", ["operators"]],
    ["a placeholder", "broken ? ?? :name $1", []],
    ["an injection", "'); DROP TABLE letter; --", []],
    ["a backslash", "broken\\", ["charger"]],
    ["a NUL and a lone surrogate", "broken\u0000\ud800charger", ["charger"]],
  ])("takes %s for plain text", async (_what, text, keys) => {
    expect(await find(text)).toEqual(keys);
  });

  test.each(["", "   ", '"', "***", "-:()&|!", "🙂"])("finds nothing for a text without a word: %j", async (text) => {
    expect(await find(text)).toEqual([]);
  });

  test("bears a question of thousands of words", async () => {
    expect(await find("broken ".repeat(5000))).toEqual(["charger"]);
    expect(await find(Array.from({ length: 5000 }, (_, index) => `w${index}`).join(" "))).toEqual([]);
    expect(await find("x".repeat(100_000))).toEqual([]);
  });

  test("bears a row of a megabyte, with a word past every limit", async () => {
    const words = Array.from({ length: 150_000 }, (_, index) => `${index.toString(36)}`).join(" ");
    const [{ id }] = await database
      .knex("letter")
      .insert({ key: "huge", subject: `gigantic ${"y".repeat(5000)}`, body: words })
      .returning("id");
    expect(await find("gigantic")).toEqual(["huge"]);
    await database.knex("letter").where({ id }).delete();
    expect(await find("gigantic")).toEqual([]);
  });

  test("follows updates and rollbacks", async () => {
    const [{ id }] = await database.knex("letter").insert({ key: "moving", subject: "first" }).returning("id");
    await database.knex("letter").where({ id }).update({ subject: "second" });
    expect(await find("first")).toEqual([]);
    expect(await find("second")).toEqual(["moving"]);
    await database
      .transaction(async (trx) => {
        await trx("letter").where({ id }).update({ subject: "third" });
        throw new Error("no");
      })
      .catch(() => undefined);
    expect(await find("third")).toEqual([]);
    expect(await find("second")).toEqual(["moving"]);
  });

  test("combines with other conditions, joins and orders", async () => {
    const query = database
      .knex("letter")
      .join({ other: "letter" }, "other.id", "letter.id")
      .where("letter.key", "charger");
    expect(await matchSearch(query, dialect, { table: "letter" }, "broken").pluck("letter.key")).toEqual(["charger"]);
  });
});
