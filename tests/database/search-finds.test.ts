// A look at a large table's index finds what matchSearch finds, however little of the index it reads.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { word } from "../../bench/scale/made-up.ts";
import type { Database, Migration } from "../../runtime/database/database.ts";
import type { Read } from "../../runtime/database/reader-thread.ts";
import { createSearch, remakeSearch } from "../../runtime/database/search.ts";
import { find, findsAmong, questionFor } from "../../runtime/database/search-finds.ts";
import { matchSearch } from "../../runtime/database/search-words.ts";
import { type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";

const SEARCHED = { table: "letter", columns: ["body"] };
const ROWS = 3_000;
/** Commoner the lower their number, and with many words that begin alike. */
const textOf = (id: number) =>
  [1, 2, 3, 5, 7, 11, 13]
    .flatMap((prime) => (id % prime === 0 ? [word(prime + (id % 300)), `order${prime}`] : []))
    .join(" ");

const letters: Migration = {
  name: "letter",
  async up(trx, dialect) {
    await trx.schema.createTable("letter", (table) => {
      table.bigIncrements("id");
      table.text("body").notNullable();
    });
    await createSearch(trx, dialect, SEARCHED);
  },
};

const lookFor = async (read: Read, text: string, limit: number) =>
  find(read, await questionFor(read, SEARCHED, text), limit);

describe("finds", () => {
  let place: TemporaryDatabase;
  let database: Database;
  beforeAll(async () => {
    place = await temporaryDatabase("sqlite");
    database = await place.open(letters);
    const rows = Array.from({ length: ROWS }, (_, index) => ({ id: index + 1, body: textOf(index + 1) }));
    for (let from = 0; from < ROWS; from += 500) await database.knex("letter").insert(rows.slice(from, from + 500));
  });
  afterAll(async () => {
    await database?.close();
    await place?.remove();
  });

  const matching = async (text: string): Promise<number[]> =>
    matchSearch(database.knex("letter").orderBy("id", "desc"), "sqlite", SEARCHED, text).pluck("letter.id");

  test.each([
    ["a letter", "o"],
    ["a beginning that the index has", "orde"],
    ["a beginning that it has word by word", "order1"],
    ["a beginning in capitals and with accents", "ÒRDÉR"],
    ["a whole word and a beginning", `${word(8)} order`],
    ["words of which there are none", "order9"],
    ["no word at all", "…"],
  ])("are those of matchSearch for %s, as many as are asked for, and among any rows", async (_, text) => {
    const expected = await matching(text);
    for (const limit of [1, 10, ROWS]) {
      const finds = await database.slowly((read) => lookFor(read, text, limit));
      expect(finds).toMatchObject({ newest: expected.slice(0, limit), isWhole: expected.length <= limit });
      const some = Array.from({ length: ROWS }, (_, index) => index + 1).filter((id) => id % 7 < 2 || id > 2_900);
      const among = await database.slowly((read) => findsAmong(read, finds, some));
      expect(new Set(among)).toEqual(new Set(some.filter((id) => expected.includes(id))));
    }
  });
});

test("every letter and digit is taken for one by the index and by a question alike", async () => {
  const place = await temporaryDatabase("sqlite");
  const database = await place.open(letters);
  const words = Array.from({ length: 0x11_0000 }, (_, code) => String.fromCodePoint(code))
    .filter((character) => /\p{L}|\p{Nd}|[\u0300-\u036f]/u.test(character))
    // Of scripts of many thousand letters, all of which are alike to the index, some will do.
    .filter((character, index) => index % 97 === 0 || !/\p{Script=Han}|\p{Script=Hangul}/u.test(character))
    .map((character) => `q${character}z`);
  const texts = Array.from({ length: Math.ceil(words.length / 200) }, (_, row) =>
    words
      .slice(row * 200, row * 200 + 200)
      .join(" ")
      .normalize("NFC"),
  );
  await database.transaction((trx) =>
    trx.raw("INSERT INTO letter (body) SELECT value FROM json_each(?)", [JSON.stringify(texts)]),
  );
  await database.knex.raw("INSERT INTO letter_search (letter_search) VALUES ('optimize')");
  const lost: number[] = [];
  await database.slowly(async (read) => {
    for (const [index, text] of texts.entries()) {
      const { newest } = await lookFor(read, text, 10);
      if (!newest.includes(index + 1)) lost.push(index);
    }
  });
  expect(lost).toEqual([]);
  await database.close();
  await place.remove();
});

test("an index of an earlier version is made anew with all that it held, and forgets for good", async () => {
  const place = await temporaryDatabase("sqlite");
  const database = await place.open(letters, {
    name: "earlier",
    async up(trx) {
      await trx.raw("DROP TABLE letter_search_words");
      await trx.raw("DROP TABLE letter_search");
      await trx.raw(
        "CREATE VIRTUAL TABLE letter_search USING fts5(body, content='letter', content_rowid='id', prefix='2 3')",
      );
      await trx("letter").insert({ id: 1, body: "planted here" });
    },
  });
  await database.transaction((trx) => remakeSearch(trx, "sqlite", SEARCHED));
  const found = async (text: string) => (await database.slowly((read) => lookFor(read, text, 10))).newest;
  expect(await found("plante")).toEqual([1]);
  await database.knex("letter").where({ id: 1 }).delete();
  const blocks: { block: Uint8Array }[] = await database.knex("letter_search_data").select("block");
  expect(blocks.filter(({ block }) => Buffer.from(block).includes("lanted"))).toEqual([]);
  await database.close();
  await place.remove();
});
