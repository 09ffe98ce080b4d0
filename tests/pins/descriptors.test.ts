// The rules that every RPC keeps, checked over all descriptors, so that a new one keeps them too. An exception is named here,
// with its reason; one that is no exception any more fails.
import { type DescField, getOption, hasOption, ScalarType } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import type { FieldRules, StringRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { expect, test } from "vitest";
import { scope, writes_logged as writesLogged } from "#gen/deskwire/access/v1/options_pb.js";
import { tool } from "#gen/deskwire/mcp/v1/options_pb.js";
import { requiredScope, SCOPES } from "../../runtime/identity/scopes.ts";
import { commentOf } from "../../runtime/messages/comments.ts";
import { replayedMethods } from "../contract/cases/replay.ts";
import {
  enums,
  fieldName,
  fieldsReachedFrom,
  files,
  messages,
  methods,
  nameOf,
  optionsOf,
  rulesOf,
  services,
} from "./descriptors.ts";

type Exceptions = Readonly<Record<string, string>>;

/** Expects the things that break a rule to be the declared exceptions, all of them and no others. */
function expectOnly(breaking: readonly string[], exceptions: Exceptions = {}): void {
  expect([...new Set(breaking)].sort()).toEqual(Object.keys(exceptions).sort());
}

const READS =
  /^(Get|BatchGet|List|Export|Search|Find|LookUp|Handle|Watch|Analyze|Categorize|BatchAnalyze|BatchCategorize)/;
const isRead = (method: (typeof methods)[number]) => method.idempotency === Idempotency.NO_SIDE_EFFECTS;
const writes = methods.filter((method) => !isRead(method));

test("there is something to check", () => {
  expect(services.map(({ name }) => name).sort()).toEqual([
    "AnalyticsService",
    "CrmService",
    "MetricsService",
    "SupportService",
    "TicketService",
    "WebhookService",
  ]);
  expect(methods.length).toBeGreaterThan(35);
});

test("requests and responses are named after their method", () => {
  const wrong = methods.filter(
    ({ name, input, output }) => input.name !== `${name}Request` || output.name !== `${name}Response`,
  );
  expectOnly(wrong.map(nameOf));
});

test("every method that reads says so (Connect GET, readOnlyHint), and no other", () => {
  expectOnly(methods.filter((method) => READS.test(method.name) !== isRead(method)).map(nameOf));
});

test("every method asks for a scope that there is, in one place", () => {
  expectOnly(methods.filter((method) => !Object.hasOwn(SCOPES, requiredScope(method) ?? "")).map(nameOf));
  const both = methods.filter(
    (method) => hasOption(method, scope) && hasOption(method, tool) && getOption(method, tool).scope,
  );
  expectOnly(both.map(nameOf));
});

test("no scope that only reads opens a method that writes", () => {
  expectOnly(writes.filter((method) => requiredScope(method)?.endsWith(":read")).map(nameOf));
});

test("every list is paged (AIP-158)", () => {
  const lists = methods.filter(({ name }) => /^(List|Search)/.test(name));
  expect(lists.length).toBeGreaterThan(8);
  const unpaged = lists.filter(({ input, output }) => {
    const size = input.field.pageSize;
    const { type } = (size && rulesOf(size)) ?? {};
    const bounded = type?.case === "int32" && type.value.lessThan.case === "lte" && type.value.greaterThan.value === 0;
    const typed = size?.scalar === ScalarType.INT32 && input.field.pageToken?.scalar === ScalarType.STRING;
    const answered = output.field.nextPageToken?.scalar === ScalarType.STRING;
    return !bounded || !typed || !answered || !output.fields.some(({ fieldKind }) => fieldKind === "list");
  });
  expectOnly(unpaged.map(nameOf));
  const uncounted = lists.filter(({ output }) => output.field.totalSize?.scalar !== ScalarType.INT32);
  expectOnly(uncounted.map(nameOf), {
    "TicketService.ListEvents": "the log has no end to count to; its readers go on from a position",
  });
});

test("every write can be repeated with its request_id (AIP-155)", () => {
  const without = writes.filter(({ input }) => {
    const { type } = (input.field.requestId && rulesOf(input.field.requestId)) ?? {};
    return type?.case !== "string" || type.value.maxLen !== 128n;
  });
  expectOnly(without.map(nameOf), { "TicketService.ImportTickets": "each row has a key of its own" });
});

test("every write is told by a history or by the log", () => {
  const untold = writes.filter(({ parent }) => !getOption(parent, writesLogged)).map(({ parent }) => parent.name);
  expectOnly(untold, {
    TicketService: "its events say who did what",
    SupportService: "writes by the other services alone",
  });
});

test("every write with a request_id is sent twice by the contract tests", () => {
  const repeatable = writes.filter(({ input }) => input.field.requestId).map(nameOf);
  expect([...replayedMethods].sort()).toEqual(repeatable.sort());
});

test("every update has a mask that names fields which a caller may set (AIP-134)", () => {
  const updates = methods.filter(({ name }) => name.startsWith("Update"));
  const wrong = updates.filter(({ name, input }) => {
    const resource = input.fields.find(({ message }) => message?.name === name.slice("Update".length))?.message;
    const { type } = (input.field.updateMask && rulesOf(input.field.updateMask)) ?? {};
    if (!resource || type?.case !== "fieldMask" || type.value.in.length === 0) return true;
    return !type.value.in.every((path) => {
      const field = resource.fields.find((candidate) => candidate.name === path);
      return field && !optionsOf(field)?.outputOnly;
    });
  });
  expectOnly(wrong.map(nameOf), {
    "SupportService.UpdateTicket":
      "its fields are optional one by one, which a model fills in more reliably than a mask",
  });
});

test("every resource that can be changed has an etag and times (AIP-154, AIP-148), every other that is kept its time", () => {
  const kept = messages.filter(
    ({ name, field, file }) =>
      // A line is of a ticket that is kept.
      field.id && name !== "TicketLine" && /^deskwire\.(analytics|crm|ticket)\./.test(file.proto.package),
  );
  expect(kept.map(({ name }) => name).sort()).toEqual([
    ...["Approval", "Correction", "Customer", "Note", "Ticket", "TicketMessage", "Webhook", "WebhookDelivery"],
  ]);
  expectOnly(kept.filter(({ field }) => !field.createTime).map(({ name }) => name));
  const fixed = kept.filter(({ field }) => !field.etag || !field.updateTime);
  expectOnly(
    fixed.map(({ name }) => name),
    {
      Approval: "decided once, which has a time of its own; what it is decided on is the ticket's etag",
      Correction: "written once; all that can change is that it is undone, which has a time of its own",
      Note: "written once, never changed",
      TicketMessage: "written once; the service alone says how far it has come",
      WebhookDelivery: "nobody but the service changes it",
    },
  );
});

/** Fields of requests that the caller fills in: what the service sets is ignored, so it needs no rule. */
const asked = fieldsReachedFrom(methods.map(({ input }) => input)).filter((field) => !optionsOf(field)?.outputOnly);

function isBounded(rules: StringRules | undefined): boolean {
  return rules !== undefined && (rules.maxLen > 0n || rules.len > 0n || rules.pattern !== "" || rules.in.length > 0);
}

/** The rules of the texts in a field: its own, its items', or its keys' and values'. */
function textRules(field: DescField): (StringRules | undefined)[] {
  const strings = (rules: FieldRules | undefined) => (rules?.type.case === "string" ? rules.type.value : undefined);
  const { type } = rulesOf(field) ?? {};
  switch (field.fieldKind) {
    case "scalar":
      return field.scalar === ScalarType.STRING ? [strings(rulesOf(field))] : [];
    case "list":
      if (field.scalar !== ScalarType.STRING) return [];
      return [type?.case === "repeated" ? strings(type.value.items) : undefined];
    case "map": {
      const { keys, values } = type?.case === "map" ? type.value : {};
      return [strings(keys), ...(field.scalar === ScalarType.STRING ? [strings(values)] : [])];
    }
    default:
      return [];
  }
}

test("every text in a request has a limit, a pattern or a list", () => {
  expect(asked.flatMap(textRules).length).toBeGreaterThan(80);
  expectOnly(asked.filter((field) => textRules(field).some((rules) => !isBounded(rules))).map(fieldName));
});

test("every number of items in a request has a limit", () => {
  const unlimited = asked.filter((field) => {
    const { type } = rulesOf(field) ?? {};
    if (field.fieldKind === "map") return type?.case !== "map" || type.value.maxPairs === 0n;
    if (field.fieldKind !== "list") return false;
    // An enum has no more values than it has, and none of them comes twice.
    return type?.case !== "repeated" || (type.value.maxItems === 0n && !(field.enum && type.value.unique));
  });
  expectOnly(unlimited.map(fieldName));
});

test("every enum in a request is one that is defined", () => {
  const open = asked.filter((field) => {
    if (!field.enum) return false;
    const { type } = rulesOf(field) ?? {};
    const rules = type?.case === "repeated" ? type.value.items?.type : type;
    return rules?.case !== "enum" || !rules.value.definedOnly;
  });
  expectOnly(open.map(fieldName));
});

test("identifiers have one form everywhere", () => {
  const named = asked.filter(
    (field) => field.scalar === ScalarType.STRING && (/(^|_)ids?$/.test(field.name) || optionsOf(field)?.idPrefix),
  );
  const odd = named.filter((field) => {
    const [rules] = textRules(field);
    const { idPrefix = "" } = optionsOf(field) ?? {};
    return !new RegExp(`^\\^${idPrefix || "(APR|COR|CUS|TKT|NOTE|WHK)-"}\\[1-9\\]\\[0-9\\]\\{3,14\\}\\$$`).test(
      rules?.pattern ?? "",
    );
  });
  const foreign = "a key in another system";
  const caller = "a key that the caller makes up";
  expectOnly(
    odd.map((field) => `${field.parent.typeName.split(".")[1]} ${fieldName(field)}`),
    {
      "actor Actor.id": "of customers, agents and programs alike",
      "crm Customer.external_id": foreign,
      "crm FindCustomerRequest.external_id": foreign,
      "crm WantedCustomer.external_id": foreign,
      "ticket Ticket.external_id": foreign,
      "ticket ImportRow.external_id": foreign,
      "ticket ReplayWebhookDeliveriesRequest.delivery_ids": "random, as receivers know them by the header webhook-id",
      ...Object.fromEntries(
        named
          .filter(({ name }) => name === "request_id")
          .map((field) => [`${field.parent.typeName.split(".")[1]} ${fieldName(field)}`, caller]),
      ),
    },
  );
});

test("a model may write every identifier that a tool takes in its own way", () => {
  const inputs = services.find(({ name }) => name === "SupportService")?.methods.map(({ input }) => input) ?? [];
  const bare = fieldsReachedFrom(inputs).filter((field) => {
    const [rules] = textRules(field);
    return rules?.pattern.endsWith("-[1-9][0-9]{3,14}$") && !optionsOf(field)?.idPrefix;
  });
  expectOnly(bare.map(fieldName));
});

test("a model that nobody gave more sees fewer than 16 tools", () => {
  const methods = services.find(({ name }) => name === "SupportService")?.methods ?? [];
  const shown = methods.filter((method) => hasOption(method, tool) && !getOption(method, tool).explicitScope);
  expect(shown.length).toBeGreaterThan(10);
  expect(shown.length).toBeLessThan(16);
});

test("everything has a comment, in the descriptors that the tools are made from", () => {
  const all = [
    ...files.flatMap((file) => [...file.services, ...file.extensions]),
    ...methods,
    ...messages.flatMap((message) => [message, ...message.fields, ...message.oneofs]),
    ...enums.flatMap((one) => [one, ...one.values]),
  ];
  expect(all.length).toBeGreaterThan(400);
  expectOnly(all.filter((desc) => commentOf(desc).length < 5).map(String));
});

/** Why a text that a tool shows is not marked as untrusted, by reason. */
const TRUSTED = {
  "set by a service": [
    ...["Approval.ticket_id", "Approval.customer_id", "Approval.tool", "Approval.principal", "Approval.ticket_etag"],
    ...["Approval.message_id", "ApprovalReason.message", "PendingApproval.comment", "GetApprovalResponse.news"],
    "ListApprovalsResponse.next_page_token",
    ...["Customer.etag", "Ticket.etag", "Note.id", "TicketMessage.id", "TicketMessage.ticket_id", "TicketSummary.id"],
    ...["TicketSummary.customer_id", "TicketMessage.merged_from", "Ticket.merged_into", "Ticket.follow_up_of"],
    ...["MissingPart.part", "MissingPart.message", "TicketAnalysis.engine", "SearchTicketsResponse.next_page_token"],
    ...[
      "PendingApproval.reason",
      "SearchCustomersResponse.next_page_token",
      "ListConversationResponse.next_page_token",
    ],
    ...["MissingPart.part", "MissingPart.message", "TicketAnalysis.engine", "TicketAnalysis.language"],
    ...["SearchTicketsResponse.next_page_token"],
    "MetricsSettings.time_zone",
    ...["SearchCustomersResponse.next_page_token", "ListConversationResponse.next_page_token"],
    ...["TicketPriorityFactor.name", "TicketPriorityFactor.why", "TicketSummary.priority_reason"],
  ],
  "the desk's own words": [
    "MetricsGroup.key",
    ...["Customer.plan", "Customer.tags", "Customer.external_id", "Actor.id"],
    ...["Ticket.category", "Ticket.tags", "Ticket.assignee", "Ticket.team", "Ticket.external_id"],
    "Ticket.plan",
    ...["TicketSummary.category", "TicketSummary.tags", "TicketSummary.assignee", "TicketSummary.team"],
  ],
  "too short, or of too strict a form, for a sentence": [
    ...["Customer.emails", "Customer.locale", "Customer.time_zone"],
  ],
};

test("every text that a tool shows is marked as untrusted, or is known to be the desk's own", () => {
  const methods = services.find(({ name }) => name === "SupportService")?.methods ?? [];
  const outputs = methods.filter((method) => hasOption(method, tool)).map(({ output }) => output);
  const texts = fieldsReachedFrom(outputs).filter(
    (field) => field.fieldKind !== "message" && field.scalar === ScalarType.STRING && !optionsOf(field)?.idPrefix,
  );
  const untrusted = texts.filter((field) => optionsOf(field)?.untrusted);
  expect(untrusted.map(fieldName).sort()).toEqual([
    ...[
      "Actor.name",
      "Approval.comment",
      "Approval.draft",
      "Approval.edited_text",
      "ApprovalReason.excerpt",
      "Correction.text",
      "Customer.attributes",
      "Customer.company",
      "Customer.name",
      "Customer.phone",
      "Note.body",
    ],
    ...["Ticket.custom_fields", "Ticket.description", "Ticket.subject", "TicketAnalysis.category_evidence"],
    ...["TicketAnalysis.sentiment_evidence", "TicketAnalysis.urgency_evidence"],
    ...["TicketMessage.body", "TicketSummary.subject"],
  ]);
  const trusted = Object.entries(TRUSTED).flatMap(([reason, names]) => names.map((name) => [name, reason] as const));
  expectOnly(texts.filter((field) => !untrusted.includes(field)).map(fieldName), Object.fromEntries(trusted));
});

test("what is a detail in one place is a field of what stands there", () => {
  const named = messages
    .flatMap(({ fields }) => fields)
    .flatMap((field) => (optionsOf(field)?.detailFields ?? []).map((name) => ({ field, name })));
  expect(named.length).toBeGreaterThan(5);
  const unknown = named.filter(({ field, name }) => !field.message?.fields.some((inner) => inner.name === name));
  expectOnly(unknown.map(({ field, name }) => `${fieldName(field)}: ${name}`));
});
