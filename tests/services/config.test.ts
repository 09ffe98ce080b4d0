import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PARTS, readConfig, VARIABLES } from "../../runtime/config.ts";
import { metadataOf, reasonOf } from "../../runtime/errors.ts";
import { parseParts } from "../../services/desk.ts";

function thrownBy(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  return expect.fail("nothing was refused");
}

test("without any variable every default holds", () => {
  expect(readConfig({})).toEqual({
    ...{ PORT: undefined, HOST: "127.0.0.1", DATA_DIR: "./data", DATABASE_URL: undefined, MAX_RESULT_TOKENS: 10_000 },
    ...{
      CRM_URL: "http://127.0.0.1:5001",
      TICKET_URL: "http://127.0.0.1:5002",
      ANALYTICS_URL: "http://127.0.0.1:5003",
    },
    ...{ SUPPORT_URL: "http://127.0.0.1:5000", DESKWIRE_URL: "http://127.0.0.1:8080" },
    ...{ ALLOWED_ORIGINS: [], ALLOWED_HOSTS: [], INBOUND_WEBHOOK_SECRET: [], WEBHOOK_ALLOW_PRIVATE: [] },
    ...{ MCP_AUDIENCE: undefined, MCP_ISSUER: undefined, MCP_JWKS_URL: undefined },
    ...{ MCP_API_KEY: undefined, DESKWIRE_API_KEY: undefined, SERVICE_SECRET: [] },
  });
});

test("an empty variable is as good as none, and space around a value does not matter", () => {
  const config = readConfig({ PORT: " ", DATA_DIR: "", HOST: " localhost ", CRM_URL: "http://crm:5001/ " });
  expect(config).toMatchObject({ DATA_DIR: "./data", HOST: "localhost", CRM_URL: "http://crm:5001" });
  expect(config.PORT).toBeUndefined();
  expect(readConfig({ PORT: "0" }).PORT).toBe(0);
  const lists = readConfig({
    ALLOWED_HOSTS: "desk.example, other.example:8080,, ",
    ALLOWED_ORIGINS: "https://a.example",
  });
  expect(lists.ALLOWED_HOSTS).toEqual(["desk.example", "other.example:8080"]);
  expect(lists.ALLOWED_ORIGINS).toEqual(["https://a.example"]);
});

const WRONG: [variable: keyof typeof VARIABLES, value: string, allowed: RegExp][] = [
  ["PORT", "eighty", /0 to 65535/],
  ["PORT", "65536", /0 to 65535/],
  ["PORT", "-1", /0 to 65535/],
  ["PORT", "80.5", /0 to 65535/],
  ["DATABASE_URL", "mysql://localhost/desk", /postgres:\/\//],
  ["DATABASE_URL", "desk.db", /leave it out for SQLite/],
  ["CRM_URL", "crm:5001", /http:\/\//],
  ["TICKET_URL", "ticket", /http:\/\//],
  ["ANALYTICS_URL", "grpc://analytics", /http:\/\//],
  ["SUPPORT_URL", "//support", /http:\/\//],
  ["DESKWIRE_URL", "desk", /http:\/\//],
  ["MAX_RESULT_TOKENS", "0", /whole number above 0/],
  ["MAX_RESULT_TOKENS", "many", /whole number above 0/],
];

test.each(WRONG)("%s=%s is refused with its name and what is allowed", (variable, value, allowed) => {
  const error = thrownBy(() => readConfig({ [variable]: value }));
  expect(reasonOf(error)).toBe("CONFIGURATION_INVALID");
  expect(metadataOf(error)).toEqual({ variable });
  expect(error.message).toContain(variable);
  expect(error.message).toMatch(allowed);
});

test("the password in a wrong DATABASE_URL stays out of the message", () => {
  expect(thrownBy(() => readConfig({ DATABASE_URL: "mysql://desk:s3cret@db/desk" })).message).not.toContain("s3cret");
});

test("a secret may stand in a file, and in one place alone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-config-"));
  try {
    const file = join(folder, "secret");
    await writeFile(file, `${"s".repeat(32)}\n`);
    expect(readConfig({ SERVICE_SECRET_FILE: file }).SERVICE_SECRET).toEqual(["s".repeat(32)]);
    const both = { SERVICE_SECRET: "t".repeat(32), SERVICE_SECRET_FILE: file };
    for (const environment of [both, { SERVICE_SECRET_FILE: join(folder, "absent") }]) {
      const error = thrownBy(() => readConfig(environment));
      expect(metadataOf(error)).toEqual({ variable: "SERVICE_SECRET_FILE" });
    }
    expect(thrownBy(() => readConfig(both)).message).not.toMatch(/sss|ttt/);
    // Nothing but secrets is read from files.
    expect(readConfig({ DATA_DIR_FILE: file }).DATA_DIR).toBe("./data");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a secret that is too short, or a key that is cut off, is refused and stays out of the message", () => {
  const cut = "dk_0123456789abcdefghijklmnopqrstuvwxyz";
  for (const environment of [{ SERVICE_SECRET: "hunter2" }, { MCP_API_KEY: "hunter2" }, { DESKWIRE_API_KEY: cut }]) {
    const error = thrownBy(() => readConfig(environment));
    expect(reasonOf(error)).toBe("CONFIGURATION_INVALID");
    expect(error.message).not.toMatch(/hunter2|0123/);
  }
});

test("every variable is described, with the values that it is compared with", () => {
  for (const [name, { description }] of Object.entries(VARIABLES)) expect(description, name).toMatch(/^[A-Z].*.$/);
});

test("parts are taken in the order in which they start; none means all", () => {
  expect(parseParts([], PARTS)).toEqual(PARTS);
  expect(parseParts(["support", "crm", "crm"], PARTS)).toEqual(["crm", "support"]);
});

test("a part that does not exist is refused with those that do", () => {
  const error = thrownBy(() => parseParts(["crm", "billing"], PARTS));
  expect(reasonOf(error)).toBe("PART_UNKNOWN");
  for (const name of ["billing", ...PARTS]) expect(error.message).toContain(name);
});
