import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { printSettings } from "../../runtime/config/print.ts";
import { misspeltVariables, PARTS, readConfig, settledConfig, VARIABLES } from "../../runtime/config.ts";
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
  const config = readConfig({});
  expect(Object.keys(config)).toEqual(Object.keys(VARIABLES));
  expect(config).toMatchObject({
    ...{ PORT: undefined, HOST: "127.0.0.1", DATA_DIR: "./data", DATABASE_URL: undefined, DESK_POLICY: undefined },
    ...{ CRM_URL: "http://127.0.0.1:5001", ALLOWED_HOSTS: [], MCP_ISSUER: undefined, MAX_RESULT_TOKENS: 10_000 },
    LOG_LEVEL: "info",
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
  ["LOG_LEVEL", "loud", /debug, info, warn, error, silent/],
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

test("everything that is wrong is told at once", () => {
  const wrong = { PORT: "eighty", CRM_URL: "crm", INBOUND_WEBHOOK_SECRET: "s3cret", DATA_DIR: "/fine" };
  const error = thrownBy(() => readConfig(wrong));
  expect(metadataOf(error)).toEqual({ variable: "PORT,CRM_URL,INBOUND_WEBHOOK_SECRET" });
  for (const part of ["PORT=eighty", "CRM_URL=crm", "INBOUND_WEBHOOK_SECRET=…"]) expect(error.message).toContain(part);
  expect(error.message).not.toContain("s3cret");
  const contradicting = { MCP_AUDIENCE: "desk", MCP_JWKS_URL: "https://id.example/keys" };
  expect(metadataOf(thrownBy(() => readConfig(contradicting)))).toEqual({ variable: "MCP_AUDIENCE,MCP_JWKS_URL" });
});

test("a secret may come from a file, and from one place only", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-config-"));
  const file = join(folder, "database-url");
  await writeFile(file, "postgres://desk:s3cret@db/desk\n");
  expect(readConfig({ DATABASE_URL_FILE: file }).DATABASE_URL).toBe("postgres://desk:s3cret@db/desk");
  const twice = thrownBy(() => readConfig({ DATABASE_URL_FILE: file, DATABASE_URL: "postgres://db/desk" }));
  expect(metadataOf(twice)).toEqual({ variable: "DATABASE_URL_FILE" });
  await writeFile(file, "mysql://desk:s3cret@db/desk");
  const wrong = thrownBy(() => readConfig({ DATABASE_URL_FILE: file }));
  expect(metadataOf(wrong)).toEqual({ variable: "DATABASE_URL" });
  expect(wrong.message).not.toContain("s3cret");
  await rm(folder, { recursive: true });
  const missing = thrownBy(() => readConfig({ DATABASE_URL_FILE: file }));
  expect(missing.message).toMatch(/DATABASE_URL_FILE=.*the path of a file that this process can read/);
  // What is no secret is never read from a file.
  expect(readConfig({ DATA_DIR_FILE: file }).DATA_DIR).toBe("./data");
});

test("the configuration is printed with where each value comes from, and without secrets", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-config-"));
  const file = join(folder, "secret");
  const key = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
  await writeFile(file, key);
  const { settings } = settledConfig({
    DATABASE_URL: "postgres://desk:s3cret@db:5432/desk?password=s3cret",
    INBOUND_WEBHOOK_SECRET_FILE: file,
    HOST: "localhost",
  });
  const lines = printSettings(settings, { PORT: "5001" }).split("\n");
  const line = (name: string) => lines.find((each) => each.startsWith(`${name}=`))?.replace(/ +/g, " ");
  expect(line("PORT")).toBe("PORT=5001 # default");
  expect(line("HOST")).toBe("HOST=localhost # environment");
  expect(line("DATABASE_URL")).toBe("DATABASE_URL=postgres://desk:…@db:5432/desk?password=… # environment");
  expect(line("INBOUND_WEBHOOK_SECRET")).toBe(`INBOUND_WEBHOOK_SECRET=… # ${file}`);
  expect(lines).toHaveLength(Object.keys(VARIABLES).length);
  await rm(folder, { recursive: true });
});

test("a variable whose name is nearly right is found, others are left alone", () => {
  const misspelt = misspeltVariables({
    ...{ DATABSE_URL: "postgres://db/desk", DATADIR: "x", DATABASE_URL_FIEL: "/x" },
    ...{ DATABASE_URL_FILE: "/x", HOME: "/root", PATH: "/bin", PWD: "/", HOSTS: "x", USER: "me", LC_ALL: "C" },
    ...{
      OTEL_TRACES_EXPORTER: "otlp",
      SSL_CERT_FILE: "/etc/ca.pem",
      NODE_ENV: "production",
      npm_lifecycle_event: "start",
      CRM_URLS: "",
    },
  });
  expect(misspelt).toEqual([
    { name: "DATABSE_URL", meant: "DATABASE_URL" },
    { name: "DATADIR", meant: "DATA_DIR" },
    { name: "DATABASE_URL_FIEL", meant: "DATABASE_URL_FILE" },
  ]);
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
