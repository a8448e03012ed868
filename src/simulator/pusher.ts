import { basicHeader } from './secrets.ts';
import { type Party, shownBody, shownHeaders } from './exchanges.ts';
import { asNotDelivered } from './vendors/link/messages.ts';
import type { WebhookTarget } from './options.ts';
import type { DeliveryKind, DeliveryRow, FaultRow } from './records.ts';
import type { SimulatorParts } from './parts.ts';
import { signWebhook } from './vendors/vipps/webhook-pushes.ts';

const ANSWER_WITHIN_MS = 10_000;

interface Parts extends Pick<SimulatorParts, 'store' | 'clock' | 'exchanges' | 'timers'> {
  webhooks: () => WebhookTarget;
}

interface Target {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
}

const SENDERS: Record<DeliveryKind, Party> = {
  mo: 'gateway',
  delivery: 'gateway',
  callback: 'paycore',
  event: 'vipps',
};

/** Makes one HTTP request of a vendor to sms2pay; returns whether it was accepted. */
export class Pusher {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async push(row: DeliveryRow, fault: FaultRow | null): Promise<boolean> {
    const { clock, exchanges, timers } = this.#parts;
    const body = fault?.kind === 'unsuccessful' ? unsuccessfulBody(row) : row.body;
    const url = fault?.kind === 'unsuccessful' ? unsuccessfulUrl(row.url) : row.url;
    const target = this.#target({ ...row, body, url }, fault?.kind === 'badSignature');
    const headers = new Headers(target.headers);
    if (body !== null) headers.set('content-type', 'application/json');
    const at = clock.now();
    const startedMs = clock.wallMs();
    const id = exchanges.newId();
    const answer = await this.#send(target, headers, body);
    if (timers.closing.aborted) return false;
    exchanges.record({
      id,
      at,
      from: SENDERS[row.kind],
      to: 'sms2pay',
      method: target.method,
      url: target.url,
      requestHeaders: shownHeaders(headers),
      requestBody: body ?? '',
      status: answer.status,
      responseBody: shownBody(answer.body),
      durationMs: clock.wallMs() - startedMs,
      note: fault === null ? answer.note : `fault: ${row.kind} ${fault.kind}`,
    });
    return isAccepted(row, answer);
  }

  #target(row: DeliveryRow, wrongCredentials: boolean): Target {
    if (row.url !== null && row.registration !== undefined) {
      return this.#webhookTarget(row.url, row.body ?? '', row.registration, wrongCredentials);
    }
    if (row.url !== null) return callbackTarget(row.url, wrongCredentials);
    const { smsUrl, deliveryUrl, username, password } = this.#parts.webhooks();
    const authorization = basicHeader(username, wrongCredentials ? `not-${password}` : password);
    return { url: row.kind === 'mo' ? smsUrl : deliveryUrl, method: 'POST', headers: { authorization } };
  }

  #webhookTarget(url: string, body: string, registration: string, wrongSecret: boolean): Target {
    const { store, clock } = this.#parts;
    const known = store.vippsWebhooks.get(registration)?.secret ?? '';
    const secret = wrongSecret ? `not-${known}` : known;
    return {
      url,
      method: 'POST',
      headers: { ...signWebhook({ url, body, secret, wallMs: clock.wallMs() }) },
    };
  }

  async #send(target: Target, headers: Headers, body: string | null) {
    const signal = AbortSignal.any([this.#parts.timers.closing, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    try {
      const { url, method } = target;
      const response = await fetch(url, { method, headers, body, redirect: 'manual', signal });
      return { status: response.status, body: await response.text(), note: null };
    } catch (error) {
      return { status: null, body: '', note: `no answer: ${causeOf(error)}` };
    }
  }
}

/** A gate with `acknowledge` wants a 2xx with a body for a customer's text; reports and callbacks want a 2xx. */
function isAccepted(row: DeliveryRow, answer: { status: number | null; body: string }): boolean {
  if (answer.status === null || answer.status < 200 || answer.status > 299) return false;
  return row.kind !== 'mo' || answer.body.trim() !== '';
}

/** Paycore reads Basic credentials from `user:password@` in the callback's URL. */
function callbackTarget(callbackUrl: string, wrongCredentials: boolean): Target {
  const url = new URL(callbackUrl);
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  const sendsCredentials = wrongCredentials || username !== '' || password !== '';
  const sentPassword = wrongCredentials ? `not-${password}` : password;
  const headers: Record<string, string> = sendsCredentials
    ? { authorization: basicHeader(username, sentPassword) }
    : {};
  return { url: url.href, method: 'GET', headers };
}

/** LINK's report of a text that did not arrive, or Vipps' event of something that failed. */
function unsuccessfulBody({ kind, body }: DeliveryRow): string | null {
  if (body === null) return null;
  if (kind === 'delivery') return asNotDelivered(body);
  const event: unknown = JSON.parse(body);
  return JSON.stringify({ ...(event as Record<string, unknown>), success: false });
}

const SUCCESS_WORDS = new Set(['Authorized', 'Captured', 'RESERVE', 'CAPTURE']);

/** Paycore's callback, whose status is in the address, as one of a failed payment. */
function unsuccessfulUrl(address: string | null): string | null {
  if (address === null) return null;
  const url = new URL(address);
  for (const [name, value] of new URLSearchParams(url.search)) {
    if (SUCCESS_WORDS.has(value)) url.searchParams.set(name, 'Failed');
  }
  return url.href;
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const cause: unknown = error.cause;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return error.name;
}
