interface Pace {
  /** between the beginnings of two runs for one key */
  firstMs: number;
  /** doubling from one run to the next while requests go on, at most this */
  longestMs: number;
}

interface Running<T> {
  /** resolves when the next run may begin */
  free: Promise<unknown>;
  /** it may, and nobody has requested it */
  isFree: boolean;
  /** this run has come to its end, and well */
  isDone: boolean;
  next: Promise<T> | null;
  waitMs: number;
}

/**
 * Runs work for a key at once, and what is requested meanwhile as one run afterwards: each caller is answered by a run that
 * began after its request, however many they are. Waits longer the longer a key is requested without a pause; a pause as
 * long as the last wait ends that.
 */
export class Coalescer<T> {
  readonly #running = new Map<string, Running<T>>();
  readonly #pace: Pace;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** Of keys in work; bounded by what is requested within twice `longestMs`. */
  get size(): number {
    return this.#running.size;
  }

  /** Whether a request now waits for nothing but the pause after a run that went well. */
  isDelayed(key: string): boolean {
    const running = this.#running.get(key);
    return running !== undefined && running.isDone && !running.isFree;
  }

  /** Whether a run is planned that will answer a request made now. */
  isPlanned(key: string): boolean {
    return this.#running.get(key)?.next != null;
  }

  run(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (!running) return this.#start(key, work, this.#pace.firstMs);
    const longerMs = Math.min(2 * running.waitMs, this.#pace.longestMs);
    if (running.isFree) return this.#start(key, work, longerMs);
    running.next ??= running.free.then(() => this.#start(key, work, longerMs));
    return running.next;
  }

  #start(key: string, work: () => Promise<T>, waitMs: number): Promise<T> {
    const result = work();
    const free = Promise.allSettled([result, pause(waitMs)]);
    const running: Running<T> = { free, isFree: false, isDone: false, next: null, waitMs };
    this.#running.set(key, running);
    void this.#forgetAfterPause(key, running);
    void result.then(
      () => (running.isDone = true),
      () => undefined,
    );
    return result;
  }

  async #forgetAfterPause(key: string, running: Running<T>): Promise<void> {
    await running.free;
    if (running.next !== null) return;
    running.isFree = true;
    await pause(running.waitMs);
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}

/** Keeps no process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
