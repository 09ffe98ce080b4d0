// The messages gateway: what it serves, and what it stands on.
import type { Route } from "../runtime/http/listener.ts";
import type { Identify } from "../runtime/identity/caller.ts";
import type { Approvals } from "./approvals.ts";
import { APPROVALS_PATH, approvalRoute, listApprovalsRoute } from "./approvals-route.ts";
import { routeFor } from "./http.ts";
import { type MessagesOptions, messagesRoute } from "./messages-route.ts";
import { Runner } from "./runner.ts";

/** What a gateway is made of. */
export interface GatewayOptions extends MessagesOptions {
  readonly approvals: Approvals;
}

/** A gateway, to be mounted on a port that checks Host and Origin. */
export interface Gateway {
  /** @param identify makes out callers; absent where every caller is the local one */
  routes(identify?: Identify): Readonly<Record<string, Route>>;
  /** Ends all runs that are under way; whoever asks again goes on with them. */
  close(): void;
}

/** Makes a gateway. */
export function createGateway(options: GatewayOptions): Gateway {
  const { approvals, log } = options;
  const runner = new Runner(options);
  const answerers = {
    "/v1/messages": messagesRoute(options, runner),
    [APPROVALS_PATH]: listApprovalsRoute(approvals),
    [`${APPROVALS_PATH}/`]: approvalRoute(approvals, options, runner),
  };
  return {
    routes: (identify) =>
      Object.fromEntries(Object.entries(answerers).map(([path, it]) => [path, routeFor(it, identify, log)])),
    close: () => runner.close(),
  };
}
