// Calls that are confined to one ticket: what each method may do for them is stated by a table, and what no table states is refused.
import type { DescService, MessageShape } from "@bufbuild/protobuf";
import { Code, type ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { fail } from "../errors.ts";
import { ADMIN_SCOPE, ANY_TICKET_SCOPE } from "../identity/scopes.ts";
import { isId } from "../messages/ids.ts";
import { CONFINEMENT_HEADER, scopesOf } from "./call.ts";
import { headerOf } from "./lazy-context.ts";

/** Whether a caller's scopes free it of every confinement. */
export function isUnconfined(scopes: ReadonlySet<string> | undefined): boolean {
  return scopes !== undefined && (scopes.has(ANY_TICKET_SCOPE) || scopes.has(ADMIN_SCOPE));
}

/**
 * The ticket that a call is confined to; undefined where the header says none, or where the caller's scopes name
 * `tickets:any` or `admin`. A caller whom nothing restricts is confined as well: the header is there because somebody wants it.
 *
 * @throws ConnectError `invalid_argument` (CONFINEMENT_INVALID) for a header that names no ticket
 */
export function confinementOf(context: HandlerContext): string | undefined {
  const ticketId = headerOf(context, CONFINEMENT_HEADER);
  if (ticketId === null) return undefined;
  if (isUnconfined(scopesOf(context))) return undefined;
  if (isId(ticketId, "TKT")) return ticketId;
  const message = `The header ${CONFINEMENT_HEADER} must name one ticket, such as TKT-1001. Correct it, or leave it out.`;
  throw fail(Code.InvalidArgument, "CONFINEMENT_INVALID", message);
}

/** Whom a request names; what it leaves empty it does not name. */
interface NamedCustomer {
  readonly customerId?: string;
  readonly email?: string;
}

/** What a confined call of a method may do. */
type ConfinementRule<Request> =
  /** Nothing: it reaches beyond one ticket. */
  | "refused"
  /** Anything: it touches no ticket and no customer, or the service that calls on the run's behalf has looked already. */
  | "free"
  | {
      /** The ticket that a request is about; empty for none. */
      readonly ticket?: (request: Request) => string;
      /** The customer that a request is about; all that is named must be the ticket's. */
      readonly customer?: (request: Request) => NamedCustomer;
    };

/** A rule for every method of a service. A method without one does not compile, and is refused. */
export type ConfinementRules<S extends DescService> = {
  readonly [M in keyof S["method"]]: ConfinementRule<MessageShape<S["method"][M]["input"]>>;
};

/** Tells whether a customer is that of a ticket. */
export type IsCustomerOf = (ticketId: string, named: NamedCustomer, context: HandlerContext) => Promise<boolean>;

function outside(ticketId: string, method: string): ConnectError {
  return fail(
    Code.PermissionDenied,
    "OUTSIDE_TICKET",
    `This work is for ${ticketId} alone, and ${method} would reach beyond it. Go on with ${ticketId} and its customer; what lies outside is for a person, or for a key with the scope ${ANY_TICKET_SCOPE}.`,
    { ticket_id: ticketId },
  );
}

type Call = (request: unknown, context: HandlerContext) => unknown;

async function isInside(
  rule: ConfinementRule<never> | undefined,
  request: unknown,
  ticketId: string,
  isCustomerOf: (named: NamedCustomer) => Promise<boolean>,
): Promise<boolean> {
  if (rule === "free") return true;
  if (rule === undefined || rule === "refused") return false;
  const { ticket, customer } = rule;
  if (ticket) {
    const named = ticket(request as never);
    // Where a customer says whom it is about, a ticket may be left out; else it is what it is about.
    if (named !== ticketId && !(named === "" && customer)) return false;
  }
  return !customer || (await isCustomerOf(customer(request as never)));
}

/**
 * Puts the rules before the methods of an implementation; calls that are not confined pass. Only unary methods can be
 * anything but `refused` or `free`.
 *
 * Refusals are `permission_denied` (OUTSIDE_TICKET), before any code of the method runs.
 */
export function confine<S extends DescService>(
  desc: S,
  implementation: ServiceImpl<S>,
  rules: ConfinementRules<S> | "refused",
  isCustomerOf: IsCustomerOf = async () => false,
): ServiceImpl<S> {
  const methods = implementation as Record<string, Call>;
  const confined = desc.methods.map(({ localName, name, methodKind }) => {
    const method: Call = methods[localName]?.bind(implementation) as Call;
    const rule =
      rules === "refused" ? rules : (rules[localName as keyof S["method"]] as ConfinementRule<never> | undefined);
    if (rule === "free") return [localName, method];
    if (methodKind !== "unary") {
      const call: Call = (request, context) => {
        const ticketId = confinementOf(context);
        if (ticketId !== undefined) throw outside(ticketId, name);
        return method(request, context);
      };
      return [localName, call];
    }
    const call: Call = async (request, context) => {
      const ticketId = confinementOf(context);
      if (ticketId === undefined) return method(request, context);
      const isTheirs = (named: NamedCustomer) => isCustomerOf(ticketId, named, context);
      if (!(await isInside(rule, request, ticketId, isTheirs))) throw outside(ticketId, name);
      return method(request, context);
    };
    return [localName, call];
  });
  return Object.fromEntries(confined) as ServiceImpl<S>;
}
