/** Work that outlives its request; a stop waits for it before it takes the database away. */
export class BackgroundWork {
  readonly #running = new Set<Promise<void>>();

  add(work: Promise<void>): void {
    const tracked = work.catch(() => {}).finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }
}
