/** What became of a text to a customer: whether it went out, and whether it arrived. */
import { addMs, isBefore, type Instant } from './instant.ts';

/**
 * sending -> sent | rejected | unknown; sending -> prepared -> sending: the gateway may accept it later; unknown ->
 * sending | sent: it may repeat, or the answer came late. `suppressed`: decided not to send (switch off, capped).
 */
export type OutboundState = 'prepared' | 'sending' | 'sent' | 'rejected' | 'unknown' | 'suppressed';

export type SendTextOutcome = Extract<OutboundState, 'sent' | 'suppressed' | 'rejected' | 'unknown'>;

/** What a gateway reports. `failed` and `unknown` are final as well: nobody knows of the latter whether the phone has it. */
export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'unknown';

/** `notRequested`: no report was requested, so that nothing is known after the gateway accepted the text. */
export type TextDelivery = DeliveryState | 'notRequested';

export interface TextFate {
  state: OutboundState;
  /** null: the gateway has not accepted it, as far as is known */
  delivery: TextDelivery | null;
}

/** Of a text in several parts the worst counts: a phone shows it only when it has all of them. */
export function deliveryOf(
  state: OutboundState,
  parts: readonly DeliveryState[],
  isReportRequested: boolean,
): TextDelivery | null {
  const worst = (['failed', 'pending', 'unknown'] as const).find((part) => parts.includes(part));
  if (worst !== undefined) return worst;
  if (parts.length > 0) return 'delivered';
  if (state !== 'sent') return null;
  return isReportRequested ? 'pending' : 'notRequested';
}

/** Only such a text counts as sent: one that was refused, or that is reported failed, has not reached the customer. */
export function hasGoneOut({ state, delivery }: TextFate): boolean {
  return delivery === 'delivered' || (state === 'sent' && delivery !== 'failed');
}

export interface LinkText extends TextFate {
  kind: string;
  gateway: string;
  code: string | null;
  /** when the gateway accepted it, else when it was made */
  at: Instant;
}

/** `notSent`: no gateway has accepted it, or nobody knows; `noReport`: the gateway was to report its delivery, and has not. */
export type LinkFault = (typeof LINK_FAULTS)[number];
export const LINK_FAULTS = ['refused', 'failed', 'notSent', 'noReport'] as const;

/** The customer stands beside the machine and waits: a payment link that takes longer counts as lost. */
export const LINK_DUE_MS = 60_000;

/**
 * The first link of a session that has not arrived and why, in the order of their making; null while all may still arrive,
 * or where one has, as far as its gateway reports.
 */
export function lostLink<T extends LinkText>(
  texts: readonly T[],
  now: Instant,
): { text: T; fault: LinkFault } | null {
  if (texts.some(hasArrived)) return null;
  for (const text of texts) {
    const fault = linkFault(text, now);
    if (fault !== null) return { text, fault };
  }
  return null;
}

function hasArrived({ state, delivery }: TextFate): boolean {
  return delivery === 'delivered' || (state === 'sent' && delivery === 'notRequested');
}

function linkFault({ state, delivery, at }: LinkText, now: Instant): LinkFault | null {
  if (state === 'rejected') return 'refused';
  if (delivery === 'failed') return 'failed';
  if (isBefore(now, addMs(at, LINK_DUE_MS))) return null;
  return state === 'sent' ? 'noReport' : 'notSent';
}
