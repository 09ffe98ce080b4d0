// /v1/approvals: what waits for a person, and the decision with which the run that asked goes on.
import { Code } from "@connectrpc/connect";
import type { JsonObject } from "../adapter/catalog.ts";
import type { PlainHeaders } from "../runtime/calls/headers.ts";
import { fail, reasonOf } from "../runtime/errors.ts";
import { isId } from "../runtime/messages/ids.ts";
import { type Answer, answerOf } from "./answer.ts";
import { type Approval, type Approvals, type Decision, settleApproval } from "./approvals.ts";
import { assertGet, assertPost, readJson } from "./body.ts";
import { callerHeadersOf } from "./call-headers.ts";
import type { Answerer, Exchange } from "./http.ts";
import { NOBODY } from "./loop.ts";
import { invalidRequest } from "./messages.ts";
import type { Runner, RunnerOptions } from "./runner.ts";

/** Where the routes are. */
export const APPROVALS_PATH = "/v1/approvals";

const STATES = ["pending", "approved", "rejected", "expired"];
const DECISIONS = ["approve", "edit", "reject"] as const;

function text(body: JsonObject, name: string): string {
  const value = body[name] ?? "";
  if (typeof value === "string") return value;
  throw invalidRequest(name, "must be a string.");
}

function readDecision(body: unknown): Decision {
  const fields = (typeof body === "object" && body !== null ? body : {}) as JsonObject;
  const decision = DECISIONS.find((it) => it === fields.decision);
  if (decision === undefined) throw invalidRequest("decision", `must be one of ${DECISIONS.join(", ")}.`);
  const edited = text(fields, "text");
  if (decision === "edit" && edited === "")
    throw invalidRequest("text", "is needed to edit: what to send instead of the draft.");
  if (decision !== "edit" && edited !== "") throw invalidRequest("text", 'goes with the decision "edit" alone.');
  const comment = text(fields, "comment");
  if (decision === "reject" && comment === "")
    throw invalidRequest("comment", "is needed to reject: say why, so that the next draft is better.");
  return { approve: decision !== "reject", text: edited, comment, ticketEtag: text(fields, "ticket_etag") };
}

function idIn({ url }: Exchange): string {
  const id = decodeURIComponent(url.pathname.slice(APPROVALS_PATH.length + 1));
  if (isId(id, "APR")) return id;
  throw fail(
    Code.NotFound,
    "APPROVAL_NOT_FOUND",
    `There is no approval ${id}. GET ${APPROVALS_PATH} lists those there are.`,
  );
}

/** `GET /v1/approvals`: filters `state` (default: pending; `all`), `ticket_id`, `page_size`, `page_token`. */
export function listApprovalsRoute(approvals: Approvals): Answerer {
  return async (exchange) => {
    const { request, url } = exchange;
    assertGet(request);
    const caller = await exchange.caller();
    const query = url.searchParams;
    const state = query.get("state") ?? "pending";
    if (state !== "all" && !STATES.includes(state))
      throw invalidRequest("state", `must be one of all, ${STATES.join(", ")}.`);
    const pageSize = Number(query.get("page_size") ?? 50);
    if (!Number.isInteger(pageSize)) throw invalidRequest("page_size", "must be a whole number.");
    const filter = {
      state,
      ticketId: query.get("ticket_id") ?? "",
      pageSize,
      pageToken: query.get("page_token") ?? "",
    };
    return Response.json(await approvals.list(filter, callerHeadersOf(request.headers, caller)));
  };
}

/** `GET` and `POST /v1/approvals/{id}`. */
export function approvalRoute(approvals: Approvals, options: RunnerOptions, runner: Runner): Answerer {
  const { store, log } = options;

  /** Decides, or finds what was decided where the run that waits has not heard of it. */
  async function decided(id: string, decision: Decision, headers: PlainHeaders): Promise<Approval> {
    try {
      return await approvals.decide(id, decision, headers);
    } catch (error) {
      if (reasonOf(error) !== "APPROVAL_DECIDED" || !(await store.isAwaited(id))) throw error;
      return (await approvals.get(id, headers)).approval;
    }
  }

  /** The answer of the run that waited; null where none did. */
  async function goOn(approval: Approval, { request, response, signal }: Exchange): Promise<Answer | null> {
    const run = await store.claimByApproval(approval.id);
    if (run === undefined) return null;
    response.once("finish", () =>
      store.delivered(run.id).catch((error) => log("not noted that an answer was delivered", { run: run.id, error })),
    );
    settleApproval(run, approval);
    if (run.approvals.length > 0) {
      const answer = answerOf(run, "approval", runner.isOurs(run));
      await store.finish(run, answer, "waiting");
      return answer;
    }
    await store.save(run);
    return runner.work(run, { signal, incoming: request.headers, modelHeaders: {}, watcher: NOBODY });
  }

  return async (exchange) => {
    const { request } = exchange;
    const caller = await exchange.caller();
    const headers = callerHeadersOf(request.headers, caller);
    const id = idIn(exchange);
    if (request.method === "GET") return Response.json(await approvals.get(id, headers));
    assertPost(request, "GET, POST");
    const approval = await decided(id, readDecision(await readJson(request)), headers);
    const message = await goOn(approval, exchange).catch((error) => {
      log("decided, but the run that waited does not go on; the same decision again takes it up", {
        approval: id,
        error,
      });
      throw error;
    });
    return Response.json({ type: "approval", approval, message });
  };
}
