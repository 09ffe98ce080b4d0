// The port by TLS: both versions of HTTP, clients that check the certificate, and a certificate that is exchanged at work.
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as http1 } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, getCACertificates, setDefaultCACertificates, type TLSSocket } from "node:tls";
import { Code, type ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Client, credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Health } from "#gen/health/v1/health_pb.js";
import { remoteTransport } from "../../runtime/calls/remote-transport.ts";
import { readConfig } from "../../runtime/config.ts";
import { metadataOf, reasonOf } from "../../runtime/errors.ts";
import { type CertificateFiles, readAuthorities, trustAuthorities } from "../../runtime/http/certificate.ts";
import { type Listener, listen } from "../../runtime/http/listener.ts";
import { newAuthority, signedBy, writeCertificate } from "../support/certificates.ts";
import { silent } from "../support/desk.ts";
import { eventually } from "../support/processes.ts";

let folder: string;
let authority: Awaited<ReturnType<typeof newAuthority>>;
let files: CertificateFiles;
let listener: Listener;
const logged: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deskwire-tls-"));
  authority = await newAuthority();
  await writeFile(join(folder, "ca.crt"), authority.cert);
  files = await writeCertificate(folder, await signedBy(authority));
  const limits = { host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [], graceMs: 200 };
  listener = await listen({ ...limits, services: [], tls: files, log: (message) => void logged.push(message) });
});
afterAll(async () => {
  await listener.close();
  await rm(folder, { recursive: true, force: true });
});

const check = (transport: ReturnType<typeof remoteTransport>) => createClient(Health, transport).check({});

/** A connection that stays open, and what it showed. */
async function handshake(ALPNProtocols: string[]): Promise<{ socket: TLSSocket; serial: string }> {
  const ca = authority.cert;
  const socket = connectTls({ port: listener.port, host: "127.0.0.1", servername: "localhost", ca, ALPNProtocols });
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  return { socket, serial: new X509Certificate(socket.getPeerCertificate(true).raw).serialNumber };
}

describe("a port with a certificate", () => {
  test("says https, and speaks both versions of HTTP as the client likes", async () => {
    expect(listener.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    for (const [protocols, agreed] of [
      [["h2", "http/1.1"], "h2"],
      [["http/1.1"], "http/1.1"],
      [[], false],
    ] as const) {
      const { socket } = await handshake([...protocols]);
      expect(socket.alpnProtocol).toBe(agreed);
      socket.destroy();
    }
    const body = await new Promise<string>((resolve, reject) => {
      const sent = http1(`${listener.url}/healthz`, { ca: authority.cert }, async (response) => {
        resolve((await Array.fromAsync(response)).join(""));
      });
      sent.on("error", reject).end();
    });
    expect(JSON.parse(body)).toEqual({ status: "SERVING" });
  });

  test("is called by gRPC and Connect with the authority that signed it, by nobody who does not know it", async () => {
    const ca = readAuthorities(join(folder, "ca.crt"));
    const known = remoteTransport(listener.url, { ca });
    expect((await check(known)).status).toBe(1);
    known.close();
    const unknown = remoteTransport(listener.url);
    const error = await check(unknown).catch((thrown: ConnectError) => thrown);
    expect([(error as ConnectError).code, reasonOf(error)]).toEqual([Code.Unavailable, "CERTIFICATE_NOT_TRUSTED"]);
    expect((error as ConnectError).rawMessage).toContain("TLS_CA_FILE");
    unknown.close();
    for (const httpVersion of ["1.1", "2"] as const) {
      const nodeOptions = { ca: authority.cert };
      const connect = createConnectTransport({ baseUrl: listener.url, httpVersion, nodeOptions });
      expect((await createClient(Health, connect).check({})).status).toBe(1);
    }
  });

  test("is asked by fetch, as commands do, once its authority is trusted", async () => {
    const before = getCACertificates();
    const ask = () => fetch(`https://localhost:${listener.port}/healthz`);
    await expect(ask()).rejects.toThrow("fetch failed");
    try {
      trustAuthorities(join(folder, "ca.crt"));
      expect((await ask()).status).toBe(200);
    } finally {
      setDefaultCACertificates(before);
    }
  });

  test("is called by grpc-js", async () => {
    const client = new Client(new URL(listener.url).host, credentials.createSsl(Buffer.from(authority.cert)));
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      const same = (value: Buffer) => value;
      const answer = (error: unknown, value?: Buffer) => (value ? resolve(value) : reject(error));
      client.makeUnaryRequest("/grpc.health.v1.Health/Check", same, same, Buffer.alloc(0), answer);
    });
    expect([...bytes]).toEqual([8, 1]);
    client.close();
  });

  test("exchanges its certificate at work: who is connected stays, who comes sees the new one", async () => {
    const ca = authority.cert;
    const before = remoteTransport(listener.url, { ca });
    await check(before);
    const held = await handshake(["h2"]);
    const next = await signedBy(authority);
    await writeCertificate(folder, next);
    await eventually(async () => {
      const { socket, serial } = await handshake(["h2"]);
      socket.destroy();
      return serial === new X509Certificate(next.cert).serialNumber;
    });
    expect(held.serial).not.toBe(new X509Certificate(next.cert).serialNumber);
    expect(held.socket.destroyed).toBe(false);
    expect((await check(before)).status).toBe(1);
    held.socket.destroy();
    before.close();
  });

  test("keeps the certificate that it has while the files make no sense", async () => {
    const { socket, serial } = await handshake(["h2"]);
    socket.destroy();
    await writeFile(files.keyFile, "no key");
    await eventually(async () => logged.some((line) => line.includes("cannot be used")));
    const after = await handshake(["h2"]);
    expect(after.serial).toBe(serial);
    after.socket.destroy();
  });
});

describe("the configuration", () => {
  const thrownBy = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return error;
    }
    return expect.fail("it was taken");
  };

  test("names certificate and key together", () => {
    expect(metadataOf(thrownBy(() => readConfig({ TLS_CERT_FILE: "a" })))).toEqual({ variable: "TLS_KEY_FILE" });
    expect(metadataOf(thrownBy(() => readConfig({ TLS_KEY_FILE: "a" })))).toEqual({ variable: "TLS_CERT_FILE" });
  });

  test("is refused with files that are no certificates, naming them", async () => {
    const other = await signedBy(authority);
    const wrong = join(folder, "wrong.key");
    await writeFile(wrong, other.private);
    const limits = { host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [], services: [], log: silent };
    for (const tls of [
      { certFile: join(folder, "absent"), keyFile: wrong },
      { certFile: files.certFile, keyFile: wrong },
    ]) {
      const error = await listen({ ...limits, tls }).catch((thrown: ConnectError) => thrown);
      expect(reasonOf(error)).toBe("CERTIFICATE_UNUSABLE");
      expect((error as ConnectError).rawMessage).toContain(tls.certFile);
    }
    expect(reasonOf(thrownBy(() => readAuthorities(wrong)))).toBe("CERTIFICATE_UNUSABLE");
  });
});
