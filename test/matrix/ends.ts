// Owns: every end a cell can have, in words for the table and in numbers for the check.
import type { ChargeState } from '../../src/domain/session/charge-state.ts';
import type { AttentionReason } from '../../src/domain/session/state.ts';
import type { ReleaseSource } from '../../src/domain/payment.ts';
import type { Provider } from './table.ts';

/** How everything must stand when nothing is left to do. Amounts in minor units. */
export interface End {
  /** as the table says it */
  name: string;
  /** null: there must be no session at all */
  state: ChargeState | null;
  reservedMinor: number;
  capturedMinor: number;
  releasedMinor: number;
  releaseSource: ReleaseSource | null;
  attention: AttentionReason | null;
  refundedMinor: number;
  receiptTexts: 0 | 1;
  /** still held at the stand-in: only where our record says so as well, by its reason for attention or as assumed */
  heldMinor: number;
  /** words of a text that the customer must have got */
  notified?: RegExp;
}

const charged: End = {
  name: 'charged',
  state: 'captured',
  reservedMinor: 500,
  capturedMinor: 100,
  releasedMinor: 400,
  releaseSource: 'provider',
  attention: null,
  refundedMinor: 0,
  receiptTexts: 1,
  heldMinor: 0,
};
const nothingTaken: End = {
  ...charged,
  name: 'cancelled',
  state: 'cancelled',
  reservedMinor: 0,
  capturedMinor: 0,
  releasedMinor: 0,
  releaseSource: null,
  receiptTexts: 0,
};

/** Every end, by the name it has in the table. Paycore has no release call, so the release of the rest is assumed there. */
export const ENDS = {
  charged: '1.00 captured once, 4.00 released, one receipt text',
  unreceipted:
    'the same without a receipt text: the outcome of its sending is unknown, so it is not sent again',
  dearer: '2.00 captured once (the skipped time counts), the rest released, one receipt text',
  restStays: '1.00 captured, one receipt text; the release is refused, and the session needs attention',
  notStarted: 'the customer is notified that it could not start; nothing is reserved',
  refused: 'the same, and the session needs attention',
  expired: 'the payment link has expired, the customer is notified; nothing is reserved',
  cancelled: 'cancelled, the customer is notified; nothing is reserved',
  givenBack: 'cancelled; the late approval is released and the customer is notified',
  free: 'a use of no time: nothing captured, all released, and the customer is notified',
  lost: 'nothing captured, no receipt; recorded as lost, and the session needs attention',
  lapsed: 'nothing captured, no receipt; recorded as lapsed, and the session needs attention',
  refunded: 'charged, 0.50 refunded once, one credit note',
  notRefunded: 'charged, nothing refunded, no credit note; the refusal is recorded',
  nothingStarts: 'no session; the customer is asked to send the word again',
} as const;
export type EndName = keyof typeof ENDS;

export function endOf(name: EndName, provider: Provider): End {
  const isPaycore = provider === 'paycore';
  const paid: End = isPaycore ? { ...charged, releaseSource: 'assumed', heldMinor: 400 } : charged;
  switch (name) {
    case 'charged':
      return paid;
    case 'unreceipted':
      return { ...paid, name, receiptTexts: 0 };
    case 'dearer':
      return { ...paid, name, capturedMinor: 200, releasedMinor: 300, heldMinor: isPaycore ? 300 : 0 };
    case 'restStays':
      return { ...paid, name, releaseSource: 'assumed', attention: 'releaseRefused', heldMinor: 400 };
    case 'notStarted':
      return { ...nothingTaken, name, notified: /could not start/i };
    case 'refused':
      return { ...nothingTaken, name, notified: /could not start/i, attention: 'reservationRefused' };
    case 'expired':
      return { ...nothingTaken, name, state: 'expired', notified: /expired/i };
    case 'cancelled':
      return { ...nothingTaken, notified: /cancelled/i };
    case 'givenBack':
      return {
        ...nothingTaken,
        name,
        reservedMinor: 500,
        releasedMinor: 500,
        releaseSource: isPaycore ? 'assumed' : 'provider',
        attention: isPaycore ? 'releaseNotCallable' : null,
        heldMinor: isPaycore ? 500 : 0,
        notified: /too late/i,
      };
    case 'free':
      return {
        ...nothingTaken,
        name,
        state: 'released',
        reservedMinor: 500,
        releasedMinor: 500,
        releaseSource: isPaycore ? 'assumed' : 'provider',
        attention: isPaycore ? 'releaseNotCallable' : null,
        heldMinor: isPaycore ? 500 : 0,
        notified: /charged nothing/i,
      };
    case 'lost':
      return {
        ...nothingTaken,
        name,
        state: 'lost',
        reservedMinor: 500,
        releasedMinor: 500,
        // Where there is a call for it the reservation is given back, and a read proves it.
        releaseSource: isPaycore ? 'assumed' : 'provider',
        attention: 'captureRefused',
        heldMinor: isPaycore ? 500 : 0,
      };
    case 'lapsed':
      return {
        ...nothingTaken,
        name,
        state: 'lapsed',
        reservedMinor: 500,
        releasedMinor: 500,
        releaseSource: 'provider',
        attention: 'captureRefused',
      };
    case 'refunded':
      return { ...paid, name, refundedMinor: 50 };
    case 'notRefunded':
      return { ...paid, name };
    case 'nothingStarts':
      return { ...nothingTaken, name, state: null, notified: /send CHARGE again/i };
  }
}
