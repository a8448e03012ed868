import type { VippsErrorCode } from './errors.ts';

// Amounts in øre that fail on purpose in the vendor's test environment (facts: payments.md A2). What each call answers
// is not published: assumed here is that an approval leaves the payment waiting and a capture is refused.

const refusedByIssuer: VippsErrorCode = 6280;
const captureCodes: Readonly<Record<number, VippsErrorCode>> = {
  151: 6260,
  182: refusedByIssuer,
  183: refusedByIssuer,
  184: refusedByIssuer,
  186: refusedByIssuer,
  187: refusedByIssuer,
  197: refusedByIssuer,
  202: refusedByIssuer,
};
const approvalTexts: Readonly<Record<number, string>> = {
  151: 'There is not enough money on the account.',
  182: 'The bank refused the payment.',
  183: 'The payment was stopped as suspected fraud.',
  184: 'The amount is above the limit of the card.',
  186: 'The card has expired.',
  187: 'The card is not valid.',
  197: '3-D Secure was denied.',
  202: 'Strong customer authentication is required.',
};
const refundCodes: Readonly<Record<number, VippsErrorCode>> = { 123: 6210, 124: 6220 };

/** The result is unknown for an hour. */
export const unknownResultMinor = 201;
/** A force approve with an expired test card shows as HTTP 500. */
export const expiredCardMinor = 186;

export function failedApproval(amountMinor: number): string | null {
  return approvalTexts[amountMinor] ?? null;
}

export function failedCapture(amountMinor: number): VippsErrorCode | null {
  return captureCodes[amountMinor] ?? null;
}

export function failedRefund(amountMinor: number): VippsErrorCode | null {
  return refundCodes[amountMinor] ?? null;
}
