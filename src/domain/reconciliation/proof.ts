/** The three columns of a session, ours, the provider's and what the customer was told, with every point of the promise. */
import type { RaisedReason } from '../attention.ts';
import type { Instant } from '../instant.ts';
import type { Currency } from '../money.ts';
import type { ReleaseSource } from '../payment.ts';
import type { TextFate } from '../text-delivery.ts';
import {
  capturedInAllMinor,
  heldInAllMinor,
  ownPayment,
  theirsOf,
  type SessionBooks,
  type TheirBooks,
} from './books.ts';
import { checkSession, type Check } from './checks.ts';
import type { ChargeState } from '../session/charge-state.ts';

export type RowName = 'requested' | 'authorized' | 'captured' | 'released' | 'refunded' | 'held';

export interface ProofRow {
  row: RowName;
  oursMinor: number | null;
  /** null: the provider does not show it, or could not be read */
  theirsMinor: number | null;
  /** of our released amount: where it is known from */
  source: ReleaseSource | null;
  /** texts about this amount */
  told: ToldText[];
}

interface ToldText extends TextFate {
  kind: string;
  /** the row's amount, if the text states it */
  amountMinor: number | null;
}

export interface SessionProof {
  sessionId: string;
  partnerId: string;
  provider: string;
  currency: Currency;
  state: ChargeState;
  createdAt: Instant;
  attention: RaisedReason[];
  /** of the session's own payment; `held` and `captured` over all of them */
  rows: ProofRow[];
  /** texts that are about no amount */
  otherTexts: ToldText[];
  checks: Check[];
}

const TOLD_OF: Readonly<Record<string, RowName>> = {
  paymentLink: 'requested',
  linkAgain: 'requested',
  receipt: 'captured',
  receiptAgain: 'captured',
  nothingCharged: 'captured',
  lateApprovalReleased: 'released',
};

export function proofOf(books: SessionBooks, theirs: TheirBooks, now: Instant): SessionProof {
  const { sessionId, partnerId, provider, currency, state, createdAt, attention } = books;
  const rows = rowsOf(books, theirs);
  return {
    sessionId,
    partnerId,
    provider,
    currency,
    state,
    createdAt,
    attention,
    rows: rows.map((row) => ({ ...row, told: toldOf(books, row) })),
    otherTexts: books.texts
      .filter(({ kind }) => TOLD_OF[kind] === undefined)
      .map(({ kind, state: sent, delivery }) => ({ kind, state: sent, delivery, amountMinor: null })),
    checks: checkSession(books, theirs, now),
  };
}

function rowsOf(books: SessionBooks, theirs: TheirBooks): Omit<ProofRow, 'told'>[] {
  const own = ownPayment(books);
  const their = own === null ? null : theirsOf(theirs, own);
  const shown = their?.snapshot ?? null;
  const isHidden = shown !== null && shown.capturedMinor > 0 && !theirs.showsReservationAfterCapture;
  const read = own === null || theirs.payments.some(({ fault }) => fault !== null) ? null : theirs;
  const source = books.releasedMinor > 0 ? books.releaseSource : null;
  const row = (name: RowName, oursMinor: number | null, theirsMinor: number | null) => ({
    row: name,
    oursMinor,
    theirsMinor,
    source: name === 'released' ? source : null,
  });
  const ourRestMinor = Math.max(0, books.reservedMinor - books.capturedMinor - books.releasedMinor);
  return [
    row('requested', own?.requestedMinor ?? null, isHidden ? null : (shown?.requestedMinor ?? null)),
    row('authorized', books.reservedMinor, isHidden ? null : (shown?.authorizedMinor ?? null)),
    row('captured', books.capturedMinor, read === null ? null : capturedInAllMinor(books, theirs)),
    row('released', books.releasedMinor, isHidden ? null : (shown?.releasedMinor ?? null)),
    row('refunded', books.refundedMinor, shown?.refundedMinor ?? null),
    row('held', ourRestMinor, read === null || isHidden ? null : heldInAllMinor(books, theirs)),
  ];
}

function toldOf({ texts }: SessionBooks, { row, oursMinor }: Omit<ProofRow, 'told'>): ToldText[] {
  return texts
    .filter(({ kind }) => TOLD_OF[kind] === row)
    .map(({ kind, state, delivery, amountsMinor }) => ({
      kind,
      state,
      delivery,
      amountMinor: oursMinor !== null && amountsMinor.includes(oursMinor) ? oursMinor : null,
    }));
}
