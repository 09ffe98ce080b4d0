import { create } from "@bufbuild/protobuf";
import { createContextValues, type HandlerContext } from "@connectrpc/connect";
import { expect, test } from "vitest";
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "#gen/health/v1/health_pb.js";
import { createHealth } from "./health.ts";

type Watch = (request: { service: string }, context: HandlerContext) => AsyncIterable<{ status: ServingStatus }>;

test("a watcher that reads slowly still learns of the last change", async () => {
  const health = createHealth(["a.Service"]);
  const { watch } = health.service.implementation as unknown as { watch: Watch };
  const signal = AbortSignal.timeout(5_000);
  const context = { signal, values: createContextValues(), requestHeader: new Headers() } as HandlerContext;
  const statuses = watch(create(HealthCheckRequestSchema, { service: "a.Service" }), context)[Symbol.asyncIterator]();
  expect((await statuses.next()).value.status).toBe(ServingStatus.SERVING);
  health.set("a.Service", "NOT_SERVING");
  expect((await statuses.next()).value.status).toBe(ServingStatus.NOT_SERVING);
});

test("the whole is ready while every service is, and never again after the shutdown", () => {
  const health = createHealth(["a.Service", "b.Service"]);
  expect(health.ready).toBe(true);
  health.set("b.Service", "NOT_SERVING");
  expect(health.ready).toBe(false);
  health.set("b.Service", "SERVING");
  expect(health.ready).toBe(true);
  health.shutdown();
  health.set("b.Service", "SERVING");
  expect(health.ready).toBe(false);
  expect(health.statuses()).toEqual({ "a.Service": "NOT_SERVING", "b.Service": "NOT_SERVING" });
});
