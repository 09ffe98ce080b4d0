// What a port answers at paths that are no RPC: what is here, and whether it is well.
import type { Health } from "./health.ts";
import { answerJson, refuseMethod } from "./http-error.ts";
import type { Route } from "./listener.ts";

function readOnly(body: () => [status: number, body: unknown]): Route {
  return (request, response) => {
    if (request.method === "GET" || request.method === "HEAD") return answerJson(response, ...body());
    refuseMethod(request, response);
  };
}

/** The routes `/`, `/healthz` (alive) and `/readyz` (ready for calls), as orchestrators ask for them. */
export function plainRoutes(health: Health, services: readonly string[]): Record<string, Route> {
  return {
    "/": readOnly(() => [
      200,
      {
        name: "deskwire",
        services,
        protocols: ["grpc", "grpc-web", "connect"],
        describe: "grpcurl -plaintext <host>:<port> describe, by server reflection",
        health: ["/healthz", "/readyz", "grpc.health.v1.Health"],
        metrics: "/metrics",
        documentation: "README.md and docs/ in the repository",
      },
    ]),
    "/healthz": readOnly(() => [200, { status: "SERVING" }]),
    "/readyz": readOnly(() => {
      const { ready } = health;
      return [ready ? 200 : 503, { status: ready ? "SERVING" : "NOT_SERVING", services: health.statuses() }];
    }),
  };
}
