import type { Context, Hono, MiddlewareHandler } from 'hono';
import { sameText } from '../../secrets.ts';
import type { SimulatorParts } from '../../parts.ts';
import type { VippsSalesUnit } from '../../options.ts';
import type { VendorEnv } from '../../recording.ts';
import { disturbed } from '../../request-faults.ts';
import type { Store } from '../../store.ts';
import { answer, forcedAnswers } from './answers.ts';
import { malformed, problemAnswer, type VippsAnswer } from './errors.ts';
import { bearerToken, isValidToken, newToken } from './tokens.ts';

// Token and headers (facts: payments.md A1; specs: vipps-access-token.yaml).

/** As in the vendor's test environment; production gives 24 hours. */
const TOKEN_LIVES_SECONDS = 3_600;
const MAX_SYSTEM_HEADER_LENGTH = 30;
const SYSTEM_HEADERS = ['name', 'version', 'plugin-name', 'plugin-version'].map(
  (part) => `vipps-system-${part}`,
);

type Parts = SimulatorParts & { salesUnit: VippsSalesUnit };

export function tokenRoutes(app: Hono<VendorEnv>, parts: Parts): void {
  const give = (c: Context<VendorEnv>) => giveToken(parts, c);
  app.post('/accesstoken/get', disturbed(parts, 'token', forcedAnswers(parts.store, give), give));
}

function giveToken({ clock, salesUnit }: Parts, c: Context<VendorEnv>): Response {
  const bad = badSystemHeader(c);
  if (bad !== null) return answer(c, bad);
  const { clientId, clientSecret } = salesUnit;
  const isKnown =
    sameText(c.req.header('client_id') ?? '', clientId) &&
    sameText(c.req.header('client_secret') ?? '', clientSecret);
  if (!isKnown || !hasSubscriptionKey(c, salesUnit) || hasForeignMsn(c, salesUnit)) {
    return c.json({ error: 'unauthorized_client', error_description: 'Unknown credentials (TEST)' }, 401);
  }
  const issuedSeconds = Math.floor(clock.wallMs() / 1_000);
  const expirySeconds = issuedSeconds + TOKEN_LIVES_SECONDS;
  const body = {
    token_type: 'Bearer',
    expires_in: String(TOKEN_LIVES_SECONDS),
    ext_expires_in: '0',
    expires_on: String(expirySeconds),
    not_before: String(issuedSeconds),
    resource: '00000002-0000-0000-c000-000000000000',
    access_token: newToken(expirySeconds, clientSecret),
  };
  return c.body(JSON.stringify(body), 200, { 'content-type': 'application/json;charset=UTF-8' });
}

/** Every call names the sales unit and carries the subscription key and a token that is still valid. */
export function authorized({ store, clock, salesUnit }: Parts): MiddlewareHandler<VendorEnv> {
  return async (c, next) => {
    const refused = accessRefusal(store, c, salesUnit, clock.wallMs());
    if (refused !== null) return answer(c, refused);
    await next();
    return undefined;
  };
}

function accessRefusal(
  store: Store,
  c: Context<VendorEnv>,
  salesUnit: VippsSalesUnit,
  wallMs: number,
): VippsAnswer | null {
  const token = bearerToken(c);
  const isIn = token !== null && isValidToken(store, token, salesUnit.clientSecret, wallMs);
  if (!isIn || !hasSubscriptionKey(c, salesUnit)) {
    return problemAnswer(401, 'Unauthorized', c.req.path);
  }
  if (c.req.header('merchant-serial-number') === undefined) {
    return malformed([{ name: 'Merchant-Serial-Number', reason: 'is required' }], c.req.path);
  }
  if (hasForeignMsn(c, salesUnit)) return problemAnswer(403, 'Forbidden', c.req.path);
  return badSystemHeader(c);
}

function hasSubscriptionKey(c: Context<VendorEnv>, { subscriptionKey }: VippsSalesUnit): boolean {
  return sameText(c.req.header('ocp-apim-subscription-key') ?? '', subscriptionKey);
}

function hasForeignMsn(c: Context<VendorEnv>, { merchantSerialNumber }: VippsSalesUnit): boolean {
  return (c.req.header('merchant-serial-number') ?? merchantSerialNumber) !== merchantSerialNumber;
}

function badSystemHeader(c: Context<VendorEnv>): VippsAnswer | null {
  const tooLong = SYSTEM_HEADERS.filter(
    (name) => (c.req.header(name) ?? '').length > MAX_SYSTEM_HEADER_LENGTH,
  );
  if (tooLong.length === 0) return null;
  const reason = `has more than ${MAX_SYSTEM_HEADER_LENGTH} characters`;
  return malformed(
    tooLong.map((name) => ({ name, reason })),
    c.req.path,
  );
}
