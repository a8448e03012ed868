import { type VippsError } from './errors.ts';

// Amounts in øre that fail on purpose in the vendor's test environment (facts: payments.md A2). What each call answers
// is not published: assumed here is that an approval leaves the payment waiting and a capture is refused.

const FAILING: Readonly<Record<number, { capture: VippsError; approval: string }>> = {
  151: { capture: 'fundsUnavailable', approval: 'There is not enough money on the account.' },
  182: { capture: 'captureFailed', approval: 'The bank refused the payment.' },
  183: { capture: 'captureFailed', approval: 'The payment was stopped as suspected fraud.' },
  184: { capture: 'captureFailed', approval: 'The amount is above the limit of the card.' },
  186: { capture: 'captureFailed', approval: 'The card has expired.' },
  187: { capture: 'captureFailed', approval: 'The card is not valid.' },
  197: { capture: 'captureFailed', approval: '3-D Secure was denied.' },
  202: { capture: 'captureFailed', approval: 'Strong customer authentication is required.' },
};
const REFUND_CODES: Readonly<Record<number, VippsError>> = {
  123: 'cannotRefund',
  124: 'refundPeriodOver',
};

/** The result is unknown for an hour. */
export const UNKNOWN_RESULT_MINOR = 201;
/** A force approve with an expired test card shows as HTTP 500. */
export const EXPIRED_CARD_MINOR = 186;

export function failedApproval(amountMinor: number): string | null {
  return FAILING[amountMinor]?.approval ?? null;
}

export function failedCapture(amountMinor: number): VippsError | null {
  return FAILING[amountMinor]?.capture ?? null;
}

export function failedRefund(amountMinor: number): VippsError | null {
  return REFUND_CODES[amountMinor] ?? null;
}
