// A run as one stream of the API's events: the text of all its turns as it comes, and of the desk's tools only that they are at work.
import type { ContentBlock, RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages";
import type { Answer } from "./answer.ts";
import type { ApiFailure } from "./api-failure.ts";
import { blockEvents } from "./block-events.ts";
import { errorBody } from "./errors.ts";
import type { Watcher } from "./loop.ts";
import { type Run, shownContent } from "./run.ts";
import type { ToolProgress } from "./tool-calls.ts";

/** Proxies cut a stream that is silent for long, many after half a minute or a whole one. */
const PING_MS = 10_000;

/** The stream of one answer. */
export interface AnswerStream extends Watcher {
  readonly body: ReadableStream<Uint8Array>;
  /** Resolves when the first event is out; until then the answer can still be an HTTP error. */
  readonly begun: Promise<void>;
  /** Sends what no model said, and the end. */
  finish(answer: Answer): void;
  fail(failure: ApiFailure, requestId: string): void;
}

function frame(event: { readonly type: string }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

class EventStream implements AnswerStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly begun: Promise<void>;
  readonly #run: Run;
  readonly #isOurs: (name: string) => boolean;
  readonly #begin: () => void;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #hasBegun = false;
  #usage: unknown = { input_tokens: 0, output_tokens: 0 };
  /** Index of the next block in this stream. */
  #next = 0;
  /** Index of the block that has begun and not ended. */
  #open: number | undefined;
  /** From the index of a block in the model's turn to that in this stream; what is not shown is not here. */
  #indexes = new Map<number, number>();
  #pings: NodeJS.Timeout | undefined;

  constructor(run: Run, isOurs: (name: string) => boolean) {
    this.#run = run;
    this.#isOurs = isOurs;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.begun = promise;
    this.#begin = resolve;
    this.body = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => this.#close(),
    });
  }

  #send(type: string, data: object): void {
    this.#controller?.enqueue(this.#encoder.encode(frame({ type, ...data })));
  }

  #close(): void {
    clearInterval(this.#pings);
    this.#controller = undefined;
  }

  #start(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { id, params, ticket } = this.#run;
    const message = {
      ...{ id: id.replace("run", "msg"), type: "message", role: "assistant", model: params.model, content: [] },
      ...{ stop_reason: null, stop_sequence: null, usage: this.#usage },
      deskwire: { run: id, ticket: ticket ?? null },
    };
    this.#send("message_start", { message });
    // Of a run that is taken up again: what was said before it broke off.
    for (const block of shownContent(this.#run, this.#isOurs)) this.#whole(block);
    this.#pings = setInterval(() => this.#send("ping", {}), PING_MS).unref();
    this.#begin();
  }

  onEvent(event: RawMessageStreamEvent): boolean {
    if (event.type === "message_start") {
      this.#usage = { ...event.message.usage };
      this.#indexes = new Map();
      return false;
    }
    if (event.type === "content_block_start") {
      const { content_block: block, index } = event;
      if (block.type === "tool_use" && this.#isOurs(block.name)) return false;
      this.#start();
      this.#indexes.set(index, this.#next++);
    }
    if (!("index" in event)) return false;
    const index = this.#indexes.get(event.index);
    if (index === undefined) return false;
    this.#open = event.type === "content_block_stop" ? undefined : index;
    this.#send(event.type, { ...event, index });
    return true;
  }

  /** As a ping, which every client passes over, so that who wants to can watch. */
  onTool({ id, name, input, state }: ToolProgress): void {
    this.#start();
    this.#send("ping", { deskwire: { tool: { id, name, state, ...(state !== "done" && { input }) } } });
  }

  finish(answer: Answer): void {
    this.#start();
    // A turn that ran out of time may have left a block open.
    if (this.#open !== undefined) this.#send("content_block_stop", { index: this.#open });
    for (const block of answer.content.slice(shownContent(this.#run, this.#isOurs).length)) this.#whole(block);
    const { stop_reason, stop_sequence, usage, deskwire } = answer;
    this.#send("message_delta", { delta: { stop_reason, stop_sequence }, usage, deskwire });
    this.#send("message_stop", {});
    this.#controller?.close();
    this.#close();
  }

  #whole(block: ContentBlock): void {
    for (const { type, ...event } of blockEvents(block, this.#next++)) this.#send(type, event);
  }

  fail(failure: ApiFailure, requestId: string): void {
    this.#send("error", errorBody(failure, requestId));
    this.#controller?.close();
    this.#close();
  }
}

/** Opens the stream of a run's answer. */
export function openAnswerStream(run: Run, isOurs: (name: string) => boolean): AnswerStream {
  return new EventStream(run, isOurs);
}

/** The stream of an answer that is there already. */
export function replayStream({ content, stop_reason, stop_sequence, usage, deskwire, ...message }: Answer) {
  const begun = { ...message, content: [], stop_reason: null, stop_sequence: null, usage, deskwire };
  const events = [
    { type: "message_start", message: begun },
    ...content.flatMap((block, index) => [...blockEvents(block, index)]),
    { type: "message_delta", delta: { stop_reason, stop_sequence }, usage, deskwire },
    { type: "message_stop" },
  ];
  return new Blob(events.map(frame)).stream();
}
