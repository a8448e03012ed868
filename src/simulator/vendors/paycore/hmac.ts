import { createHash, createHmac } from 'node:crypto';
import { sameText } from '../../secrets.ts';
import type { PaycorePartner } from '../../options.ts';

// LINK's CreatingHmac.md and Java client (facts: sms-and-paycore.md B1).

const MAX_DRIFT_SECONDS = 600;
const SENT_SIGNATURE_LENGTH = 10;

export interface SignedRequest {
  method: string;
  /** absolute, as called, with the query */
  url: string;
  body: string;
  authorization: string | undefined;
}

type HmacCheck = { ok: true; nonce: string } | { ok: false; why: string };

/** Checks all but whether the nonce is new. The value may stand in double quotes or not: both were seen. */
export function checkHmac(request: SignedRequest, partner: PaycorePartner, wallMs: number): HmacCheck {
  const header = /^hmac\s+("?)([^":]+):([^":]{10}):([^":]{1,50}):(\d{1,12})\1\s*$/i.exec(
    request.authorization ?? '',
  );
  if (header === null) return { ok: false, why: 'No readable hmac Authorization header.' };
  const [, , partnerId = '', signature = '', nonce = '', unixSeconds = ''] = header;
  if (partnerId !== partner.partnerId) return { ok: false, why: 'Unknown partner.' };
  if (Math.abs(wallMs / 1_000 - Number(unixSeconds)) > MAX_DRIFT_SECONDS) {
    return { ok: false, why: 'The time of the request differs by more than 10 minutes.' };
  }
  const expected = signatureOf(request, partner, nonce, unixSeconds);
  return sameText(signature, expected)
    ? { ok: true, nonce }
    : { ok: false, why: 'The signature is not right.' };
}

function signatureOf(request: SignedRequest, partner: PaycorePartner, nonce: string, unixSeconds: string) {
  const bodyHash = request.body === '' ? '' : createHash('md5').update(request.body).digest('base64');
  const url = javaUrlEncode(request.url.toLowerCase());
  const signed = `${partner.partnerId}${request.method.toUpperCase()}${url}${unixSeconds}${nonce}${bodyHash}`;
  const key = Buffer.from(partner.secretBase64, 'base64');
  return createHmac('sha256', key).update(signed).digest('base64').slice(0, SENT_SIGNATURE_LENGTH);
}

/** `java.net.URLEncoder`: letters, digits, `.-*_` stay, a space becomes `+`, all else `%XX`. */
function javaUrlEncode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
