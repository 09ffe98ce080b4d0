import { describe, expect, it } from "vitest";
import type { Catalog, JsonObject } from "../../adapter/catalog.ts";
import { message } from "./desk.ts";
import { call, catalog, error, registry } from "./tool-calls.ts";

describe("results", () => {
  const ticket = { ticketId: "TKT-1", subject: "Hi", status: "TICKET_STATUS_OPEN", analysis: "calm", secret: "hush" };

  it("are concise, in the forms of the input, without what is hidden", async () => {
    const desk = catalog({ getTicket: () => message(registry, "Ticket", ticket) });
    const { structuredContent } = await call(desk, "get_ticket", { ticket_id: "1" });
    const boundary = /<untrusted-([0-9a-f]{12})/.exec(String(structuredContent.subject))?.[1];
    expect(structuredContent).toEqual({
      notice: expect.stringContaining(`</untrusted-${boundary}> is what people wrote`),
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

  it("leave out what is a detail in one place alone", async () => {
    const conversation = ["one"];
    const desk = catalog({
      getTicket: () => message(registry, "Ticket", { conversation }),
      listTickets: () =>
        message(registry, "ListTicketsResponse", { tickets: [{ status: ticket.status, conversation }] }),
    });
    const first = async (args: JsonObject) => (await call(desk, "list_tickets", args)).structuredContent.tickets;
    expect(await first({})).toEqual([{ status: "open" }]);
    expect(await first({ response_format: "detailed" })).toEqual([
      { status: "open", conversation: [expect.stringContaining("one")] },
    ]);
    const whole = await call(desk, "get_ticket", { ticket_id: "1" });
    expect(whole.structuredContent.conversation).toEqual([expect.stringContaining("one")]);
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
