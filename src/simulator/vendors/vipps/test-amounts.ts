import { CODE, type VippsErrorCode } from './errors.ts';

// Amounts in øre that fail on purpose in the vendor's test environment (facts: payments.md A2). What each call answers
// is not published: assumed here is that an approval leaves the payment waiting and a capture is refused.

const REFUSED_BY_ISSUER: VippsErrorCode = CODE.captureFailed;
const CAPTURE_CODES: Readonly<Record<number, VippsErrorCode>> = {
  151: CODE.fundsUnavailable,
  182: REFUSED_BY_ISSUER,
  183: REFUSED_BY_ISSUER,
  184: REFUSED_BY_ISSUER,
  186: REFUSED_BY_ISSUER,
  187: REFUSED_BY_ISSUER,
  197: REFUSED_BY_ISSUER,
  202: REFUSED_BY_ISSUER,
};
const APPROVAL_TEXTS: Readonly<Record<number, string>> = {
  151: 'There is not enough money on the account.',
  182: 'The bank refused the payment.',
  183: 'The payment was stopped as suspected fraud.',
  184: 'The amount is above the limit of the card.',
  186: 'The card has expired.',
  187: 'The card is not valid.',
  197: '3-D Secure was denied.',
  202: 'Strong customer authentication is required.',
};
const REFUND_CODES: Readonly<Record<number, VippsErrorCode>> = {
  123: CODE.cannotRefund,
  124: CODE.refundPeriodOver,
};

/** The result is unknown for an hour. */
export const UNKNOWN_RESULT_MINOR = 201;
/** A force approve with an expired test card shows as HTTP 500. */
export const EXPIRED_CARD_MINOR = 186;

export function failedApproval(amountMinor: number): string | null {
  return APPROVAL_TEXTS[amountMinor] ?? null;
}

export function failedCapture(amountMinor: number): VippsErrorCode | null {
  return CAPTURE_CODES[amountMinor] ?? null;
}

export function failedRefund(amountMinor: number): VippsErrorCode | null {
  return REFUND_CODES[amountMinor] ?? null;
}
