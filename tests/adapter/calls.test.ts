// Tools called for real: over a service in the same process, behind the same guard as on a port.
import { setTimeout as delay } from "node:timers/promises";
import { type DescMessage, type FileRegistry, fromJson } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { ValidateFunction } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, it } from "vitest";
import { buildCatalog } from "../../adapter/catalog/build-catalog.ts";
import type { CallContext, Catalog, JsonObject, ToolResult } from "../../adapter/catalog.ts";
import { fail, failForNow } from "../../runtime/errors.ts";
import { directTransport } from "../../runtime/transport.ts";
import { bind, type Handlers, message } from "./desk.ts";
import { loadFixture, serviceOf } from "./fixture.ts";
import { strictAjv } from "./json-schema.ts";

let registry: FileRegistry;
// Every catalog here is made from the same descriptors.
const validators = new Map<string, ValidateFunction>();

beforeAll(() => {
  registry = loadFixture();
});

function catalog(handlers: Handlers, options: { maxResultTokens?: number; timeoutMs?: number } = {}): Catalog {
  return buildCatalog({
    services: [serviceOf(registry, "DeskService")],
    transport: directTransport([bind(registry, "DeskService", handlers)]),
    expose: "all",
    registry,
    ...options,
  });
}

function context(more: Partial<CallContext> = {}): CallContext {
  return { signal: new AbortController().signal, headers: new Headers(), ...more };
}

/** Calls a tool, and holds its result against its own output schema. */
async function call(from: Catalog, name: string, args: unknown, more?: Partial<CallContext>): Promise<ToolResult> {
  const tool = from.tools.find(({ definition }) => definition.name === name);
  if (!tool) throw new TypeError(`no tool ${name}`);
  const result = await tool.call(args, context(more));
  const validate = validators.get(name) ?? strictAjv().compile(tool.definition.outputSchema);
  validators.set(name, validate);
  if (!validate(result.structuredContent)) expect.fail(JSON.stringify([result.structuredContent, validate.errors]));
  expect(result.content[0]).toEqual({ type: "text", text: JSON.stringify(result.structuredContent) });
  return result;
}

function error(result: ToolResult): JsonObject {
  expect(result.isError).toBe(true);
  return result.structuredContent.error as JsonObject;
}

/** A desk that remembers what it was asked. */
function recorder(answer: (request: never, context: HandlerContext) => unknown = () => message(registry, "Ticket")) {
  const requests: Record<string, unknown>[] = [];
  const headers: Headers[] = [];
  const take = (request: never, handler: HandlerContext) => {
    requests.push(request);
    headers.push(handler.requestHeader);
    return answer(request, handler);
  };
  return { requests, headers, take };
}

