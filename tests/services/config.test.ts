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
    ...{ ALLOWED_ORIGINS: [], ALLOWED_HOSTS: [] },
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

test("an address that other machines reach is refused, every loopback address is taken", () => {
  for (const HOST of ["0.0.0.0", "::", "192.168.1.5", "desk.example", "127.0.0.1.example.com"]) {
    expect(reasonOf(thrownBy(() => readConfig({ HOST })))).toBe("HOST_NEEDS_CREDENTIALS");
  }
  for (const HOST of ["127.0.0.1", "127.8.0.1", "localhost", "::1"]) expect(readConfig({ HOST }).HOST).toBe(HOST);
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
