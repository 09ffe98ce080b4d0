// Rows that a transaction inserts when it ends, those of many works by few statements.

/** Rows of one table. */
export interface RowsOfTable {
  readonly table: string;
  readonly columns: readonly string[];
  /** In the order of the columns, row after row: one array takes another thread less to read than one a row. */
  readonly values: readonly unknown[];
}

type LateRow = Omit<RowsOfTable, "values"> & { readonly row: readonly unknown[] };

/** How many rows there were at a moment, and how many of them were in the database. */
interface Mark {
  readonly savepoint: string;
  readonly rows: number;
  readonly written: number;
}

/**
 * The rows of one transaction. It follows the savepoints, so that what is rolled back takes its own rows along and no others:
 * rows from before a savepoint that were written within it wait again.
 */
export class LateRows {
  readonly #rows: LateRow[] = [];
  readonly #savepoints: Mark[] = [];
  /** The tables of rows that wait: every statement asks for them. */
  #tables = new Set<string>();
  #written = 0;

  /** Whether rows of one of these tables wait to be written. */
  isWaitingFor(names: ReadonlySet<string>): boolean {
    for (const table of this.#tables) if (names.has(table)) return true;
    return false;
  }

  /** Whether any rows wait. */
  get isWaiting(): boolean {
    return this.#tables.size > 0;
  }

  add({ table, columns, values }: RowsOfTable): void {
    for (let from = 0; from < values.length; from += columns.length) {
      this.#rows.push({ table, columns, row: values.slice(from, from + columns.length) });
    }
    if (values.length > 0) this.#tables.add(table);
  }

  /** Hands out all that wait, to be written now. */
  take(): RowsOfTable[] {
    const tables = new Map<string, LateRow[]>();
    for (const row of this.#rows.slice(this.#written)) {
      const same = tables.get(row.table);
      if (same) same.push(row);
      else tables.set(row.table, [row]);
    }
    this.#written = this.#rows.length;
    this.#tables.clear();
    return [...tables].map(([table, rows]) => ({
      table,
      columns: rows[0]?.columns ?? [],
      values: rows.flatMap(({ row }) => row),
    }));
  }

  /** A savepoint begins. */
  mark(savepoint: string): void {
    this.#savepoints.push({ savepoint, rows: this.#rows.length, written: this.#written });
  }

  /** A savepoint ends, those within it too, and what was done since stays. */
  release(savepoint: string): void {
    this.#savepoints.length = Math.max(0, this.#depthOf(savepoint));
  }

  /** Everything since a savepoint is rolled back, those within it too; itself it goes on. */
  rollBack(savepoint: string): void {
    const depth = this.#depthOf(savepoint);
    const { rows, written } = this.#savepoints[depth] ?? { rows: 0, written: 0 };
    this.#savepoints.length = depth + 1;
    this.#rows.length = rows;
    this.#written = written;
    this.#tables = new Set(this.#rows.slice(written).map(({ table }) => table));
  }

  /** Of several of a name the innermost counts. */
  #depthOf(savepoint: string): number {
    return this.#savepoints.findLastIndex((mark) => mark.savepoint === savepoint);
  }

  /** The transaction is over. */
  clear(): void {
    this.#rows.length = 0;
    this.#savepoints.length = 0;
    this.#tables.clear();
    this.#written = 0;
  }
}