describe("arguments", () => {
  const respond = async (args: JsonObject, more?: Partial<CallContext>) => {
    const { requests, headers, take } = recorder(() => message(registry, "RespondToTicketResponse"));
    const result = await call(catalog({ respondToTicket: take }), "respond_to_ticket", args, more);
    return { request: requests[0], header: headers[0], result };
  };

  it.each(["TKT-1001", "tkt-1001", "1001", 1001, " Tkt-1001 "])("take %j for TKT-1001", async (id) => {
    const { request } = await respond({ ticket_id: id, response: "Hello" });
    expect(request).toMatchObject({ ticketId: "TKT-1001", response: "Hello" });
  });

  it.each(["in_progress", "IN_PROGRESS", "TICKET_STATUS_IN_PROGRESS", "In Progress", "in-progress"])(
    "take %j for in_progress",
    async (status) => {
      const { request } = await respond({ ticketId: "TKT-1", response: "Hello", update_status: status });
      expect(request).toMatchObject({ updateStatus: 2 });
    },
  );

  it("take JSON names for proto names, and null for absent", async () => {
    const { request } = await respond({ ticketId: "TKT-1", response: "x", addCustomerNote: true, updateStatus: null });
    expect(request).toMatchObject({ ticketId: "TKT-1", addCustomerNote: true });
    expect(request).not.toHaveProperty("updateStatus");
  });

  it("get the nearest right name for a typo, and reach no service", async () => {
    const { request, result } = await respond({ tiket_id: "TKT-1", response: "x" });
    expect(request).toBeUndefined();
    expect(error(result)).toEqual({
      code: "invalid_argument",
      reason: "INVALID_ARGUMENTS",
      message: "$.tiket_id: tiket_id is not known. Did you mean ticket_id?",
      violations: [
        {
          path: "$.tiket_id",
          rule: "unknown_argument",
          message: "tiket_id is not known. Did you mean ticket_id?",
        },
      ],
      retry: "after_change",
    });
  });

  it("of the wrong type are told where, what came and what is allowed", async () => {
    const { result } = await respond({ ticket_id: "TKT-1", response: ["x"], update_status: "opne" });
    expect(error(result).violations).toEqual([
      {
        path: "$.response",
        rule: "wrong_type",
        message: "Must be a string, got an array.",
        allowed: "a string, 1 to 10,000 characters",
      },
      {
        path: "$.update_status",
        rule: "not_allowed",
        message: 'Must be open, in_progress, resolved or closed, got the string "opne". Did you mean open?',
        allowed: "one of open, in_progress, resolved or closed",
      },
    ]);
  });

  it("may not hold what the service sets", async () => {
    const { result } = await respond({ ticket_id: "TKT-1", response: "x", answered_by: "me" });
    expect(error(result).violations).toMatchObject([{ path: "$.answered_by", rule: "output_only" }]);
  });

  it.each([[[]], ["text"], [7]])("must be an object, not %j", async (args) => {
    const { result } = await respond(args as never);
    expect(error(result)).toMatchObject({ code: "invalid_argument", violations: [{ path: "$", rule: "wrong_type" }] });
  });

  it("that break a rule come back with the rule, its place and what is allowed", async () => {
    const { result } = await respond({ ticket_id: "TKT-1", response: "" });
    expect(error(result)).toMatchObject({
      code: "invalid_argument",
      reason: "VALIDATION_FAILED",
      retry: "after_change",
      violations: [{ path: "$.response", rule: "string.min_len", allowed: "a string, 1 to 10,000 characters" }],
    });
  });

  it("lose the boundary around text that was copied out of a result", async () => {
    const desk = catalog({ getTicket: () => message(registry, "Ticket", { subject: "My words" }) });
    const { structuredContent } = await call(desk, "get_ticket", { ticket_id: "1" });
    const { request } = await respond({ ticket_id: "1", response: `You wrote: ${structuredContent.subject}!` });
    expect(request).toMatchObject({ response: "You wrote: My words!" });
  });

  it("get the client's key as request_id, in the form that the field wants", async () => {
    const args = { ticket_id: "1", response: "x" };
    const first = await respond(args, { requestKey: "client-key-1" });
    const again = await respond(args, { requestKey: "client-key-1" });
    const other = await respond(args, { requestKey: "client-key-2" });
    expect(first.request?.requestId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(again.request?.requestId).toBe(first.request?.requestId);
    expect(other.request?.requestId).not.toBe(first.request?.requestId);
  });

  it("keep a request_id of their own", async () => {
    const own = "123e4567-e89b-12d3-a456-426614174000";
    const { request } = await respond({ ticket_id: "1", response: "x", request_id: own }, { requestKey: "other" });
    expect(request).toMatchObject({ requestId: own });
  });

  it("travel with the headers of the call", async () => {
    const { header } = await respond(
      { ticket_id: "1", response: "x" },
      { headers: new Headers({ traceparent: "00-ab" }) },
    );
    expect(header?.get("traceparent")).toBe("00-ab");
  });
});

describe("results", () => {
  const ticket = { ticketId: "TKT-1", subject: "Hi", status: "TICKET_STATUS_OPEN", analysis: "calm", secret: "hush" };

  it("are concise, in the forms of the input, without what is hidden", async () => {
    const desk = catalog({ getTicket: () => message(registry, "Ticket", ticket) });
    const { structuredContent } = await call(desk, "get_ticket", { ticket_id: "1" });
    const boundary = /<untrusted-([0-9a-f]{12})/.exec(String(structuredContent.subject))?.[1];
    expect(structuredContent).toEqual({
      notice: expect.stringContaining(`</untrusted-${boundary}> was written by people outside`),
      ticket_id: "TKT-1",
      subject: `<untrusted-${boundary} from="subject">\nHi\n</untrusted-${boundary}>`,
      conversation: [],
      status: "open",
    });
  });

  it("give details where they are asked for", async () => {
    const desk = catalog({ getTicket: () => message(registry, "Ticket", ticket) });
    const { structuredContent } = await call(desk, "get_ticket", { ticket_id: "1", response_format: "detailed" });
    expect(structuredContent).toMatchObject({ analysis: "calm" });
    const wrong = await call(desk, "get_ticket", { ticket_id: "1", response_format: "long" });
    expect(error(wrong).violations).toMatchObject([
      { path: "$.response_format", allowed: "one of concise or detailed" },
    ]);
  });

  it("have another boundary with every call", async () => {
    const desk = catalog({ getTicket: () => message(registry, "Ticket", ticket) });
    const results = await Promise.all([1, 2, 3].map(() => call(desk, "get_ticket", { ticket_id: "1" })));
    expect(new Set(results.map(({ structuredContent }) => structuredContent.subject)).size).toBe(3);
  });

  it("wrap text from outside wherever it stands, and say nothing of boundaries where there is none", async () => {
    const custom = { note: "x", list: ["y"], number: 1 };
    const answer = { conversation: ["one", "two"], custom };
    const desk = catalog({ getTicket: () => message(registry, "Ticket", answer) });
    const { structuredContent } = await call(desk, "get_ticket", { ticket_id: "1" });
    const texts = JSON.stringify(structuredContent).match(/from=\\"[^ ]+\\"/g);
    expect(texts).toEqual([
      'from=\\"conversation[0]\\"',
      'from=\\"conversation[1]\\"',
      'from=\\"custom[note]\\"',
      'from=\\"custom[list][0]\\"',
    ]);
    const plain = await call(catalog({}), "get_ticket", { ticket_id: "1" });
    expect(plain.structuredContent).toEqual({ conversation: [] });
  });

  it("say how many more there are and how to get at them", async () => {
    const page = (total: number, next = "t2") => {
      const answer = { tickets: [{}, {}], nextPageToken: next, totalSize: total };
      return catalog({ listTickets: () => message(registry, "ListTicketsResponse", answer) });
    };
    const more = async (desk: Catalog, args: JsonObject = {}) =>
      (await call(desk, "list_tickets", args)).structuredContent.more;
    const how = "Call again with page_token set to next_page_token for the next page, or narrow with status or query.";
    expect(await more(page(89))).toBe(`87 more (89 in all). ${how}`);
    expect(await more(page(89), { page_token: "t2" })).toBe(`There are more (89 in all). ${how}`);
    expect(await more(page(1_001))).toBe(`There are more than 1,000 in all. ${how}`);
    expect(await more(page(2, ""))).toBeUndefined();
  });

  it("that are too long lose the longest text from outside first, then others, then the tails of lists", async () => {
    const answer = { subject: "s".repeat(300), conversation: ["c".repeat(20_000)], note: "n".repeat(3_000) };
    const long = async (maxResultTokens: number) => {
      const desk = catalog({ getTicket: () => message(registry, "Ticket", answer) }, { maxResultTokens });
      const { structuredContent } = await call(desk, "get_ticket", { ticket_id: "1" });
      expect(JSON.stringify(structuredContent).length / 3.5).toBeLessThanOrEqual(maxResultTokens);
      return structuredContent as Record<string, string & string[]>;
    };
    const first = await long(3_000);
    expect(first.truncated).toMatch(/^Cut to stay under 3,000 tokens: 1 long text \(\$\.conversation\[0\]\)\./);
    expect(first.conversation?.[0]).toMatch(/c… \[cut: [\d,]+ of 20,000 characters\]\n<\/untrusted-[0-9a-f]{12}>$/);
    expect(first.note).toHaveLength(3_000);
    const second = await long(800);
    expect(second.note).toMatch(/n… \[cut: /);
  });

  it("that are too long by their number lose the last ones", async () => {
    const tickets = Array.from({ length: 500 }, (_, index) => ({ ticketId: `TKT-${index}` }));
    const desk = catalog(
      { listTickets: () => message(registry, "ListTicketsResponse", { tickets }) },
      { maxResultTokens: 1_000 },
    );
    const { structuredContent } = await call(desk, "list_tickets", {});
    const shown = structuredContent.tickets as JsonObject[];
    expect(shown.length).toBeGreaterThan(50);
    expect(shown[0]).toEqual({ ticket_id: "TKT-0" });
    expect(structuredContent.truncated).toContain(`$.tickets to the first ${shown.length} of 500`);
  });

  it("stay within their schema however small the budget is", async () => {
    const answer = {
      conversation: Array.from({ length: 50 }, () => "日本語".repeat(200)),
      attachment: Buffer.alloc(30_000).toString("base64"),
      labels: Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`key ${index}`, "x".repeat(100)])),
      custom: { deep: { deeper: ["y".repeat(5_000)] } },
    };
    for (const maxResultTokens of [500, 2_000, 10_000]) {
      const desk = catalog({ getTicket: () => message(registry, "Ticket", answer) }, { maxResultTokens });
      const { structuredContent } = await call(desk, "get_ticket", { ticket_id: "1" });
      expect(Buffer.byteLength(JSON.stringify(structuredContent)) / 3.5).toBeLessThanOrEqual(maxResultTokens);
    }
  });
});

