// Variables that limit what AI agents may do and say.
import { parseToolPolicies, TOOL_POLICY_FORM, type ToolPolicies } from "../calls/tool-policy.ts";
import { list } from "./parsers.ts";
import { refuse } from "./variable.ts";

/** What AI agents may do by themselves. */
export function toolPolicies(value: string, name: string): ToolPolicies {
  return parseToolPolicies(list(value)) ?? refuse(name, value, TOOL_POLICY_FORM);
}

/** A host name, also for all below it; an e-mail address; a telephone number. */
const NAMEABLE = [
  /^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}$/i,
  /^[^\s@]+@([a-z0-9-]+\.)+[a-z0-9-]{2,}$/i,
  /^\+?[\d ()./-]{6,}$/,
];

/** What replies may name although the ticket does not. */
export function replyAllowlist(value: string, name: string): string[] {
  const wrong = list(value).find((item) => !NAMEABLE.some((form) => form.test(item)));
  if (wrong === undefined) return list(value);
  return refuse(
    name,
    wrong,
    "host names such as help.example.com or *.example.com, e-mail addresses and telephone numbers",
  );
}
