// The certificate that a port shows, from files that are read again when they change.
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { readFile } from "node:fs/promises";
import { createSecureContext, getCACertificates, setDefaultCACertificates } from "node:tls";
import { Code } from "@connectrpc/connect";
import { fail } from "../errors.ts";
import type { Log } from "../log.ts";

/** A certificate with its chain, and its key, in PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Where a certificate and its key are. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** How often the files are looked at, in milliseconds. By their times, because what mounts secrets swaps links. */
const POLL_MS = 1_000;

async function read({ certFile, keyFile }: CertificateFiles): Promise<Certificate> {
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
  // Throws where they are no certificate and key, or do not belong together.
  createSecureContext({ cert, key });
  return { cert, key };
}

/**
 * Reads a certificate.
 *
 * @throws ConnectError `CERTIFICATE_UNUSABLE` naming the files and what is wrong
 */
export async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  try {
    return await read(files);
  } catch (error) {
    const { certFile, keyFile } = files;
    const message = `TLS_CERT_FILE=${certFile} and TLS_KEY_FILE=${keyFile} cannot be used: ${(error as Error).message}. Set them to a certificate with its chain and to its key, both in PEM.`;
    throw fail(Code.InvalidArgument, "CERTIFICATE_UNUSABLE", message);
  }
}

/**
 * Reads the certificates by which others are checked.
 *
 * @throws ConnectError `CERTIFICATE_UNUSABLE`
 */
export function readAuthorities(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    const pem = readFileSync(file, "utf8");
    createSecureContext({ ca: pem });
    if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
    throw new Error("it holds no certificate");
  } catch (error) {
    const message = `TLS_CA_FILE=${file} cannot be used: ${(error as Error).message}. Set it to a file of certificates in PEM.`;
    throw fail(Code.InvalidArgument, "CERTIFICATE_UNUSABLE", message);
  }
}

/**
 * Calls back with each new certificate that the files hold, until the returned function is called. Files that do not belong
 * together, as while one is written before the other, change nothing.
 */
export function watchCertificate(
  files: CertificateFiles,
  changed: (certificate: Certificate) => void,
  log: Log,
): () => void {
  const look = () => {
    read(files).then(
      (certificate) => {
        changed(certificate);
        log("the certificate was read anew", { file: files.certFile });
      },
      (error) => log("the certificate has changed and cannot be used; the one before stays", { error }),
    );
  };
  const paths = [files.certFile, files.keyFile];
  for (const path of paths) watchFile(path, { interval: POLL_MS, persistent: false }, look);
  return () => {
    for (const path of paths) unwatchFile(path, look);
  };
}

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Has `fetch` in this process take what `TLS_CA_FILE` has signed, beside what Node knows.
 *
 * @throws ConnectError `CERTIFICATE_UNUSABLE`
 */
export function trustAuthorities(file: string | undefined): void {
  const ca = readAuthorities(file);
  if (ca !== undefined) setDefaultCACertificates([...getCACertificates(), ...(ca.match(CERTIFICATES) ?? [])]);
}
