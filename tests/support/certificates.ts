// Certificates of the tests' own: an authority, and what it signs for this machine.
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";

/** The defaults of the library are of another age. */
const HOW = { keyType: "ec", algorithm: "sha256" } as const;

type Signed = Awaited<ReturnType<typeof generate>>;

/** Makes an authority that can sign, with a name of its own: of two of one name, trusted by one process, the wrong one may be asked. */
export function newAuthority(): Promise<Signed> {
  const extensions = [{ name: "basicConstraints" as const, cA: true, critical: true }];
  return generate([{ name: "commonName", value: `Deskwire Test Authority ${randomUUID()}` }], { ...HOW, extensions });
}

/** Makes a certificate for `localhost` and 127.0.0.1. */
export function signedBy(authority: Signed): Promise<Signed> {
  const altNames = [
    { type: 2 as const, value: "localhost" },
    { type: 7 as const, ip: "127.0.0.1" },
  ];
  return generate([{ name: "commonName", value: "localhost" }], {
    ...HOW,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [{ name: "subjectAltName", altNames }],
  });
}

/** Puts a certificate and its key where TLS_CERT_FILE and TLS_KEY_FILE look for them. */
export async function writeCertificate(folder: string, { cert, private: key }: Signed) {
  const files = { certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") };
  await writeFile(files.certFile, cert);
  await writeFile(files.keyFile, key);
  return files;
}
