// The one port of a process: gRPC, gRPC-Web and Connect, reflection, health, and plain HTTP routes beside them.
import type { FileRegistry } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus } from "@connectrpc/connect/protocol-connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { tellFitErrors } from "../calls/connect-errors.ts";
import type { BoundService } from "../calls/service.ts";
import { unaryMethods } from "../calls/unary.ts";
import { failForNow } from "../errors.ts";
import { BINARY_REQUESTS, refuseCall, unaryServer } from "../grpc/unary-server.ts";
import type { Identity } from "../identity/identity.ts";
import { type Log, logToStderr } from "../log.ts";
import { CallStats } from "../telemetry/call-stats.ts";
import { type CallNames, callMetrics, type Metric } from "../telemetry/metrics.ts";
import { countedRoutes, metricsRoute } from "../telemetry/routes.ts";
import { HOUR_MS } from "../time-units.ts";
import { type CertificateFiles, readCertificate, watchCertificate } from "./certificate.ts";
import { answerCors } from "./cors.ts";
import { createHealth, type Health } from "./health.ts";
import { answerError, pathOf } from "./http-error.ts";
import {
  type Http2Exchange,
  type HttpPort,
  type HttpRequest,
  type HttpResponse,
  openHttpPort,
  type PortLimits,
} from "./http-port.ts";
import { jsonServer } from "./json-calls.ts";
import { explainingJson, JSON_REQUESTS } from "./json-requests.ts";
import { createOriginGuard } from "./origin-guard.ts";
import { plainRoutes } from "./plain-routes.ts";
import { reflectionServices } from "./reflection.ts";
import { cannotOpen, failedInside, notServed, wrongContentType } from "./refusals.ts";

/** Answers requests to one path, in both HTTP versions. */
export type Route = (request: HttpRequest, response: HttpResponse) => void | Promise<void>;

/** What a port is opened with. */
export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly services: readonly BoundService[];
  /** Descriptors with comments, for reflection. */
  readonly files?: (() => FileRegistry) | undefined;
  /** Plain HTTP beside the services, by exact path, such as `/mcp`; a path that ends in `/` takes what is right below it. */
  readonly routes?: Readonly<Record<string, Route>>;
  /**
   * Makes out the caller of every RPC but those of health; plain HTTP routes see to that themselves. Absent: nobody is asked,
   * and everybody is believed.
   */
  readonly identity?: Pick<Identity, "admit"> | undefined;
  /** Where the port's certificate is, if it is to speak TLS; read again when it changes. */
  readonly tls?: CertificateFiles | undefined;
  /** Origins of web pages that may call, besides Buf Studio. */
  readonly allowedOrigins: readonly string[];
  /** Hosts that clients may address, besides loopback and `host`. */
  readonly allowedHosts: readonly string[];
  /** What `/metrics` shows beside the calls of the services and the process itself. */
  readonly metrics?: readonly Metric[];
  /** Lets a request read `/metrics`, or throws the ConnectError that refuses it. Absent: whoever reaches the port may. */
  readonly mayReadMetrics?: ((request: HttpRequest) => Promise<void>) | undefined;
  readonly log?: Log | undefined;
  /** Bytes of one message, in and out. Default 4 MiB, as in gRPC. */
  readonly maxMessageBytes?: number;
  /** How long calls under way may take to finish once the port is closing, in milliseconds. Default 10 s. */
  readonly graceMs?: number;
  readonly limits?: Partial<PortLimits>;
}

/** An open port; disposing of it closes it. */
export interface Listener extends AsyncDisposable {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  readonly health: Pick<Health, "set" | "ready" | "statuses">;
  /**
   * Ends gracefully: health turns NOT_SERVING, no new connection is taken, HTTP/2 clients get GOAWAY, calls under way may
   * finish within the grace; then their signals are aborted, and a second later their connections cut.
   */
  close(): Promise<void>;
}

const RPC: CallNames = { prefix: "deskwire_rpc", label: "method", noun: "calls of a method" };
const HTTP: CallNames = { prefix: "deskwire_http", label: "path", noun: "posts to a path" };

const DEFAULT_MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** How long running calls may take to end when the server stops. */
const DEFAULT_GRACE_MS = 10_000;
/** Longest deadline that a caller may set. */
const MAX_TIMEOUT_MS = HOUR_MS;
/** When a client may find another server, or this one restarted. */
const RESTART_MS = 500;
/** How long an aborted call has to tell its client, before the connection is cut. */
const FAREWELL_MS = 1_000;

