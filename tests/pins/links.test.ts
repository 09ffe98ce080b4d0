// Where the documents lead: to files and headings that are there.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const DOCUMENTS = globSync(["*.md", "docs/**/*.md"]);
/** The reader's to write. */
const NOT_HERE = new Set(["config/policy.json"]);

/** The address of a heading, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
const anchorsOf = (text: string) => [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));

test.each(DOCUMENTS)("%s links to what is there", (file) => {
  const links = [...readFileSync(file, "utf8").matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
  const broken = links.filter(([, path = "", anchor]) => {
    const target = path === "" ? file : join(dirname(file), path);
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(readFileSync(target, "utf8")).includes(anchor));
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

const PATH =
  /(?<![\w./-])(?:adapter|bench|config|docs|gateway|proto|runtime|scripts|services|tests)\/[\w./-]+\.[a-z]+\b/g;

test.each(DOCUMENTS)("%s names files that are there", (file) => {
  const named = readFileSync(file, "utf8").match(PATH) ?? [];
  expect(named.filter((path) => !existsSync(path) && !NOT_HERE.has(path))).toEqual([]);
});
