// What a method knows of its call, made as it is asked for: most methods ask for little, and headers are dear.
import type { IncomingHttpHeaders } from "node:http2";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { type ContextValues, createContextValues, type HandlerContext } from "@connectrpc/connect";
import { headerIn, toHeaders } from "./headers.ts";

/** What a context is made from. */
export interface ContextSource {
  readonly method: DescMethod;
  readonly protocolName: string;
  /** The headers of the request, by their names in lower case; web headers are made when the method asks for all. */
  readonly headers: Headers | IncomingHttpHeaders;
  /** Aborted when the call is over for its caller; made when the method asks for it. */
  readonly signal: () => AbortSignal;
  /** On the clock of `performance.now()`; undefined where there is no deadline. */
  readonly deadline: number | undefined;
  readonly url: string;
}

/** The context of a call. */
export class LazyContext implements HandlerContext {
  readonly requestMethod = "POST";
  readonly #source: ContextSource;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;
  #values: ContextValues | undefined;
  #signal: AbortSignal | undefined;

  /** A function of its own, as Connect's contexts have it: methods take it out of the context and call it later. */
  readonly timeoutMs = (): number | undefined => {
    const { deadline } = this.#source;
    return deadline === undefined ? undefined : Math.max(0, deadline - performance.now());
  };

  constructor(source: ContextSource) {
    this.#source = source;
  }

  get method(): DescMethod {
    return this.#source.method;
  }

  get service(): DescService {
    return this.#source.method.parent;
  }

  get protocolName(): string {
    return this.#source.protocolName;
  }

  get url(): string {
    return this.#source.url;
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#source.signal();
    return this.#signal;
  }

  get requestHeader(): Headers {
    const { headers } = this.#source;
    this.#requestHeader ??= headers instanceof Headers ? headers : toHeaders(headers);
    return this.#requestHeader;
  }

  /** A header of the request, by its name in lower case. */
  header(name: string): string | null {
    return headerIn(this.#source.headers, name);
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  get values(): ContextValues {
    this.#values ??= createContextValues();
    return this.#values;
  }

  /** The headers that the method has set; undefined where it set none. */
  get setHeaders(): Headers | undefined {
    return this.#responseHeader;
  }

  /** The trailers that the method has set; undefined where it set none. */
  get setTrailers(): Headers | undefined {
    return this.#responseTrailer;
  }
}

/** A header of a call's request, by its name in lower case: most calls have many, and a method looks at few. */
export function headerOf(context: Pick<HandlerContext, "requestHeader">, name: string): string | null {
  return context instanceof LazyContext ? context.header(name) : context.requestHeader.get(name);
}
