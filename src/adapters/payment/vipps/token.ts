import { parseJson } from '../../http/body.ts';
import type { Outcome } from '../../http/exchange.ts';
import { tokenSchema } from './schema.ts';

/** An access token, or the reply that was not one. */
export type TokenResult = { kind: 'token'; token: string } | { kind: 'noToken'; reply: Outcome };

/** Access tokens of one sales unit, shared by all of its calls. */
export interface TokenSource {
  /** The held token while it is valid; otherwise fetches one, once for all waiting callers. */
  get(): Promise<TokenResult>;
  /** Vipps refused this token: it is not returned again. */
  drop(token: string): void;
}

/** A token is renewed this long before its expiry, so that none expires in flight; a short-lived one at half its life. */
const RENEW_BEFORE_MS = 60_000;

/**
 * Access tokens of `POST /accesstoken/get`: valid for 1 hour (test) or 24 hours (production), to be reused; several may be
 * valid at once. `expires_in` and `expires_on` are strings of seconds; the former counts on our own clock, so a wrong clock
 * does no harm.
 */
export function createTokenSource(fetchToken: () => Promise<Outcome>, now: () => number): TokenSource {
  let held: { token: string; renewAtMs: number } | null = null;
  let pending: Promise<TokenResult> | null = null;

  async function renew(): Promise<TokenResult> {
    const askedAtMs = now();
    const reply = await fetchToken();
    if (reply.kind !== 'answered' || reply.status !== 200) return { kind: 'noToken', reply };
    const parsed = tokenSchema.safeParse(parseJson(reply.body));
    if (!parsed.success) return { kind: 'noToken', reply };
    const { access_token: token, expires_in: lifeSeconds, expires_on: endSeconds } = parsed.data;
    const lifeMs = lifeSeconds === undefined ? (endSeconds ?? 0) * 1000 - askedAtMs : lifeSeconds * 1000;
    held = { token, renewAtMs: askedAtMs + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 2) };
    return { kind: 'token', token };
  }

  return {
    async get() {
      if (held && now() < held.renewAtMs) return { kind: 'token', token: held.token };
      pending ??= renew().finally(() => {
        pending = null;
      });
      return pending;
    },
    drop(token) {
      if (held?.token === token) held = null;
    },
  };
}
