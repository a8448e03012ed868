// What has happened, by name, and who waits for it.

export class News {
  readonly #past = new Map<string, string[]>();
  readonly #waiting = new Map<string, (value: string) => void>();

  add(name: string, value: string): void {
    const wake = this.#waiting.get(name);
    if (wake === undefined) this.#past.set(name, [...(this.#past.get(name) ?? []), value]);
    else wake(value);
  }

  /** The next of that name, also one that has come already. What does not come in time is an error. */
  async next(name: string, limitMs: number): Promise<string> {
    const [first, ...later] = this.#past.get(name) ?? [];
    if (first !== undefined) {
      if (later.length > 0) this.#past.set(name, later);
      else this.#past.delete(name);
      return first;
    }
    return await new Promise<string>((resolve, reject) => {
      const end = (): void => {
        clearTimeout(limit);
        this.#waiting.delete(name);
      };
      const limit = setTimeout(() => {
        end();
        reject(new Error(`waited ${limitMs / 1_000} s in vain for a "${name.split(' ')[0]}"`));
      }, limitMs);
      this.#waiting.set(name, (value) => {
        end();
        resolve(value);
      });
    });
  }
}
