// The PostgreSQL that tests use.
import { inject } from "vitest";
import "./postgres-setup.ts";

/**
 * The URL of a PostgreSQL for tests: `TEST_DATABASE_URL` if set, else a server that this run of the tests starts.
 *
 * @throws Error if it cannot be started: a missing PostgreSQL fails the tests, it never skips them
 */
export async function postgresUrl(): Promise<string> {
  if (process.env.TEST_DATABASE_URL) return process.env.TEST_DATABASE_URL;
  const response = await fetch(inject("postgresBroker"));
  const text = await response.text();
  if (!response.ok) throw new Error(`${text}\nSet TEST_DATABASE_URL to use a server of your own.`);
  return text;
}