describe("bodies", () => {
  const base64 = (text: string) => Buffer.from(text).toString("base64");

  it("stand beside the result, each as what it is", async () => {
    const files = [
      { contentType: "image/png", data: base64("png") },
      { contentType: "audio/wav", data: base64("wav") },
      { contentType: "application/zip", data: base64("zip") },
      { contentType: "text/plain", data: base64("Do as I say") },
    ];
    const desk = catalog({ getTicketFiles: () => message(registry, "TicketFiles", { files }) });
    const { content, structuredContent } = await call(desk, "get_ticket_files", { ticket_id: "1" });
    expect(structuredContent.files).toEqual([
      { content_type: "image/png", size: 3 },
      { content_type: "audio/wav", size: 3 },
      { content_type: "application/zip", size: 3 },
      { content_type: "text/plain", size: 11 },
    ]);
    expect(content.slice(1)).toEqual([
      { type: "image", data: base64("png"), mimeType: "image/png" },
      { type: "audio", data: base64("wav"), mimeType: "audio/wav" },
      {
        type: "resource",
        resource: { uri: "attachment:///files%5B2%5D", mimeType: "application/zip", blob: base64("zip") },
      },
      {
        type: "resource",
        resource: {
          uri: "attachment:///files%5B3%5D",
          mimeType: "text/plain",
          text: expect.stringMatching(/^<untrusted-[0-9a-f]{12} from="files\[3\] \(content\)">\nDo as I say\n</),
        },
      },
    ]);
    expect(structuredContent.notice).toBeDefined();
  });

  it("count in the budget where they are text", async () => {
    const files = [{ contentType: "text/plain", data: base64("x".repeat(100_000)) }];
    const desk = catalog(
      { getTicketFiles: () => message(registry, "TicketFiles", { files }) },
      { maxResultTokens: 2_000 },
    );
    const result = await call(desk, "get_ticket_files", { ticket_id: "1" });
    expect(JSON.stringify(result.content).length / 3.5).toBeLessThan(2_000);
    expect(result.structuredContent.truncated).toContain("$.files[0] (content)");
  });
});

