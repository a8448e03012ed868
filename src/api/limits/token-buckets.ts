/** How often something may happen: `perMinute` on average, and as many at once. */
interface Rate {
  perMinute: number;
}

type Taken = { allowed: true } | { allowed: false; retryAfterMs: number };

interface Bucket {
  tokens: number;
  atMs: number;
}

const MINUTE_MS = 60_000;

/**
 * One token bucket per key. The memory is bounded: a bucket that is full again is forgotten, and of more than `maxKeys`
 * the one that was used longest ago is, which lets that key start anew. `nowMs` never goes backwards (not the wall clock).
 */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();
  readonly #rate: Rate;
  readonly #nowMs: () => number;
  readonly #maxKeys: number;

  constructor(rate: Rate, nowMs: () => number, maxKeys = 20_000) {
    this.#rate = rate;
    this.#nowMs = nowMs;
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#buckets.size;
  }

  take(key: string): Taken {
    const nowMs = this.#nowMs();
    const tokens = this.#tokensAt(key, nowMs);
    if (tokens < 1)
      return { allowed: false, retryAfterMs: ((1 - tokens) * MINUTE_MS) / this.#rate.perMinute };
    this.#keep(key, { tokens: tokens - 1, atMs: nowMs });
    return { allowed: true };
  }

  /** What was taken turned out not to count. */
  giveBack(key: string): void {
    const nowMs = this.#nowMs();
    this.#keep(key, { tokens: this.#tokensAt(key, nowMs) + 1, atMs: nowMs });
  }

  #tokensAt(key: string, nowMs: number): number {
    const { perMinute } = this.#rate;
    const bucket = this.#buckets.get(key);
    if (!bucket) return perMinute;
    return Math.min(perMinute, bucket.tokens + ((nowMs - bucket.atMs) * perMinute) / MINUTE_MS);
  }

  #keep(key: string, bucket: Bucket): void {
    // Anew at the end: the map's order is the order of use.
    this.#buckets.delete(key);
    if (bucket.tokens >= this.#rate.perMinute) return;
    this.#buckets.set(key, bucket);
    if (this.#buckets.size <= this.#maxKeys) return;
    const [longestUnused] = this.#buckets.keys();
    if (longestUnused !== undefined) this.#buckets.delete(longestUnused);
  }
}
