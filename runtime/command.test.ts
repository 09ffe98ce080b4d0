import { parseArgs } from "node:util";
import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, expect, test, vi } from "vitest";
import { explained, runCommand } from "./command.ts";
import { fail, reasonOf } from "./errors.ts";

afterEach(() => {
  process.exitCode = 0;
  vi.restoreAllMocks();
});

async function told(command: () => unknown): Promise<unknown> {
  const error = vi.spyOn(console, "error").mockReturnValue();
  await runCommand(async () => void (await command()));
  expect(process.exitCode).toBe(1);
  return error.mock.calls[0]?.[0];
}

test("a misspelt option is told in one sentence", async () => {
  const misspelt = () => parseArgs({ args: ["--fiel", "x"], allowPositionals: true, options: {} });
  expect(await told(misspelt)).toBe("Unknown option '--fiel'.\nSee --help.");
});

test("what is no URL is told as that", async () => {
  expect(await told(() => new URL("nonsense"))).toBe("nonsense is no URL. Write one such as http://127.0.0.1:8080.");
});

test("nobody answering, and nobody being let in, are told with what to do; a desk's own words stay", () => {
  const url = "http://127.0.0.1:9";
  const reasonFor = (error: unknown) => reasonOf(explained(error, url));
  expect(reasonFor(new ConnectError("connect ECONNREFUSED", Code.Unavailable))).toBe("DESK_NOT_FOUND");
  expect(reasonFor(fail(Code.Unauthenticated, "CREDENTIALS_MISSING", "Who calls?"))).toBe("KEY_NEEDED");
  expect(reasonFor(fail(Code.Unavailable, "CRM_UNAVAILABLE", "The CRM is away."))).toBe("CRM_UNAVAILABLE");
  expect(reasonFor(fail(Code.Unimplemented, "NOT_SERVED", "Nothing is served at /x."))).toBe("PART_ELSEWHERE");
});
