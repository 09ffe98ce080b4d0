// Health as orchestrators ask for it: grpc.health.v1, and plain HTTP.
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "#gen/health/v1/health_pb.js";
import type { Listener } from "../../runtime/http/listener.ts";
import { http1, listenForTest } from "./fixture.ts";

const ECHO = "deskwire.test.v1.EchoService";
const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = ServingStatus;

let listener: Listener;
beforeEach(async () => {
  listener = await listenForTest();
});
afterEach(() => listener.close());

const client = () => createClient(Health, createGrpcTransport({ baseUrl: listener.url }));

test("Check and List tell each service and the whole", async () => {
  expect(await client().check({ service: ECHO })).toMatchObject({ status: SERVING });
  expect(await client().check({})).toMatchObject({ status: SERVING });
  listener.health.set(ECHO, "NOT_SERVING");
  expect(await client().check({ service: ECHO })).toMatchObject({ status: NOT_SERVING });
  const { statuses } = await client().list({});
  expect(statuses).toMatchObject({ "": { status: NOT_SERVING }, [ECHO]: { status: NOT_SERVING } });
});

test("Check of a service that is not here is not_found and names those that are", async () => {
  const unknown = client().check({ service: "no.Service" });
  await expect(unknown).rejects.toMatchObject({ code: Code.NotFound });
  await expect(unknown).rejects.toThrow(ECHO);
});

test("Watch tells the status at once and then each change, also of a service that comes later", async () => {
  const end = new AbortController();
  const watch = (service: string) => client().watch({ service }, { signal: end.signal })[Symbol.asyncIterator]();
  const echo = watch(ECHO);
  const later = watch("later.Service");
  expect((await echo.next()).value.status).toBe(SERVING);
  expect((await later.next()).value.status).toBe(SERVICE_UNKNOWN);
  listener.health.set("later.Service", "SERVING");
  expect((await later.next()).value.status).toBe(SERVING);
  listener.health.set(ECHO, "NOT_SERVING");
  expect((await echo.next()).value.status).toBe(NOT_SERVING);
  listener.health.set(ECHO, "SERVING");
  expect((await echo.next()).value.status).toBe(SERVING);
  end.abort();
});

test("/healthz is 200 while the process lives, /readyz while every service serves", async () => {
  expect(await http1(listener.port, { path: "/readyz" })).toMatchObject({ status: 200 });
  listener.health.set(ECHO, "NOT_SERVING");
  const ready = await http1(listener.port, { path: "/readyz" });
  expect(ready.status).toBe(503);
  expect(JSON.parse(ready.text)).toEqual({ status: "NOT_SERVING", services: { [ECHO]: "NOT_SERVING" } });
  expect(await http1(listener.port, { path: "/healthz" })).toMatchObject({ status: 200 });
});
