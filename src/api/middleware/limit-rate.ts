/** Limits per address: 429 with Retry-After, before anything is looked up. */
import { createHash } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import type { TokenBuckets } from '../limits/token-buckets.ts';
import { problem } from '../problem.ts';

interface RateLimit {
  buckets: TokenBuckets;
  addressOf: (c: Context) => string;
  /** the answer to the one that is too many; default: a problem */
  refuse?: (c: Context, headers: Record<string, string>) => Response | Promise<Response>;
}

/** Every request counts. `keyOf`: what is counted apart, beside the address. */
export function limitRate(limit: RateLimit & { keyOf?: (c: Context) => string }): MiddlewareHandler {
  return async (c, next) => {
    const taken = limit.buckets.take(`${limit.addressOf(c)} ${limit.keyOf?.(c) ?? ''}`);
    if (taken.allowed) return await next();
    return refuse(limit, c, taken.retryAfterMs);
  };
}

/** Only requests that are answered 404 count: whoever guesses addresses is slowed down, whoever has one is not. */
export function limitWrongLinks(limit: RateLimit): MiddlewareHandler {
  return async (c, next) => await countOnly(limit, { c, key: limit.addressOf(c), status: 404 }, next);
}

/** Credentials that were right once pass, whatever others at the same address (behind a proxy) get wrong. */
const MOST_KNOWN_CREDENTIALS = 100;

/** Only requests that are answered 401 count, path by path. */
export function limitFailedLogins(limit: RateLimit): MiddlewareHandler {
  const known = new Set<string>();
  return async (c, next) => {
    const header = c.req.header('authorization');
    const digest = header === undefined ? null : createHash('sha256').update(header).digest('base64');
    if (digest !== null && known.has(digest)) return await next();
    const refused = await countOnly(
      limit,
      { c, key: `${limit.addressOf(c)} ${c.req.path}`, status: 401 },
      next,
    );
    if (!refused && digest !== null && c.res.ok && known.size < MOST_KNOWN_CREDENTIALS) known.add(digest);
    return refused;
  };
}

/** Taken before and given back after, so that many at once cannot all pass. */
async function countOnly(
  limit: RateLimit,
  { c, key, status }: { c: Context; key: string; status: number },
  next: () => Promise<void>,
): Promise<Response | undefined> {
  const taken = limit.buckets.take(key);
  if (!taken.allowed) return refuse(limit, c, taken.retryAfterMs);
  await next();
  if (c.res.status !== status) limit.buckets.giveBack(key);
  return undefined;
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
