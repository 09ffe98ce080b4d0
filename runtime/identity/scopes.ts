// What a caller may be allowed to do, and which method asks for what.
import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { scope as scopeOption } from "#gen/deskwire/access/v1/options_pb.js";
import { tool } from "#gen/deskwire/mcp/v1/options_pb.js";
import { fail } from "../errors.ts";

/** Opens everything. */
export const ADMIN_SCOPE = "admin";
/** Frees a caller of every confinement to one ticket. */
export const ANY_TICKET_SCOPE = "tickets:any";
/** That of people who decide about what AI agents want to do. */
export const APPROVALS_SCOPE = "approvals";
/** What it takes to read `/metrics`; no method asks for it. */
export const METRICS_SCOPE = "telemetry:read";

/** All scopes, and what each opens. */
export const SCOPES: Readonly<Record<string, string>> = {
  "tickets:read": "read tickets, conversations and the log",
  "tickets:reply": "answer customers",
  "tickets:write": "open, change, annotate, merge and import tickets",
  [ANY_TICKET_SCOPE]: "go beyond the one ticket that a run is confined to",
  "customers:read": "read customers and the notes about them",
  "customers:write": "add and change customers, and write notes about them",
  "analytics:read": "have texts read, and see metrics",
  "analytics:write": "correct what analytics has read",
  [APPROVALS_SCOPE]: "decide on answers that wait for approval",
  [METRICS_SCOPE]: "read /metrics, as Prometheus does",
  [ADMIN_SCOPE]: "everything, with webhooks and whatever else runs the desk",
};

/** The scope that a method asks for; undefined where it asks for none. */
export function requiredScope(method: DescMethod): string | undefined {
  if (hasOption(method, scopeOption)) return getOption(method, scopeOption);
  return (hasOption(method, tool) && getOption(method, tool).scope) || undefined;
}

/** The error for a caller who lacks a scope; over HTTP it says by RFC 6750, section 3.1, which one. */
export function scopeMissing(scope: string): ConnectError {
  const message = `This needs the scope ${scope}, which the caller does not hold. Use a key or token that has it.`;
  const error = fail(Code.PermissionDenied, "SCOPE_MISSING", message, { scope });
  error.metadata.set("www-authenticate", `Bearer error="insufficient_scope", scope="${scope}"`);
  return error;
}

/** The scopes that restrict a caller; undefined for one whom nothing restricts. */
export function restriction(scopes: Iterable<string>): ReadonlySet<string> | undefined {
  const held = new Set(scopes);
  return held.has(ADMIN_SCOPE) ? undefined : held;
}
