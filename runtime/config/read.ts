// Reads variables from the environment and from files of secrets, and tells everything that is wrong with them at once.
import { readFileSync } from "node:fs";
import { Code, type ConnectError } from "@connectrpc/connect";
import { fail } from "../errors.ts";
import { Refusal, refuse, type Variable } from "./variable.ts";

/** Environment variables: a value, or none, for each name. */
export type Environment = Readonly<Record<string, string | undefined>>;
/** Variables by their names. */
export type Variables = Readonly<Record<string, Variable<unknown>>>;

/** A variable as it stands, and where that comes from. */
export interface Setting {
  readonly name: string;
  readonly value: unknown;
  /** What may be shown of it. */
  readonly shown: string;
  /** `default`, `environment`, or the path of the file. */
  readonly source: string;
}

function given(name: string, { default: usual, mask }: Variable<unknown>, environment: Environment) {
  const text = environment[name]?.trim();
  const file = mask && environment[`${name}_FILE`]?.trim();
  if (!file) return text ? { text, source: "environment" } : { text: usual, source: "default" };
  if (text) return refuse(`${name}_FILE`, file, `a file only where ${name} is not set: one of the two`);
  try {
    return { text: readFileSync(file, "utf8").trim(), source: file };
  } catch {
    return refuse(`${name}_FILE`, file, "the path of a file that this process can read");
  }
}

function setting(name: string, variable: Variable<unknown>, environment: Environment): Setting {
  const { text, source } = given(name, variable, environment);
  const shown = text && variable.mask ? variable.mask(text) : text;
  return { name, shown, source, value: variable.parse(text, name) };
}

function refused(refusals: readonly Refusal[], variables: Variables): ConnectError {
  const lines = refusals.map(({ variable: name, text, allowed }) => {
    const shown = variables[name]?.mask ? "…" : text;
    return `${name}=${shown} is not allowed. Set ${name} to ${allowed}.`;
  });
  const names = refusals.map(({ variable }) => variable);
  return fail(Code.InvalidArgument, "CONFIGURATION_INVALID", lines.join("\n"), { variable: names.join(",") });
}

/**
 * Does each piece of work, even where one before it refuses a value.
 *
 * @throws ConnectError `CONFIGURATION_INVALID` naming every variable that is refused and what is allowed; of a secret it
 *   shows nothing
 */
export function refusingTogether<T>(variables: Variables, works: readonly (() => T)[]): T[] {
  const refusals: Refusal[] = [];
  const done = works.flatMap((work) => {
    try {
      return [work()];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusals.push(error);
      return [];
    }
  });
  if (refusals.length > 0) throw refused(refusals, variables);
  return done;
}

/**
 * Reads variables, in their order. An empty one is as good as none, and space around a value does not matter.
 *
 * @throws ConnectError `CONFIGURATION_INVALID` as `refusingTogether` does
 */
export function readSettings(variables: Variables, environment: Environment): Setting[] {
  return refusingTogether(
    variables,
    Object.entries(variables).map(
      ([name, variable]) =>
        () =>
          setting(name, variable, environment),
    ),
  );
}
