/** The three columns of a session, ours, the provider's and what texts stated to the customer, with every point of the promise. */
import { pick } from '../pick.ts';
import type { PartnerId, SessionId } from '../ids.ts';
import type { RaisedReason } from '../attention.ts';
import type { Instant } from '../instant.ts';
import type { Currency } from '../money.ts';
import type { ReleaseSource } from '../payment.ts';
import type { TextFate } from '../text-delivery.ts';
import {
  allCapturedMinor,
  allRemainingMinor,
  ownPayment,
  providerPaymentOf,
  type SessionLedger,
  type ProviderLedger,
} from './ledger.ts';
import { checkSession, type Check } from './checks.ts';
import type { ChargeState } from '../session/charge-state.ts';

export type RowName = 'requested' | 'authorized' | 'captured' | 'released' | 'refunded' | 'remaining';

export interface ProofRow {
  row: RowName;
  oursMinor: number | null;
  /** null: the provider does not show it, or could not be read */
  theirsMinor: number | null;
  /** of our released amount: where it is known from */
  source: ReleaseSource | null;
  /** texts about this amount */
  statedIn: TextOfAmount[];
}

interface TextOfAmount extends TextFate {
  kind: string;
  /** the row's amount, if the text states it */
  amountMinor: number | null;
}

export interface SessionProof {
  sessionId: SessionId;
  partnerId: PartnerId;
  provider: string;
  currency: Currency;
  state: ChargeState;
  createdAt: Instant;
  attention: RaisedReason[];
  /** of the session's own payment; `remaining` and `captured` over all of them */
  rows: ProofRow[];
  /** texts that are about no amount */
  otherTexts: TextOfAmount[];
  checks: Check[];
}

const ROW_OF_TEXT: Readonly<Record<string, RowName>> = {
  paymentLink: 'requested',
  linkAgain: 'requested',
  receipt: 'captured',
  receiptAgain: 'captured',
  nothingCharged: 'captured',
  lateApprovalReleased: 'released',
};

export function proofOf(ledger: SessionLedger, theirs: ProviderLedger, now: Instant): SessionProof {
  const rows = rowsOf(ledger, theirs);
  return {
    ...pick(ledger, ['sessionId', 'partnerId', 'provider', 'currency', 'state', 'createdAt', 'attention']),
    rows: rows.map((row) => ({ ...row, statedIn: textsOf(ledger, row) })),
    otherTexts: ledger.texts
      .filter(({ kind }) => ROW_OF_TEXT[kind] === undefined)
      .map(({ kind, state: sent, delivery }) => ({ kind, state: sent, delivery, amountMinor: null })),
    checks: checkSession(ledger, theirs, now),
  };
}

function rowsOf(ledger: SessionLedger, theirs: ProviderLedger): Omit<ProofRow, 'statedIn'>[] {
  const own = ownPayment(ledger);
  const their = own === null ? null : providerPaymentOf(theirs, own);
  const shown = their?.snapshot ?? null;
  const isHidden = shown !== null && shown.capturedMinor > 0 && !theirs.showsReservationAfterCapture;
  const read = own === null || theirs.payments.some(({ fault }) => fault !== null) ? null : theirs;
  const source = ledger.releasedMinor > 0 ? ledger.releaseSource : null;
  const row = (name: RowName, oursMinor: number | null, theirsMinor: number | null) => ({
    row: name,
    oursMinor,
    theirsMinor,
    source: name === 'released' ? source : null,
  });
  const ourRestMinor = Math.max(0, ledger.reservedMinor - ledger.capturedMinor - ledger.releasedMinor);
  return [
    row('requested', own?.requestedMinor ?? null, isHidden ? null : (shown?.requestedMinor ?? null)),
    row('authorized', ledger.reservedMinor, isHidden ? null : (shown?.authorizedMinor ?? null)),
    row('captured', ledger.capturedMinor, read === null ? null : allCapturedMinor(ledger, theirs)),
    row('released', ledger.releasedMinor, isHidden ? null : (shown?.releasedMinor ?? null)),
    row('refunded', ledger.refundedMinor, shown?.refundedMinor ?? null),
    row('remaining', ourRestMinor, read === null || isHidden ? null : allRemainingMinor(ledger, theirs)),
  ];
}

function textsOf({ texts }: SessionLedger, { row, oursMinor }: Omit<ProofRow, 'statedIn'>): TextOfAmount[] {
  return texts
    .filter(({ kind }) => ROW_OF_TEXT[kind] === row)
    .map(({ kind, state, delivery, amountsMinor }) => ({
      kind,
      state,
      delivery,
      amountMinor: oursMinor !== null && amountsMinor.includes(oursMinor) ? oursMinor : null,
    }));
}
