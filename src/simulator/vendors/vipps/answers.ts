import type { Context } from 'hono';
import type { VendorEnv } from '../../recording.ts';
import type { ForcedAnswers } from '../../request-faults.ts';
import type { Store } from '../../store.ts';
import { problemAnswer, refusal, type VippsAnswer } from './errors.ts';
import { expireToken } from './tokens.ts';

/** An error is problem+json, as the vendor's. */
export function answer(c: Context<VendorEnv>, { status, body }: VippsAnswer): Response {
  const contentType = status >= 400 ? 'application/problem+json' : 'application/json';
  return c.body(JSON.stringify(body), status, { 'content-type': contentType });
}

export function tooManyRequests(c: Context<VendorEnv>, waitSeconds: number): Response {
  c.header('retry-after', String(waitSeconds));
  return answer(c, problemAnswer(429, 'Too Many Requests', c.req.path));
}

/** The answers that a fault forces from this vendor. `refused` is the operation's own: it stays bound to the Idempotency-Key. */
export function forcedAnswers(
  store: Store,
  refused: ForcedAnswers['refused'],
  more: Pick<ForcedAnswers, 'conflict' | 'releaseEarly'> = {},
): ForcedAnswers {
  return {
    ...more,
    refused,
    unavailable: (c) => answer(c, refusal('internalError', c.req.path)),
    unauthorized: (c) => answer(c, problemAnswer(401, 'Unauthorized', c.req.path)),
    locked: (c) => answer(c, refusal('processing', c.req.path)),
    rateLimited: tooManyRequests,
    expireToken: (c) => {
      expireToken(store, c);
      return answer(c, problemAnswer(401, 'Unauthorized', c.req.path));
    },
  };
}
