// What stands before every method, whatever it does.
import { inspect } from "node:util";
import { Code, ConnectError, createClient, type ServiceImpl } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { bindService } from "../../runtime/calls/service.ts";
import { metadataOf, reasonOf } from "../../runtime/errors.ts";

const idle = Object.fromEntries(AnalyticsService.methods.map(({ localName }) => [localName, () => ({})]));

/** Calls an analytics service whose Analyze does something else. */
async function errorOf(analyze: ServiceImpl<typeof AnalyticsService>["analyze"]) {
  const logged: unknown[] = [];
  const implementation = { ...idle, analyze } as ServiceImpl<typeof AnalyticsService>;
  const bound = bindService(AnalyticsService, implementation, (message, fields) => logged.push({ message, ...fields }));
  const { analyze: call } = createClient(AnalyticsService, directTransport([bound]));
  const error = await call({ text: "x" }).catch((thrown: unknown) => thrown);
  return { error: error as ConnectError, logged };
}

test("an unexpected error becomes an incident: its number to the caller, its cause to the log alone", async () => {
  const cause = new Error("password=s3cret");
  const { error, logged } = await errorOf(() => Promise.reject(cause));
  expect(error).toMatchObject({ code: Code.Internal });
  expect(reasonOf(error)).toBe("INTERNAL");
  const { incident } = metadataOf(error);
  expect(error.message).toContain(incident);
  expect(inspect(error, { depth: 4 })).not.toContain("s3cret");
  const method = "deskwire.analytics.v1.AnalyticsService/Analyze";
  expect(logged).toEqual([{ message: "call failed", incident, method, error: cause }]);
});

test("an error without a reason, such as Connect's own, gets that of its code", async () => {
  const { error } = await errorOf(() => Promise.reject(new ConnectError("slow down", Code.ResourceExhausted)));
  expect(error).toMatchObject({ code: Code.ResourceExhausted, rawMessage: "slow down" });
  expect(reasonOf(error)).toBe("RESOURCE_EXHAUSTED");
});

test("a method that the implementation lacks is found at the start", () => {
  const { analyze: _, ...lacking } = idle;
  expect(() => bindService(AnalyticsService, lacking as never)).toThrow("has no implementation of Analyze");
});
