import { createHash, createHmac } from 'node:crypto';
import type { InboundHttpRequest, PaymentCallbacks } from '../../../ports/webhooks.ts';
import { parseJson } from '../../http/body.ts';
import { isSameSecret } from '../../http/credentials.ts';
import type { VippsCallbackConfig } from './settings.ts';
import { webhookEventSchema } from './schema.ts';

const TOLERANCE_MS = 5 * 60_000;

/**
 * Vipps' webhooks: an event is a hint to read the payment. Name, amount and `success` are not used, so doubled, late and
 * reordered ones do no harm. The signature over the raw body is checked against every known secret, and its time is
 * bounded, which Vipps leaves to the receiver. The event's pspReference is its own, not the payment's: only our reference counts.
 */
export function createVippsCallbacks(config: VippsCallbackConfig): PaymentCallbacks {
  const { webhooks, now = Date.now } = config;
  const secrets = () => webhooks().map(({ secret }) => secret);

  return {
    parse(request) {
      if (!isSigned(request, secrets()) || !isFresh(request, now()))
        return { ok: false, status: 401, detail: 'The signature is missing, wrong or too old.' };
      const event = webhookEventSchema.safeParse(parseJson(request.body));
      if (!event.success) return { ok: false, status: 400, detail: 'No payment is named.' };
      return { ok: true, hints: [{ paymentReference: event.data.reference, providerReference: null }] };
    },
  };
}

function isSigned(request: InboundHttpRequest, secrets: readonly string[]): boolean {
  const { headers, body } = request;
  const address = addressOf(request.url);
  const signature = readAuthorization(headers['authorization']);
  const { 'x-ms-date': date, 'x-ms-content-sha256': contentHash } = headers;
  if (request.method !== 'POST' || !address || !signature || !date || !contentHash) return false;
  if (!isSameSecret(contentHash, contentHashOf(body))) return false;
  const signed = { ...address, date, contentHash };
  // All of them, so that the time does not show which one fits. An empty secret would be anybody's.
  const matches = secrets.filter(
    (secret) => secret !== '' && isSameSecret(signature, callbackSignature(secret, signed)),
  );
  return matches.length > 0;
}

/** Checked after the signature, which covers the time. */
function isFresh(request: InboundHttpRequest, nowMs: number): boolean {
  const date = request.headers['x-ms-date'] ?? '';
  const isHttpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(date);
  // NaN for a day that does not exist, which is within no bound.
  return isHttpDate && Math.abs(nowMs - Date.parse(date)) <= TOLERANCE_MS;
}

/** Path and query are cut out, not parsed: a signature covers the very characters that were called. */
function addressOf(url: string): { host: string; pathAndQuery: string } | null {
  if (!URL.canParse(url)) return null;
  const rest = /^https?:\/\/[^/?#]*(.*)$/i.exec(url)?.[1];
  if (rest === undefined) return null;
  return { host: new URL(url).host, pathAndQuery: rest === '' ? '/' : rest };
}

/** What a signature covers. */
interface SignedCallback {
  /** of the registered URL, exactly as called */
  pathAndQuery: string;
  /** of the registered URL, with its port unless that is the default one */
  host: string;
  /** `x-ms-date`, as sent */
  date: string;
  /** `x-ms-content-sha256`, as sent */
  contentHash: string;
}

/** base64(SHA-256) of the raw body. */
export function contentHashOf(body: string): string {
  return createHash('sha256').update(body, 'utf8').digest('base64');
}

/**
 * The signature of a webhook (vendor's request authentication page, confirmed with its 2023 sample): the HMAC key is the
 * secret's text as given, though it has the form of base64.
 */
export function callbackSignature(secret: string, signed: SignedCallback): string {
  const { pathAndQuery, host, date, contentHash } = signed;
  return createHmac('sha256', Buffer.from(secret, 'utf8'))
    .update(`POST\n${pathAndQuery}\n${date};${host};${contentHash}`, 'utf8')
    .digest('base64');
}

const AUTHORIZATION = /^HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=(\S+)$/;

/** The signature in an `Authorization` header; null when it is of another form. */
function readAuthorization(header: string | undefined): string | null {
  return AUTHORIZATION.exec(header ?? '')?.[1] ?? null;
}
