// Reads the policy file, fills in what it leaves out, and refuses what is wrong in it.
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Code } from "@connectrpc/connect";
import { fail } from "../errors.ts";
import { makePolicy, type Policy } from "./policy.ts";
import { policySchema } from "./schema.ts";

/** The built-in policy, as a file would say it. */
export const DEFAULT_POLICY_FILE = new URL("./default.json", import.meta.url);

/** These are taken whole: a weekday or plan that is left out of them is meant to be. */
const WHOLE = new Set(["business_hours", "plan_targets", "plans", "weights"]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a file says, over the defaults. */
function over(usual: unknown, said: unknown): unknown {
  if (!isObject(usual) || !isObject(said)) return said;
  const filled = Object.entries(said).map(([key, value]) => [
    key,
    WHOLE.has(key) ? value : over(usual[key] ?? value, value),
  ]);
  return { ...usual, ...Object.fromEntries(filled) };
}

const written = (value: unknown) => (value === undefined ? "(left out)" : JSON.stringify(value));

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], root);
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fail(Code.InvalidArgument, "POLICY_INVALID", `${name} is no JSON: ${(error as Error).message}. Correct it.`);
  }
}

/**
 * Makes the policy that a JSON text asks for. What it leaves out is as in the default.
 *
 * @param name names the text to whoever has to correct it
 * @throws ConnectError `POLICY_INVALID` with every wrong value, its path and what is allowed
 */
export function parsePolicy(text: string, name: string): Policy {
  const said = over(JSON.parse(readFileSync(DEFAULT_POLICY_FILE, "utf8")), parse(text, name));
  const result = policySchema.safeParse(said);
  if (result.success) {
    const fingerprint = hash("sha256", JSON.stringify(result.data), "base64url");
    return makePolicy(result.data, fingerprint);
  }
  const wrong = result.error.issues.map(({ path, message, ...issue }) => {
    const key = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
    const at = [...path, ...key];
    return `${at.join(".") || "the whole"} is ${written(valueAt(said, at))}, allowed: ${message}`;
  });
  throw fail(
    Code.InvalidArgument,
    "POLICY_INVALID",
    `${name} is refused: ${wrong.join("; ")}. Correct it and start again.`,
    {
      wrong: wrong.join("; "),
    },
  );
}

/**
 * Reads the policy file of DESK_POLICY; the built-in policy where there is none.
 *
 * @throws ConnectError `POLICY_INVALID`; `POLICY_UNREADABLE` for a file that cannot be read
 */
export function readPolicy(file?: string): Policy {
  if (file === undefined) return parsePolicy("{}", "the built-in policy");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const message = `DESK_POLICY=${file} cannot be read (${(error as NodeJS.ErrnoException).code}). Set DESK_POLICY to a policy file, or leave it out for the built-in policy.`;
    throw fail(Code.InvalidArgument, "POLICY_UNREADABLE", message);
  }
  return parsePolicy(text, `The policy file ${file}`);
}
