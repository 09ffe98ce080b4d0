// AnalyticsService and SupportService: what people at the desk teach the engine.
import { expect } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import type { Correction } from "#gen/deskwire/analytics/v1/correction_pb.js";
import { allPages, type Case, type Clients, expectRefused, newCustomer, newTicket, refuses, unique } from "../case.ts";

const sam = { kind: ActorKind.AGENT, id: "sam", name: "Sam" };
const NO_CORRECTION = "COR-999999999999999";
const NO_TICKET = "TKT-999999999999999";
/** About the weather: nothing that other cases ask for. */
const text = () => `The barometer by the pond shows ${unique()} again.`;

/** Takes corrections back, so that what other cases read stays as it was. */
async function undo({ analytics }: Clients, corrections: readonly (Correction | undefined)[]): Promise<void> {
  for (const one of corrections) if (one) await analytics.undoCorrection({ correctionId: one.id, actor: sam });
}

export const correctionCases: readonly Case[] = [
  {
    name: "a corrected text reads as it was corrected, with certainty, until that is undone",
    async run(clients) {
      const { analytics } = clients;
      const [corrected, other] = [text(), text()];
      const before = (await analytics.analyze({ text: corrected })).analysis;
      expect(before).toMatchObject({ corrected: false });
      const { correction } = await analytics.correctAnalysis({
        ...{ text: corrected, sentiment: Sentiment.NEGATIVE, category: Category.SHIPPING, author: sam },
      });
      expect(correction).toMatchObject({
        ...{ id: expect.stringMatching(/^COR-\d+$/), text: corrected, author: sam, ticketId: "", customerId: "" },
        ...{ sentiment: Sentiment.NEGATIVE, category: Category.SHIPPING },
      });
      expect(correction?.createTime).toBeDefined();
      const { analyses } = await analytics.batchAnalyze({ texts: [other, corrected] });
      expect(analyses).toMatchObject([
        { corrected: false },
        {
          corrected: true,
          sentiment: { sentiment: Sentiment.NEGATIVE, confidence: 1, evidence: [] },
          categorization: {
            ...{ primaryCategory: Category.SHIPPING, confidence: 1, evidence: [] },
            ranked: [{ category: Category.SHIPPING, confidence: 1 }],
          },
        },
      ]);
      expect(analyses[1]?.sentiment?.score).toBeLessThan(0);
      expect(analyses[1]?.engine).not.toBe(before?.engine);
      expect((await analytics.analyzeSentiment({ text: corrected })).sentiment).toEqual(analyses[1]?.sentiment);
      expect((await analytics.categorize({ text: corrected })).categorization).toEqual(analyses[1]?.categorization);

      const undone = await analytics.undoCorrection({ correctionId: correction?.id ?? "", actor: sam });
      expect(undone.correction).toMatchObject({ ...correction, undoneBy: sam, undoTime: expect.anything() });
      expect((await analytics.analyze({ text: corrected })).analysis).toEqual(before);
      const again = await analytics.undoCorrection({
        correctionId: correction?.id ?? "",
        actor: { ...sam, id: "eve" },
      });
      expect(again.correction).toEqual(undone.correction);
    },
  },
  {
    name: "of two corrections of one text the later counts, the earlier for what the later leaves out, and again once it is undone",
    async run(clients) {
      const { analytics } = clients;
      const one = text();
      const correct = async (sentiment: Sentiment, category: Category) =>
        (await analytics.correctAnalysis({ text: one, sentiment, category, author: sam })).correction;
      const read = async () => {
        const { analysis } = await analytics.analyze({ text: one });
        return [analysis?.sentiment?.sentiment, analysis?.categorization?.primaryCategory];
      };
      const earlier = await correct(Sentiment.POSITIVE, Category.ACCOUNT);
      const later = await correct(Sentiment.UNSPECIFIED, Category.BILLING);
      expect(await read()).toEqual([Sentiment.POSITIVE, Category.BILLING]);
      await undo(clients, [later]);
      expect(await read()).toEqual([Sentiment.POSITIVE, Category.ACCOUNT]);
      await undo(clients, [earlier]);
    },
  },
  {
    name: "ListCorrections pages by ticket and by customer, the latest first, and shows undone ones where they are asked for",
    async run(clients) {
      const { analytics } = clients;
      const { id: ticketId, customerId } = await newTicket(clients);
      const made: Correction[] = [];
      for (let index = 0; index < 5; index++) {
        const where = index % 2 === 0 ? { ticketId, customerId } : { customerId };
        const request = { text: text(), sentiment: Sentiment.NEUTRAL, author: sam, ...where };
        made.push((await analytics.correctAnalysis(request)).correction as Correction);
      }
      const [first, second, third, fourth, fifth] = made.map(({ id }) => id);
      const pages = await allPages(async (pageToken) => {
        const page = await analytics.listCorrections({ customerId, pageSize: 2, pageToken });
        expect(page.totalSize).toBe(5);
        return { items: page.corrections, nextPageToken: page.nextPageToken };
      });
      expect(pages).toEqual([made.slice(3).reverse(), made.slice(1, 3).reverse(), made.slice(0, 1)]);
      const ids = async (request: Parameters<typeof analytics.listCorrections>[0]) =>
        (await analytics.listCorrections(request)).corrections.map(({ id }) => id);
      expect(await ids({ ticketId })).toEqual([fifth, third, first]);
      await undo(clients, made.slice(3));
      expect(await ids({ customerId })).toEqual([third, second, first]);
      expect(await ids({ customerId, includeUndone: true })).toEqual([fifth, fourth, third, second, first]);
      const { nextPageToken } = await analytics.listCorrections({ customerId, pageSize: 1 });
      const foreign = analytics.listCorrections({ ticketId, pageSize: 1, pageToken: nextPageToken });
      await expectRefused([foreign], { code: "InvalidArgument", reason: "PAGE_TOKEN_INVALID" });
      await undo(clients, made.slice(0, 3));
    },
  },
  {
    name: "CorrectAnalysis of a ticket: the subject of what the customer wrote first, the mood of what they wrote last",
    async run(clients) {
      const { support, tickets, analytics } = clients;
      const customerId = await newCustomer(clients);
      const description = text();
      const { id: ticketId } = await newTicket(clients, { customerId, subject: "Pond", description });
      const one = await support.correctAnalysis({
        ...{ ticketId, sentiment: Sentiment.NEGATIVE, category: Category.CANCELLATION },
      });
      const ai = { kind: ActorKind.AI, id: "ai" };
      const first = `Pond\n${description}`;
      expect(one.corrections).toMatchObject([
        {
          ...{ text: first, ticketId, customerId, author: ai },
          ...{ sentiment: Sentiment.NEGATIVE, category: Category.CANCELLATION },
        },
      ]);
      const said = { corrected: true, sentiment: Sentiment.NEGATIVE, category: Category.CANCELLATION };
      expect(one.analysis).toMatchObject(said);
      expect((await support.handleTicket({ ticketId })).analysis).toEqual(one.analysis);

      const body = text();
      await tickets.recordCustomerReply({ ticketId, body });
      const two = await support.correctAnalysis({
        ...{ ticketId, sentiment: Sentiment.POSITIVE, category: Category.ACCOUNT, author: sam },
      });
      expect(two.corrections).toMatchObject([
        { text: first, category: Category.ACCOUNT, sentiment: Sentiment.UNSPECIFIED, author: sam },
        { text: body, category: Category.UNSPECIFIED, sentiment: Sentiment.POSITIVE, author: sam },
      ]);
      expect(two.analysis).toMatchObject({ sentiment: Sentiment.POSITIVE, category: Category.ACCOUNT });
      // The ticket's own category is the desk's to set, not the engine's.
      expect((await tickets.getTicket({ ticketId })).ticket?.category).toBe("");

      for (const { id: correctionId } of [...one.corrections, ...two.corrections]) {
        const { correction } = await support.undoCorrection({ correctionId });
        expect(correction).toMatchObject({ id: correctionId, undoneBy: ai });
      }
      expect((await support.handleTicket({ ticketId })).analysis).toMatchObject({ corrected: false });
      expect((await analytics.listCorrections({ ticketId })).corrections).toEqual([]);
    },
  },
  {
    name: "the same request for a ticket is a new correction once the customer has written again",
    async run(clients) {
      const { support, tickets } = clients;
      const { id: ticketId } = await newTicket(clients);
      const request = { ticketId, sentiment: Sentiment.NEUTRAL, requestId: unique() };
      const before = await support.correctAnalysis(request);
      const body = text();
      await tickets.recordCustomerReply({ ticketId, body });
      const after = await support.correctAnalysis(request);
      expect(after.corrections).toMatchObject([{ text: body }]);
      await undo(clients, [...before.corrections, ...after.corrections]);
    },
  },
  refuses(
    "a correction that says nothing, of no text, or by nobody or by the customer",
    async ({ analytics }) => [
      analytics.correctAnalysis({ text: "x", author: sam }),
      analytics.correctAnalysis({ sentiment: Sentiment.NEUTRAL, author: sam }),
      analytics.correctAnalysis({ text: "x", sentiment: Sentiment.NEUTRAL }),
      analytics.correctAnalysis({ text: "x", category: 99 as Category, author: sam }),
      analytics.correctAnalysis({ text: "x", category: 1, author: { kind: ActorKind.CUSTOMER } }),
      analytics.correctAnalysis({ text: "x", category: 1, author: sam, ticketId: "1001" }),
    ],
    { code: "InvalidArgument", reason: "VALIDATION_FAILED" },
  ),
  refuses(
    "undoing a correction that there is not",
    async ({ analytics, support }) => [
      analytics.undoCorrection({ correctionId: NO_CORRECTION, actor: sam }),
      support.undoCorrection({ correctionId: NO_CORRECTION }),
    ],
    { code: "NotFound", reason: "CORRECTION_NOT_FOUND", metadata: { correction_id: NO_CORRECTION } },
  ),
  refuses(
    "correcting the analysis of a ticket that there is not",
    async ({ support }) => [support.correctAnalysis({ ticketId: NO_TICKET, category: Category.BILLING })],
    { code: "NotFound", reason: "TICKET_NOT_FOUND", metadata: { ticket_id: NO_TICKET } },
  ),
];
