// A variable of the configuration: what it means, what it is when nobody sets it, and which values are allowed.

/** One variable. `parse` takes what a person set, or the default, and calls `refuse` for what is not allowed. */
export interface Variable<T> {
  readonly description: string;
  /** As a person would set it; empty for none. */
  readonly default: string;
  readonly parse: (text: string, name: string) => T;
  /** Present on a secret: what of the value may be shown. */
  readonly mask?: (text: string) => string;
}

/** A value that is not allowed. `readSettings` tells all of them in one error. */
export class Refusal extends Error {
  readonly variable: string;
  readonly text: string;
  readonly allowed: string;

  constructor(variable: string, text: string, allowed: string) {
    super(`${variable} is refused`);
    this.variable = variable;
    this.text = text;
    this.allowed = allowed;
  }
}

/**
 * Refuses a value.
 *
 * @param allowed what may be set instead, as it follows "Set NAME to"
 */
export function refuse(variable: string, text: string, allowed: string): never {
  throw new Refusal(variable, text, allowed);
}

/** Makes a variable. */
export function variable<T>(description: string, usual: string, parse: Variable<T>["parse"]): Variable<T> {
  return { description, default: usual, parse };
}

/**
 * Makes a variable that nobody may see. `NAME_FILE` may name a file that holds it instead, as Docker and Kubernetes mount
 * secrets.
 *
 * @param mask what of the value may be shown; nothing if left out
 */
export function secret<T>(
  description: string,
  usual: string,
  parse: Variable<T>["parse"],
  mask: (text: string) => string = () => "…",
): Variable<T> {
  return { description, default: usual, parse, mask };
}
