// Statements as text, put together by hand: knex would take a tenth of the time of a page for it.
import type { Sql } from "../../../runtime/database/rows.ts";

/** Conditions of which all are to be true. */
export class Conditions implements Sql {
  readonly #all: string[] = [];
  readonly bindings: unknown[] = [];

  get sql(): string {
    return this.#all.join(" and ");
  }

  add(sql: string, ...values: readonly unknown[]): this {
    this.#all.push(sql);
    this.bindings.push(...values);
    return this;
  }

  and({ sql, bindings }: Sql): this {
    return this.add(sql, ...bindings);
  }

  /** Keeps rows with one of these values, if there are any. */
  among(column: string, values: readonly unknown[]): void {
    if (values.length > 0) this.add(`${column} in (${values.map(() => "?").join(", ")})`, ...values);
    else this.add("1 = 0");
  }
}

/** Where the lists look: the tickets, or, where a label narrows them most, the labels, which know lane and times too. */
export interface Source {
  /** What follows `from`: `ticket`, by that name whichever table it is. */
  readonly from: Sql;
  /** Every condition but the lanes, for more to be added. */
  readonly where: Conditions;
  /** The column that holds the ticket's number. */
  readonly id: string;
}

/** The statement that reads columns of all that there is. */
export function select(columns: string, { from, where }: Source): Sql {
  const { sql } = where;
  return {
    sql: `select ${columns} from ${from.sql}${sql && ` where ${sql}`}`,
    bindings: [...from.bindings, ...where.bindings],
  };
}
