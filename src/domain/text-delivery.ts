/** What became of a text to a customer: whether it went out, and whether it arrived. */

/** prepared -> sending -> sent | rejected | unknown; `suppressed`: decided not to send (switch off, capped). */
export type OutboundState = 'prepared' | 'sending' | 'sent' | 'rejected' | 'unknown' | 'suppressed';

/** What a gateway reports. `failed` and `unknown` are final as well: nobody knows of the latter whether the phone has it. */
export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'unknown';

/** `notAsked`: the gateway was asked for no report, so that nothing is known after it took the text. */
export type TextDelivery = DeliveryState | 'notAsked';

export interface TextFate {
  state: OutboundState;
  /** null: the gateway has not taken it, as far as is known */
  delivery: TextDelivery | null;
}

/** Of a text in several parts the worst counts: a phone shows it only when it has all of them. */
export function deliveryOf(
  state: OutboundState,
  parts: readonly DeliveryState[],
  isReportAsked: boolean,
): TextDelivery | null {
  const worst = (['failed', 'pending', 'unknown'] as const).find((part) => parts.includes(part));
  if (worst !== undefined) return worst;
  if (parts.length > 0) return 'delivered';
  if (state !== 'sent') return null;
  return isReportAsked ? 'pending' : 'notAsked';
}

/** Only such a text counts as sent: one that was refused, or that is reported failed, has told the customer nothing. */
export function hasGoneOut({ state, delivery }: TextFate): boolean {
  return delivery === 'delivered' || (state === 'sent' && delivery !== 'failed');
}