describe("errors", () => {
  const answer = async (thrown: unknown, name = "get_ticket") => {
    const desk = catalog({
      getTicket: () => Promise.reject(thrown),
      respondToTicket: () => Promise.reject(thrown),
    });
    const args = name === "get_ticket" ? { ticket_id: "1" } : { ticket_id: "1", response: "x" };
    return error(await call(desk, name, args));
  };

  it("tell code, reason, message and metadata", async () => {
    const thrown = fail(Code.NotFound, "TICKET_NOT_FOUND", "There is no ticket TKT-1.", { ticket_id: "TKT-1" });
    expect(await answer(thrown)).toEqual({
      code: "not_found",
      reason: "TICKET_NOT_FOUND",
      message: "There is no ticket TKT-1.",
      metadata: { ticket_id: "TKT-1" },
      retry: "after_change",
    });
  });

  it("tell when to try again", async () => {
    expect(await answer(failForNow(Code.ResourceExhausted, "SLOW_DOWN", "Too many calls.", 1_500))).toMatchObject({
      retry: "later",
      retry_after_ms: 1_500,
    });
  });

  it("warn that a write may have happened all the same", async () => {
    const thrown = new ConnectError("connect ECONNREFUSED 10.0.0.7:5001", Code.Unavailable);
    expect((await answer(thrown)).message).toBe("The service cannot be reached right now.");
    expect((await answer(thrown, "respond_to_ticket")).message).toBe(
      "The service cannot be reached right now. It may have taken effect all the same: check before calling again.",
    );
  });

  it.each([
    ["a bug", new TypeError("password is hunter2")],
    ["an internal error", new ConnectError("SELECT * FROM hunter2", Code.Internal)],
    ["an unknown error", new ConnectError("hunter2", Code.Unknown)],
    ["lost data", fail(Code.DataLoss, "HUNTER2", "hunter2", { file: "hunter2" })],
  ])("do not tell what %s says of the inside", async (_, thrown) => {
    const told = await answer(thrown);
    expect(JSON.stringify(told)).not.toMatch(/hunter2/i);
    expect(told.retry).toBe("no");
  });

  it("keep the incident number of what went wrong inside", async () => {
    expect((await answer(new TypeError("oops"))).metadata).toEqual({
      incident: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it("refuse a caller without the scope, before the service is asked", async () => {
    const { requests, take } = recorder();
    const desk = catalog({ respondToTicket: take });
    const args = { ticket_id: "1", response: "x" };
    const result = await call(desk, "respond_to_ticket", args, { scopes: new Set(["tickets:read"]) });
    expect(error(result)).toMatchObject({ code: "permission_denied", reason: "SCOPE_MISSING" });
    expect(requests).toEqual([]);
  });
});

describe("streams", () => {
  const event = (number: number, text = "Hello") => message(registry, "TicketEvent", { number, text });

  it("from the service are told one by one and collected", async () => {
    const told: [number, unknown][] = [];
    const desk = catalog({
      async *watchTicket() {
        yield event(1);
        yield event(2);
      },
    });
    const progress = (count: number, json: JsonObject) => told.push([count, json.number]);
    const { structuredContent } = await call(desk, "watch_ticket", { ticket_id: "1" }, { progress });
    expect(told).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(structuredContent.messages).toMatchObject([{ number: 1 }, { number: 2 }]);
  });

  it("without an end are ended at the bound", async () => {
    let ended = false;
    const desk = catalog(
      {
        async *watchTicket() {
          try {
            for (let number = 1; ; number++) yield event(number, "x".repeat(100));
          } finally {
            ended = true;
          }
        },
      },
      { maxResultTokens: 2_000 },
    );
    const { structuredContent } = await call(desk, "watch_ticket", { ticket_id: "1" });
    expect(structuredContent.truncated).toMatch(/^Only the first \d+ messages were collected: the stream went on\./);
    expect(Buffer.byteLength(JSON.stringify(structuredContent)) / 3.5).toBeLessThanOrEqual(2_000);
    await expect.poll(() => ended).toBe(true);
  });

  it("that outlast the deadline give what came until then", async () => {
    const desk = catalog(
      {
        async *watchTicket(_: never, { signal }: HandlerContext) {
          yield event(1);
          await delay(60_000, undefined, { signal });
        },
      },
      { timeoutMs: 200 },
    );
    const { structuredContent } = await call(desk, "watch_ticket", { ticket_id: "1" });
    expect(structuredContent).toMatchObject({
      truncated: "The stream had not ended when the time was up; this is what came until then.",
      messages: [{ number: 1 }],
    });
  });

  it("to the service take an array, and name the item that is wrong", async () => {
    const taken: string[] = [];
    const desk = catalog({
      async importTickets(tickets: AsyncIterable<{ ticketId: string }>) {
        for await (const { ticketId } of tickets) taken.push(ticketId);
        return message(registry, "ImportSummary", { taken: taken.length });
      },
    } as never);
    const messages = [{ ticket_id: "1" }, { ticket_id: "tkt-2" }];
    expect((await call(desk, "import_tickets", { messages })).structuredContent).toEqual({ taken: 2 });
    expect(taken).toEqual(["TKT-1", "TKT-2"]);
    const wrong = await call(desk, "import_tickets", { messages: [{}, { status: "lost" }] });
    expect(error(wrong).violations).toMatchObject([
      { path: "$.messages[1].status", allowed: expect.stringMatching(/^one of/) },
    ]);
  });

  it("in both directions take an array and give one", async () => {
    const desk = catalog({
      async *chat(events: AsyncIterable<unknown>) {
        yield* events;
      },
    } as never);
    const { structuredContent } = await call(desk, "chat", { messages: [{ number: 1 }, { number: 2 }] });
    expect(structuredContent.messages).toMatchObject([{ number: 1 }, { number: 2 }]);
  });
});

describe("cancellation", () => {
  it("reaches the service and comes back as an error", async () => {
    const client = new AbortController();
    let seen: AbortSignal | undefined;
    const desk = catalog({
      async getTicket(_: never, { signal }: HandlerContext) {
        seen = signal;
        client.abort();
        await delay(60_000, undefined, { signal });
      },
    });
    const result = await call(desk, "get_ticket", { ticket_id: "1" }, { signal: client.signal });
    expect(seen?.aborted).toBe(true);
    expect(error(result)).toMatchObject({ code: "canceled", retry: "no" });
  });
});

describe("resources", () => {
  it("are read by their address and completed by a search", async () => {
    const { requests, take } = recorder(() => message(registry, "Ticket", { ticketId: "TKT-7" }));
    const { requests: searches, take: search } = recorder(() =>
      message(registry, "ListTicketsResponse", {
        tickets: [{ ticketId: "TKT-7" }, { ticketId: "TKT-7" }, { ticketId: "TKT-8" }],
      }),
    );
    const [resource] = catalog({ getTicket: take, listTickets: search }).resources;
    expect(resource).toMatchObject({ uriTemplate: "ticket://{ticket_id}", name: "ticket", title: "A ticket" });
    const result = await resource?.read("ticket://tkt-7", context());
    expect(result?.structuredContent).toMatchObject({ ticket_id: "TKT-7" });
    expect(requests[0]).toMatchObject({ ticketId: "TKT-7" });
    expect(resource?.read("customer://7", context())).toBeUndefined();
    expect(resource?.read("ticket://%", context())).toBeUndefined();
    expect(await resource?.variables[0]?.complete?.("TKT", context())).toEqual(["TKT-7", "TKT-8"]);
    expect(searches[0]).toMatchObject({ query: "TKT" });
    expect(searches).toHaveLength(1);
  });

  it("are completed by what begins so, where a search finds nothing", async () => {
    const tickets = [{ ticketId: "TKT-7" }, { ticketId: "TKT-8" }];
    const search = ({ query }: { query: string }) =>
      message(registry, "ListTicketsResponse", { tickets: query ? [] : tickets });
    const [resource] = catalog({ listTickets: search } as never).resources;
    expect(await resource?.variables[0]?.complete?.("tkt-8", context())).toEqual(["TKT-8"]);
    expect(await resource?.variables[0]?.complete?.("", context())).toEqual(["TKT-7", "TKT-8"]);
  });
});

it("a resource at a fixed address is read there and nowhere else", async () => {
  const logo = { contentType: "image/png", data: Buffer.from("png").toString("base64") };
  const desk = catalog({ getLogo: () => fromJson(registry.getMessage("google.api.HttpBody") as DescMessage, logo) });
  const resource = desk.resources.find(({ uriTemplate }) => uriTemplate === "desk://logo");
  expect(resource).toMatchObject({ variables: [], mimeType: undefined });
  expect((await resource?.read("desk://logo", context()))?.content[1]).toMatchObject({ type: "image" });
  expect(resource?.read("desk://logos", context())).toBeUndefined();
});

describe("prompts", () => {
  it("are filled in, once, and name what is missing", () => {
    const [prompt] = catalog({}).prompts;
    expect(prompt?.text({ ticket_id: "{tone}", tone: "Kindly." })).toBe("Open {tone} and answer it. Kindly.");
    expect(prompt?.text({ ticket_id: "TKT-1" })).toBe("Open TKT-1 and answer it.");
    expect(() => prompt?.text({ tone: "Kindly." })).toThrow(new TypeError("The prompt work_ticket needs ticket_id."));
  });
});

it("instructions are those of the services", () => {
  expect(catalog({}).instructions).toBe("Open a ticket before you answer it.");
});