/** The address at which clients on this machine reach a port. */
export function urlOf(host: string, port: number, tls = false): string {
  const scheme = tls ? "https" : "http";
  if (host === "0.0.0.0" || host === "::") return `${scheme}://localhost:${port}`;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * Opens the port and serves on it, over HTTP/1.1 and HTTP/2 alike.
 *
 * Throws where the port cannot be opened or the certificate not be used, saying what to do, and where an allowed host or
 * origin is malformed.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { host, log = logToStderr, graceMs = DEFAULT_GRACE_MS } = options;
  const maxMessageBytes = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
  const guard = createOriginGuard(options);
  const shutdown = new AbortController();
  const names = options.services.map(({ desc }) => desc.typeName);
  const health = createHealth(names, log);
  const served = [...options.services, health.service];
  const services = [
    ...served,
    ...reflectionServices(
      served.map(({ desc }) => desc),
      options.files,
      log,
    ),
  ];
  const procedures = new Set(
    services.flatMap(({ desc }) => desc.methods.map(({ name }) => `/${desc.typeName}/${name}`)),
  );
  const posts = Object.keys(options.routes ?? {}).map((path) => new CallStats(path));
  const metrics = [
    ...callMetrics(RPC, () => services.flatMap(({ calls }) => calls)),
    ...callMetrics(HTTP, () => posts),
    ...(options.metrics ?? []),
  ];
  const routes = new Map(
    Object.entries({
      ...plainRoutes(health, names),
      "/metrics": metricsRoute(metrics, options.mayReadMetrics, log),
      ...countedRoutes(options.routes ?? {}, posts),
    }),
  );

  const rpc = connectNodeAdapter({
    routes(router) {
      for (const { desc, implementation } of services) router.service(desc, implementation);
      router.handlers.splice(0, router.handlers.length, ...router.handlers.map(explainingJson));
    },
    jsonOptions: JSON_REQUESTS,
    binaryOptions: BINARY_REQUESTS,
    readMaxBytes: maxMessageBytes,
    writeMaxBytes: maxMessageBytes,
    maxTimeoutMs: MAX_TIMEOUT_MS,
    requestGate: tellFitErrors,
    shutdownSignal: shutdown.signal,
  });

  const methods = unaryMethods(services);
  const bounds = { maxMessageBytes, maxTimeoutMs: MAX_TIMEOUT_MS, shutdown: shutdown.signal };
  const unary = unaryServer(methods, bounds);
  const takeJson = jsonServer(methods, bounds);
  const serve = (request: HttpRequest, response: HttpResponse) =>
    takeJson(request, response) ?? rpc(request, response as Parameters<typeof rpc>[1]);

  const open = new Set(health.service.desc.methods.map(({ name }) => `/${health.service.desc.typeName}/${name}`));
  const admitted = async (
    identity: Pick<Identity, "admit">,
    request: HttpRequest,
    response: HttpResponse,
  ): Promise<void> => {
    try {
      await identity.admit(request);
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      return answerError(request, response, codeToHttpStatus(error.code), error);
    }
    return serve(request, response);
  };

  const handle = (request: HttpRequest, response: HttpResponse): void | Promise<void> => {
    const refusal = guard.refusal(request);
    if (refusal) return answerError(request, response, 403, refusal);
    if (answerCors(request, response)) return;
    const path = pathOf(request);
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const route = routes.get(path) ?? (folder === "/" ? undefined : routes.get(folder));
    if (route) return route(request, response);
    if (!procedures.has(path))
      return answerError(request, response, 404, notServed(path, services, [...routes.keys()]));
    const unreadable = wrongContentType(request);
    if (unreadable) return answerError(request, response, 415, unreadable);
    if (options.identity && !open.has(path)) return admitted(options.identity, request, response);
    return serve(request, response);
  };

  const admittedCall = async ({ stream, headers }: Http2Exchange, admit: Identity["admit"], begin: () => void) => {
    try {
      await admit({ headers });
      if (!stream.destroyed) begin();
    } catch (error) {
      if (!(error instanceof ConnectError)) log("request failed", { path: headers[":path"], error });
      refuseCall(stream, error instanceof ConnectError ? error : failedInside());
    }
  };
  /** What is to be refused, or needs an answer for a web page, goes the long way. */
  const takeStream = (exchange: Http2Exchange): boolean => {
    const begin = unary(exchange);
    const { headers } = exchange;
    if (begin === undefined || headers.origin !== undefined || guard.refusal(exchange)) return false;
    if (options.identity && !open.has(headers[":path"] ?? "")) {
      void admittedCall(exchange, options.identity.admit, begin);
    } else {
      begin();
    }
    return true;
  };

  const certificate = options.tls && (await readCertificate(options.tls));
  let port: HttpPort;
  try {
    port = await openHttpPort({
      host,
      port: options.port,
      certificate,
      ...(options.limits && { limits: options.limits }),
      takeStream,
      onCut: (peer, bytes) =>
        log("a client that reads no answers or ends no requests was cut off", { peer, bytes }, "warn"),
      handler(request, response) {
        const failed = (error: unknown) => {
          log("request failed", { path: pathOf(request), error });
          if (response.headersSent) response.destroy();
          else answerError(request, response, 500, failedInside());
        };
        try {
          handle(request, response)?.catch(failed);
        } catch (error) {
          failed(error);
        }
      },
    });
  } catch (error) {
    throw cannotOpen(error, host, options.port);
  }

  const unwatch = options.tls && watchCertificate(options.tls, (next) => port.setCertificate(next), log);

  let closed: Promise<void> | undefined;
  const end = async () => {
    unwatch?.();
    health.shutdown();
    const abort = setTimeout(() => {
      shutdown.abort(
        failForNow(Code.Unavailable, "SHUTTING_DOWN", "The server is shutting down. Call again later.", RESTART_MS),
      );
    }, graceMs);
    await port.close(graceMs + FAREWELL_MS);
    clearTimeout(abort);
  };
  const close = () => {
    closed ??= end();
    return closed;
  };
  return {
    url: urlOf(host, port.port, certificate !== undefined),
    port: port.port,
    health,
    close,
    [Symbol.asyncDispose]: close,
  };
}
