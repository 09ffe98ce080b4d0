import { type DescMessage, fromJson } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { message } from "./desk.ts";
import { catalog, context, recorder, registry } from "./tool-calls.ts";

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
