import { type VippsEventName, VIPPS_EVENT_NAMES } from './records.ts';

export function webhookEventName(name: VippsEventName): string {
  return `epayments.payment.${name.toLowerCase()}.v1`;
}

/** Every event a registration may ask for. */
export const WEBHOOK_EVENTS: ReadonlySet<string> = new Set(VIPPS_EVENT_NAMES.map(webhookEventName));
