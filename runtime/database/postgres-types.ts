// How values of PostgreSQL are read. Loaded where there is one, because its driver takes time to load.
import pg from "pg";

function integer(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

/** Integers of 8 bytes as numbers where a number holds them. */
export function postgresTypes(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, integer);
  // sum() and avg() of integers are numeric; SQLite gives numbers for them too.
  types.setTypeParser(pg.types.builtins.NUMERIC, Number);
  return types;
}
