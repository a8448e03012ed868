/** Stops what was started, last first; one part that fails to stop does not keep the others running. */
export class Stopper {
  readonly #parts: { name: string; stop: () => Promise<void> }[] = [];
  #stopping: Promise<void> | null = null;

  add(name: string, stop: () => Promise<void>): void {
    this.#parts.push({ name, stop });
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    for (const { name, stop } of this.#parts.toReversed()) {
      try {
        await stop();
      } catch (error) {
        process.stderr.write(`The ${name} did not stop cleanly: ${String(error)}\n`);
      }
    }
  }
}
