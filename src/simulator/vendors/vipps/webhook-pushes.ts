import { type VippsEventName, VIPPS_EVENT_NAMES } from './records.ts';
import { createHash, createHmac } from 'node:crypto';
import type { Change, Store } from '../../store.ts';

export function webhookEventName(name: VippsEventName): string {
  return `epayments.payment.${name.toLowerCase()}.v1`;
}

/** Every event a registration may name. */
export const WEBHOOK_EVENTS: ReadonlySet<string> = new Set(VIPPS_EVENT_NAMES.map(webhookEventName));

export interface SignedHeaders {
  'x-ms-date': string;
  'x-ms-content-sha256': string;
  authorization: string;
}

/** The headers that sign a push (facts: payments.md A3). The key is the secret's text, not what its base64 stands for. */
export function signWebhook(push: {
  url: string;
  body: string;
  secret: string;
  wallMs: number;
}): SignedHeaders {
  const { host, pathname, search } = new URL(push.url);
  const date = new Date(push.wallMs).toUTCString();
  const contentHash = createHash('sha256').update(push.body).digest('base64');
  const signed = `POST\n${pathname}${search}\n${date};${host};${contentHash}`;
  const signature = createHmac('sha256', push.secret).update(signed).digest('base64');
  return {
    'x-ms-date': date,
    'x-ms-content-sha256': contentHash,
    authorization: `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`,
  };
}

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;
const LAST_HOURLY_TRY = 29;
const MAX_AGE_MS = 7 * DAY_MS;

/**
 * How long a push waits after so many failed tries, null when it is given up: four tries about 2 s apart, then after
 * 60 s, 120 s, hourly up to try 29, then daily, for 7 days in all (facts: payments.md A3). `scale` shortens them all.
 */
export function webhookWaitMs(failedTries: number, ageMs: number, scale: number): number | null {
  const waitMs = Math.max(1, Math.round(publishedWaitMs(failedTries) * scale));
  return ageMs + waitMs > MAX_AGE_MS * scale ? null : waitMs;
}

function publishedWaitMs(failedTries: number): number {
  if (failedTries < 4) return 2 * SECOND_MS;
  if (failedTries === 4) return 60 * SECOND_MS;
  if (failedTries === 5) return 120 * SECOND_MS;
  return failedTries < LAST_HOURLY_TRY ? HOUR_MS : DAY_MS;
}

const DEAD_AFTER_MS = 14 * 24 * 3_600_000;

/** Deletes a registration after two weeks without an accepted push. */
export function registrationAfterTry(
  store: Store,
  registration: string | undefined,
  isAccepted: boolean,
  wallMs: number,
): Change[] {
  const row = registration === undefined ? undefined : store.vippsWebhooks.get(registration);
  if (row === undefined) return [];
  if (isAccepted) {
    return row.failingSinceMs === null
      ? []
      : [{ table: 'vippsWebhook', put: { ...row, failingSinceMs: null } }];
  }
  if (row.failingSinceMs === null)
    return [{ table: 'vippsWebhook', put: { ...row, failingSinceMs: wallMs } }];
  return wallMs - row.failingSinceMs >= DEAD_AFTER_MS ? forgetWebhook(store, row.id) : [];
}

/** The registration and all it has not delivered. */
export function forgetWebhook(store: Store, id: string): Change[] {
  const undelivered = [...store.deliveries.values()].filter((row) => row.registration === id);
  return [
    { table: 'vippsWebhook', remove: id },
    ...undelivered.map((row): Change => ({ table: 'delivery', remove: row.id })),
  ];
}
