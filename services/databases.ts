// The databases of the desk: which service has one, what is in it, and where it is.
import { join } from "node:path";
import { migrations as gateway } from "../gateway/runs/migrations.ts";
import type { Config } from "../runtime/config.ts";
import type { DatabaseLocation, Migration } from "../runtime/database/database.ts";
import { migrations as analytics } from "./analytics/migrations.ts";
import { migrations as crm } from "./crm/migrations.ts";
import { migrations as ticket } from "./ticket/migrations.ts";

/** The parts that keep data, and how their schemas came to be. */
export const DATABASES: Readonly<Record<"crm" | "ticket" | "analytics" | "gateway", readonly Migration[]>> = {
  crm,
  ticket,
  analytics,
  gateway,
};

/** The file in which a part of a desk without PostgreSQL keeps its data. */
export const sqliteFile = (folder: string, name: keyof typeof DATABASES): string => join(folder, name, `${name}.db`);

/** Where a part keeps its data: a file of its own, or a schema of its own. */
export function databaseLocation(config: Config, name: keyof typeof DATABASES): DatabaseLocation {
  if (config.DATABASE_URL) return { kind: "postgres", url: config.DATABASE_URL, schema: name };
  return { kind: "sqlite", file: sqliteFile(config.DATA_DIR, name) };
}
