/** Limits per address: 429 with Retry-After. */
import type { Context, MiddlewareHandler } from 'hono';
import { problem } from '../problem.ts';

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
 * the one that was used longest ago is, which lets that key start again. `nowMs` never goes backwards (not the wall clock).
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

  /** The request turned out not to count. */
  returnToken(key: string): void {
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
    // Again at the end: the map's order is the order of use.
    this.#buckets.delete(key);
    if (bucket.tokens >= this.#rate.perMinute) return;
    this.#buckets.set(key, bucket);
    if (this.#buckets.size <= this.#maxKeys) return;
    const [longestUnused] = this.#buckets.keys();
    if (longestUnused !== undefined) this.#buckets.delete(longestUnused);
  }
}

/** Longer than any token or name of a provider. What a sender makes up beyond it would only fill the memory. */
const LONGEST_KEY = 64;

interface RateLimit {
  buckets: TokenBuckets;
  addressOf: (c: Context) => string;
  /** the answer to the one that is too many; default: a problem */
  refuse?: (c: Context, headers: Record<string, string>) => Response | Promise<Response>;
}

/**
 * Every request counts, save those answered `freeStatus`. `keyOf`: what is counted apart, beside the address. A token is taken
 * before and returned after, so that many at once cannot all pass.
 */
export function limitRate(
  limit: RateLimit & { keyOf?: (c: Context) => string; freeStatus?: number },
): MiddlewareHandler {
  return async (c, next) => {
    const key = `${limit.addressOf(c)} ${cut(limit.keyOf?.(c) ?? '')}`;
    const taken = limit.buckets.take(key);
    if (!taken.allowed) return refuse(limit, c, taken.retryAfterMs);
    await next();
    if (c.res.status === limit.freeStatus) limit.buckets.returnToken(key);
    return undefined;
  };
}

/** A copy: a part that is cut off keeps its whole string in memory. */
function cut(key: string): string {
  return Buffer.from(key.slice(0, LONGEST_KEY)).toString();
}

/**
 * Only requests answered `wrongStatus` count, and only they are refused: a right link or password passes whatever others
 * at the same address guess, and needs no memory of who was right before.
 */
export function limitWrong(limit: RateLimit & { wrongStatus: number }): MiddlewareHandler {
  return async (c, next) => {
    await next();
    if (c.res.status !== limit.wrongStatus) return;
    const taken = limit.buckets.take(limit.addressOf(c));
    if (taken.allowed) return;
    // First, since Hono would keep the headers of the answer that is replaced.
    c.res = undefined;
    c.res = await refuse(limit, c, taken.retryAfterMs);
  };
}

function refuse(limit: RateLimit, c: Context, retryAfterMs: number): Response | Promise<Response> {
  const headers = { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  if (limit.refuse) return limit.refuse(c, headers);
  return problem(c, {
    status: 429,
    title: 'Too Many Requests',
    detail: 'There were too many requests from this address. Please try again later.',
    headers,
  });
}
