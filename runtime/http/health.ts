// grpc.health.v1, and the same statuses for probes that speak plain HTTP.
import { EventEmitter, once } from "node:events";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import {
  HealthCheckResponseSchema,
  Health as HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "#gen/health/v1/health_pb.js";
import { type BoundService, bindService } from "../calls/service.ts";
import { fail } from "../errors.ts";
import type { Log } from "../log.ts";

/** Whether a service takes calls. */
type Status = "SERVING" | "NOT_SERVING";

/** The statuses of the services on one port. */
export interface Health {
  /** The service `grpc.health.v1.Health`. The name "" stands for the port as a whole. */
  readonly service: BoundService;
  /** Sets the status of one service, by its full name. */
  set(service: string, status: Status): void;
  /** True where every service is SERVING and the port is not closing. */
  readonly ready: boolean;
  /** The status of every service by its full name. */
  statuses(): Record<string, Status>;
  /** Sets everything to NOT_SERVING for good, tells the watchers, and ends their streams. */
  shutdown(): void;
}

/**
 * Keeps the health of the named services, all SERVING at first
 * (github.com/grpc/grpc/blob/master/doc/health-checking.md).
 */
export function createHealth(services: readonly string[], log?: Log): Health {
  const statuses = new Map<string, Status>(services.map((name) => [name, "SERVING"]));
  const changes = new EventEmitter().setMaxListeners(0);
  let closed = false;

  const whole = (): Status =>
    [...statuses.values()].every((status) => status === "SERVING") ? "SERVING" : "NOT_SERVING";
  const statusOf = (name: string): ServingStatus => {
    const status = name === "" ? whole() : statuses.get(name);
    if (!status) return ServingStatus.SERVICE_UNKNOWN;
    return closed ? ServingStatus.NOT_SERVING : ServingStatus[status];
  };

  const service = bindService(
    HealthService,
    {
      check({ service: name }) {
        const status = statusOf(name);
        if (status !== ServingStatus.SERVICE_UNKNOWN) return { status };
        const known = [...statuses.keys()].join(", ");
        // An error has to fit into gRPC's headers, and this proto has no rules for its names.
        const service = name.slice(0, 200);
        throw fail(Code.NotFound, "SERVICE_NOT_FOUND", `No service ${service} here. There are: ${known}.`, { service });
      },
      list() {
        const names = ["", ...statuses.keys()];
        const response = (name: string) => create(HealthCheckResponseSchema, { status: statusOf(name) });
        return { statuses: Object.fromEntries(names.map((name) => [name, response(name)])) };
      },
      async *watch({ service: name }, { signal }) {
        let told: ServingStatus | undefined;
        while (true) {
          const status = statusOf(name);
          if (status !== told) {
            told = status;
            yield { status };
            // Look again before waiting: it may have changed while the client took its time.
            continue;
          }
          if (closed)
            throw fail(Code.Unavailable, "SHUTTING_DOWN", "The server is shutting down. Connect again later.");
          await once(changes, "change", { signal });
        }
      },
    },
    log,
  );

  return {
    service,
    set(name, status) {
      statuses.set(name, status);
      changes.emit("change");
    },
    get ready() {
      return !closed && whole() === "SERVING";
    },
    statuses: () => Object.fromEntries([...statuses].map(([name, status]) => [name, closed ? "NOT_SERVING" : status])),
    shutdown() {
      closed = true;
      changes.emit("change");
    },
  };
}
