// Writes that look first whether a key is taken, and insert what has it where it is not.
import { isUniqueViolation } from "./errors.ts";

const ATTEMPTS = 5;

/**
 * Does `work`, a transaction that looks for keys and inserts those that are not there. Another writer may take one between the
 * look and the insert; then `work` is done again.
 *
 * @param columns that keep the keys unique, such as `ticket.external_id`
 * @throws what `work` throws, a unique violation included when it comes again and again
 */
export async function untilKeysAreFree<T>(columns: readonly string[], work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !columns.some((column) => isUniqueViolation(error, column))) throw error;
    }
  }
}
