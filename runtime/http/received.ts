// Bytes that come piece by piece, in one place.

const NOTHING = Buffer.alloc(0);

/**
 * Puts pieces together in time and room that grow with their bytes, however many pieces there are: a sender may make them as
 * small as it likes, and a buffer for each would cost a hundred times what it holds.
 */
export class Received {
  #room: Buffer = NOTHING;
  #length = 0;

  push(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (this.#length === 0) {
      // Most come in one piece, which is not copied.
      this.#room = piece;
    } else {
      if (length > this.#room.length) {
        const room = Buffer.allocUnsafe(2 * length);
        this.#room.copy(room, 0, 0, this.#length);
        this.#room = room;
      }
      piece.copy(this.#room, this.#length);
    }
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  /** What has come so far. */
  get bytes(): Buffer {
    return this.#room.length === this.#length ? this.#room : this.#room.subarray(0, this.#length);
  }
}
