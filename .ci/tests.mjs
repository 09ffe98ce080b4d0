// Runs the tests; the files in which one fails are run once more, by themselves and with all that they stand on made anew.
// What needed its second try is named at the end: a test that fails now and then is to be seen, and mended.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";

/** More than this is no accident. */
const MOST_FILES = 3;
const [, , folder] = process.argv;

/** The report of a run, of all tests or of some files; undefined where vitest did not come to write one. */
function run(name, files = []) {
  const report = join(folder, name);
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { status } = spawnSync("npm", ["test", "--", ...files, ...reporters], { stdio: "inherit" });
  try {
    return { passed: status === 0, ...JSON.parse(readFileSync(report, "utf8")) };
  } catch {
    return undefined;
  }
}

function failedIn({ testResults }) {
  const files = testResults.filter(({ status }) => status === "failed");
  return files.map(({ name, assertionResults }) => {
    const tests = assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName);
    return { file: relative(".", name), tests };
  });
}

const first = run("tests.json");
let passed = first?.passed ?? false;
const failed = first ? failedIn(first) : [];
if (!passed && failed.length > 0 && failed.length <= MOST_FILES) {
  const files = failed.map(({ file }) => file);
  console.log(`\nOnce more: ${files.join(" ")}\n`);
  passed = run("second-try.json", files)?.passed ?? false;
}
if (first)
  console.log(`${first.numPassedTests} passed, ${first.numFailedTests} failed, ${first.numPendingTests} skipped`);
if (!passed && failed.length === 0) console.log("No test failed, and yet the run did: see what it says above.");
for (const { file, tests } of failed) {
  const outcome = passed ? "Passed on a second try" : "Failed";
  for (const test of tests.length > 0 ? tests : ["(before its tests)"]) console.log(`${outcome}: ${file} > ${test}`);
}
process.exit(passed ? 0 : 1);
