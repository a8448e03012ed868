import { createHmac, randomBytes } from 'node:crypto';
import type { Context, Hono, MiddlewareHandler } from 'hono';
import { sameText } from '../basic-auth.ts';
import type { Faults } from '../faults.ts';
import type { VippsSalesUnit } from '../options.ts';
import type { VendorEnv } from '../recording.ts';
import { disturbed } from '../request-faults.ts';
import type { SimulatorClock } from '../simulator-clock.ts';
import type { Timers } from '../timers.ts';
import { answer, forcedAnswers } from './answers.ts';
import { malformed, problemAnswer, type VippsAnswer } from './errors.ts';

// Token and headers (facts: payments.md A1; specs: vipps-access-token.yaml).

/** As in the vendor's test environment; production gives 24 hours. */
const tokenLivesSeconds = 3_600;
const longestSystemHeader = 30;
const systemHeaders = ['name', 'version', 'plugin-name', 'plugin-version'].map(
  (part) => `vipps-system-${part}`,
);
/** Real tokens have over a thousand characters; a client must not have a smaller place for them. */
const tokenPaddingBytes = 712;
const tokenHeadBytes = 8;

interface Parts {
  clock: SimulatorClock;
  faults: Faults;
  timers: Timers;
  salesUnit: VippsSalesUnit;
}

export function tokenRoutes(app: Hono<VendorEnv>, parts: Parts): void {
  const give = (c: Context<VendorEnv>) => giveToken(parts, c);
  app.post('/accesstoken/get', disturbed(parts, 'token', forcedAnswers(give), give));
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
  const expirySeconds = issuedSeconds + tokenLivesSeconds;
  const body = {
    token_type: 'Bearer',
    expires_in: String(tokenLivesSeconds),
    ext_expires_in: '0',
    expires_on: String(expirySeconds),
    not_before: String(issuedSeconds),
    resource: '00000002-0000-0000-c000-000000000000',
    access_token: newToken(expirySeconds, clientSecret),
  };
  return c.body(JSON.stringify(body), 200, { 'content-type': 'application/json;charset=UTF-8' });
}

/** A token says itself until when it is valid, so several are valid at once, and a restart forgets none. */
function newToken(expirySeconds: number, clientSecret: string): string {
  const head = Buffer.alloc(tokenHeadBytes);
  head.writeBigUInt64BE(BigInt(expirySeconds));
  const content = Buffer.concat([head, randomBytes(tokenPaddingBytes)]);
  return Buffer.concat([content, seal(content, clientSecret)]).toString('base64');
}

function isValidToken(token: string, clientSecret: string, wallMs: number): boolean {
  const bytes = Buffer.from(token, 'base64');
  const content = bytes.subarray(0, tokenHeadBytes + tokenPaddingBytes);
  if (content.length < tokenHeadBytes + tokenPaddingBytes) return false;
  const isOurs = sameText(
    bytes.subarray(content.length).toString('hex'),
    seal(content, clientSecret).toString('hex'),
  );
  return isOurs && wallMs < Number(content.readBigUInt64BE()) * 1_000;
}

function seal(content: Buffer, clientSecret: string): Buffer {
  return createHmac('sha256', clientSecret).update(content).digest();
}

/** Every call names the sales unit and carries the subscription key and a token that is still valid. */
export function authorized({ clock, salesUnit }: Parts): MiddlewareHandler<VendorEnv> {
  return async (c, next) => {
    const refused = accessRefusal(c, salesUnit, clock.wallMs());
    if (refused !== null) return answer(c, refused);
    await next();
    return undefined;
  };
}

function accessRefusal(c: Context<VendorEnv>, salesUnit: VippsSalesUnit, wallMs: number): VippsAnswer | null {
  const [, token] = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '') ?? [];
  const isIn = token !== undefined && isValidToken(token, salesUnit.clientSecret, wallMs);
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
  const tooLong = systemHeaders.filter((name) => (c.req.header(name) ?? '').length > longestSystemHeader);
  if (tooLong.length === 0) return null;
  const reason = `has more than ${longestSystemHeader} characters`;
  return malformed(
    tooLong.map((name) => ({ name, reason })),
    c.req.path,
  );
}
