// What the readers of both formats give: rows as they are in the file, and lines that could not be read.

/** A row of the file. `columns` is the same object for all rows of a file that has a header. */
export interface FileRow {
  /** Where the row begins, from 1. */
  readonly line: number;
  readonly columns: readonly string[];
  readonly values: readonly unknown[];
}

/** A line that is no row, and why. */
export interface UnreadableRow {
  readonly line: number;
  readonly problem: string;
}

/** The longest row that is read, in characters: more than any ticket may hold, and less than would fill the memory. */
export const MAX_ROW_CHARACTERS = 1024 * 1024;
