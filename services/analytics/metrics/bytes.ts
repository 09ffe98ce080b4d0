// Columns as bytes, little-endian.

type Column = Uint32Array | Int32Array | Uint16Array;

/** Columns one after the other; those of 32 bits come first. */
export function toBytes(...columns: readonly Column[]): Uint8Array {
  const bytes = new Uint8Array(columns.reduce((length, { byteLength }) => length + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of columns) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes;
}

/** A buffer of its own: the driver's piece of memory may be part of a larger one, and may begin anywhere in it. */
export const bufferOf = (bytes: Uint8Array): ArrayBufferLike =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : new Uint8Array(bytes).buffer;

/** Reads a column of unsigned numbers. */
export const wideFrom = (bytes: Uint8Array): Uint32Array => new Uint32Array(bufferOf(bytes));
