// Lengths of time, as many as a question is about.

/** Lengths of time with the cell of each, as many as there come. */
export class Lengths {
  #cells = new Uint32Array(1024);
  #wall = new Uint32Array(1024);
  #business = new Uint32Array(1024);
  #count = 0;

  /** Makes room for so many more, so that adding one asks for nothing. */
  reserve(more: number): void {
    const needed = this.#count + more;
    if (needed <= this.#cells.length) return;
    const grown = (numbers: Uint32Array) => {
      const larger = new Uint32Array(Math.max(needed, 2 * numbers.length));
      larger.set(numbers);
      return larger;
    };
    [this.#cells, this.#wall, this.#business] = [grown(this.#cells), grown(this.#wall), grown(this.#business)];
  }

  add(cell: number, wall: number, business: number): void {
    const at = this.#count++;
    this.#cells[at] = cell;
    this.#wall[at] = wall;
    this.#business[at] = business;
  }

  get cells(): Uint32Array {
    return this.#cells.subarray(0, this.#count);
  }

  get wall(): Uint32Array {
    return this.#wall.subarray(0, this.#count);
  }

  get business(): Uint32Array {
    return this.#business.subarray(0, this.#count);
  }
}
