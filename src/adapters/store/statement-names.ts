/** Names for statements, so that a connection parses and plans each of its texts once. */

/** What a server keeps for one connection; further texts (lists of another length) are parsed each time. */
const MAX_NAMED = 200;

/** Of this process and never used again: PGlite has one session for all connections that follow one another. */
let lastName = 0;

/** Of one connection. */
export class StatementNames {
  readonly #names = new Map<string, string>();

  /** Undefined: it goes without one. */
  nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MAX_NAMED) return known;
    lastName += 1;
    const name = `s${lastName}`;
    this.#names.set(text, name);
    return name;
  }
}
