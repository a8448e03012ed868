/**
 * Carries money steps out against the provider's ledger as the activities must: read, write at most once, read back, and
 * believe nothing else. The answer kind says what goes wrong on the way. Written from design.md (decided case 9 and "Money
 * calls") and not from `src/activities`.
 */
import type { MoneyResult, MoneyStep } from '../../src/domain/session/events.ts';
import type { PaymentSnapshot } from '../../src/domain/payment.ts';
import { iso, msOf, SECOND_MS } from './model-time.ts';
import { usedUpMs } from './price-oracle.ts';
import { heldMinorOf, type CallResult, type TestLedger, type Shown } from './test-ledger.ts';

export const ANSWERS = {
  reserve: ['ok', 'refused', 'noAnswerNotDone', 'noAnswerButDone', 'doneLate'],
  read: ['ok', 'staleRead', 'readFails', 'notFound', 'unknownStatus'],
  capture: [
    'ok',
    'refused',
    'refusedForNow',
    'noAnswerNotDone',
    'noAnswerButDone',
    'doneLate',
    'doneTwice',
    'otherAmount',
    'staleRead',
    'readFails',
    'notFound',
    'unknownStatus',
  ],
  release: [
    'ok',
    'refused',
    'refusedForNow',
    'noAnswerNotDone',
    'noAnswerButDone',
    'doneLate',
    'staleRead',
    'readFails',
    'notFound',
    'unknownStatus',
  ],
  abandon: [
    'ok',
    'refused',
    'noAnswerNotDone',
    'noAnswerButDone',
    'doneLate',
    'staleRead',
    'readFails',
    'notFound',
    'unknownStatus',
  ],
} as const satisfies Record<MoneyStep['step'], readonly string[]>;

/**
 * `refusedForNow`: a no that its key keeps, where keys mean something; otherwise as `noAnswerNotDone`. `noAnswerNotDone`,
 * `noAnswerButDone`: a whole round without an answer; `doneLate`: the same, and the call still under way takes effect when we have given up on it; `doneTwice`: something between us and the provider doubled the call under a key
 * of its own; `otherAmount`: the provider took another amount than was asked; `staleRead`: reads lag behind;
 * `unknownStatus`: a word the adapter does not know, which means "still pending".
 */
export type AnswerKind = (typeof ANSWERS)[MoneyStep['step']][number];

export interface Carried {
  result: MoneyResult;
  answer: AnswerKind;
  /** what was shown is not what is in the ledger */
  isMisleading: boolean;
}

type StepOf<S extends MoneyStep['step']> = Extract<MoneyStep, { step: S }>;
type Look = PaymentSnapshot | null;

/** No HTTP call outlives its deadline by more than this. */
const LANDS_WITHIN_MS = 30 * SECOND_MS;

export class MoneyDesk {
  private readonly ledger: TestLedger;
  private readonly priceMinorPerHour: number;
  private readonly inFlight: { landsMs: number; land: () => void }[] = [];
  /** what is on record of each key: the store's `money_operation` */
  private readonly records = new Map<string, 'unknown' | 'succeeded' | 'refused' | 'refusedForNow'>();

  constructor(ledger: TestLedger, priceMinorPerHour: number) {
    this.ledger = ledger;
    this.priceMinorPerHour = priceMinorPerHour;
  }

  passTime(nowMs: number): void {
    while (this.inFlight[0] && this.inFlight[0].landsMs <= nowMs) this.inFlight.shift()?.land();
  }

  carryOut(step: MoneyStep, wanted: AnswerKind, nowMs: number): Carried {
    const answer = (ANSWERS[step.step] as readonly AnswerKind[]).includes(wanted) ? wanted : 'ok';
    const result = this.resultOf(step, answer, nowMs);
    const isMisleading = answer === 'staleRead' || answer === 'notFound' || answer === 'unknownStatus';
    return { result, answer, isMisleading };
  }

  private resultOf(step: MoneyStep, answer: AnswerKind, nowMs: number): MoneyResult {
    const { paymentNumber } = step;
    const at = iso(nowMs);
    switch (step.step) {
      case 'reserve':
        return this.reserve(step, answer, nowMs);
      case 'read':
        if (answer === 'readFails') return { type: 'readFailed', paymentNumber, at };
        return this.read(step, answer, at);
      case 'capture':
        return this.capture(step, answer, nowMs);
      case 'release':
        return this.release(step, answer, nowMs);
      case 'abandon':
        return this.abandon(step, answer, nowMs);
    }
  }

  /** The read of an approval may come with when the reservation is used up, or with that of another start. */
  private read(step: StepOf<'read'>, answer: AnswerKind, at: string): MoneyResult {
    const { paymentNumber, createdAt } = step;
    const snapshot = this.look(step, answer);
    const read = { type: 'paymentRead', paymentNumber, at, snapshot } as const;
    const kind = msOf(at) % 3;
    if (createdAt === undefined || snapshot?.phase !== 'authorized' || kind === 0) return read;
    const saidMs = snapshot.authorizedAt === null ? msOf(at) : msOf(snapshot.authorizedAt);
    const startMs = Math.max(msOf(createdAt), Math.min(saidMs, msOf(at))) + (kind === 1 ? 0 : SECOND_MS);
    const limitMinor = snapshot.authorizedMinor;
    const { priceMinorPerHour } = this;
    const endMs = usedUpMs(startMs, { limitMinor, priceMinorPerHour });
    return {
      ...read,
      usedUp: { startedAt: iso(startMs), limitMinor, at: endMs === null ? null : iso(endMs) },
    };
  }

  private reserve(step: StepOf<'reserve'>, answer: AnswerKind, nowMs: number): MoneyResult {
    const { paymentNumber, paymentReference, operationId: key, amountMinor } = step;
    const at = iso(nowMs);
    const order = { key, amountMinor, expiresMs: msOf(step.expiresAt) };
    const write = (): CallResult => this.ledger.reserve(paymentReference, order);
    switch (this.write(key, { answer, nowMs, write })) {
      case 'refused':
        return { type: 'reserveRefused', paymentNumber, at };
      case 'noAnswer':
        return { type: 'reserveFailed', paymentNumber, at };
      case 'done': {
        const redirectUrl = `https://wallet.test/${paymentReference}`;
        return { type: 'reserved', paymentNumber, at, providerReference: null, redirectUrl };
      }
    }
  }

  private capture(step: StepOf<'capture'>, answer: AnswerKind, nowMs: number): MoneyResult {
    const { paymentNumber, paymentReference, operationId: key, amountMinor } = step;
    const at = iso(nowMs);
    const failed: MoneyResult = { type: 'captureFailed', paymentNumber, at };
    if (answer === 'readFails') return failed;
    const before = this.look(step, answer);
    if (before && before.capturedMinor > 0) return this.captured(step, before, at);
    if (!before || before.phase === 'pending') return failed;
    const isThere = before.authorizedMinor - before.releasedMinor >= amountMinor;
    if (before.phase !== 'authorized' || !isThere) {
      return { type: 'captureRefused', paymentNumber, at, snapshot: before };
    }
    if (this.records.get(key) === 'refusedForNow')
      return this.isMoved(step) ? failed : { type: 'captureKeyRefused', paymentNumber, at };
    const write = (): CallResult => this.writeCapture(paymentReference, { key, amountMinor, answer });
    const written = this.write(key, { answer, nowMs, write });
    if (written === 'noAnswer') return failed;
    const after = this.look(step, answer);
    if (after && after.capturedMinor > 0) return this.captured(step, after, at);
    return written === 'refused' ? { type: 'captureRefused', paymentNumber, at, snapshot: after } : failed;
  }

  private writeCapture(
    reference: string,
    order: { key: string; amountMinor: number; answer: AnswerKind },
  ): CallResult {
    const { key, amountMinor, answer } = order;
    const payment = this.ledger.find(reference);
    if (answer === 'otherAmount' && payment && heldMinorOf(payment) > 0) {
      const otherMinor =
        amountMinor === heldMinorOf(payment) ? Math.ceil(amountMinor / 2) : heldMinorOf(payment);
      return this.ledger.capture(reference, { key, amountMinor: otherMinor });
    }
    const result = this.ledger.capture(reference, { key, amountMinor });
    if (answer === 'doneTwice' && result === 'done') this.ledger.captureAgain(reference, amountMinor);
    return result;
  }

  private captured(step: StepOf<'capture'>, read: PaymentSnapshot, at: string): MoneyResult {
    this.records.set(step.operationId, 'succeeded');
    const authorizedMinor = Math.max(read.authorizedMinor, step.authorizedMinor);
    const snapshot = { ...read, authorizedMinor };
    const byOther = !this.ledger.hasCaptureOfOurs(step.paymentReference);
    return { type: 'captured', paymentNumber: step.paymentNumber, at, snapshot, byOther };
  }

  private release(step: StepOf<'release'>, answer: AnswerKind, nowMs: number): MoneyResult {
    const { paymentNumber, paymentReference, operationId: key } = step;
    const at = iso(nowMs);
    const failed: MoneyResult = { type: 'releaseFailed', paymentNumber, at };
    const refused: MoneyResult = { type: 'releaseRefused', paymentNumber, at };
    if (answer === 'readFails') return failed;
    const before = this.look(step, answer);
    if (!before) return refused;
    if (isGivenBack(before)) return { type: 'released', paymentNumber, at, snapshot: before };
    if (before.phase === 'pending') return failed;
    if (before.phase !== 'authorized') return refused;
    if (this.records.get(key) === 'refusedForNow')
      return this.isMoved(step) ? failed : { type: 'releaseKeyRefused', paymentNumber, at };
    const write = (): CallResult => this.ledger.release(paymentReference, key);
    const written = this.write(key, { answer, nowMs, write });
    if (written === 'noAnswer') return failed;
    const after = this.look(step, answer);
    if (after && isGivenBack(after)) return { type: 'released', paymentNumber, at, snapshot: after };
    return written === 'refused' ? refused : failed;
  }

  private abandon(step: StepOf<'abandon'>, answer: AnswerKind, nowMs: number): MoneyResult {
    const { paymentNumber, paymentReference, operationId: key } = step;
    const at = iso(nowMs);
    const failed: MoneyResult = { type: 'readFailed', paymentNumber, at };
    if (answer === 'readFails') return failed;
    const before = this.look(step, answer);
    if (before?.phase !== 'pending') return { type: 'abandonTried', paymentNumber, at, snapshot: before };
    const write = (): CallResult => this.ledger.abandon(paymentReference, key);
    if (this.write(key, { answer, nowMs, write }) === 'noAnswer') return failed;
    return { type: 'abandonTried', paymentNumber, at, snapshot: this.look(step, answer) };
  }

  /**
   * One write under one key. What was answered in an earlier round is not asked again, and a refusal that an earlier round
   * without an answer may explain ("already done") is believed in the next round only.
   */
  private write(
    key: string,
    { answer, nowMs, write }: { answer: AnswerKind; nowMs: number; write: () => CallResult },
  ): 'done' | 'refused' | 'noAnswer' {
    const earlier = this.records.get(key);
    if (earlier === 'succeeded') return 'done';
    if (earlier === 'refused') return 'refused';
    if (answer === 'noAnswerNotDone' || answer === 'noAnswerButDone' || answer === 'doneLate') {
      this.records.set(key, 'unknown');
      if (answer === 'noAnswerButDone') write();
      if (answer === 'doneLate')
        this.inFlight.push({ landsMs: nowMs + LANDS_WITHIN_MS, land: () => void write() });
      return 'noAnswer';
    }
    if (answer === 'refusedForNow') {
      this.records.set(key, this.ledger.keepRefusal(key) ? 'refusedForNow' : 'unknown');
      return 'noAnswer';
    }
    const result = answer === 'refused' ? 'refused' : write();
    this.records.set(key, result === 'done' ? 'succeeded' : 'refused');
    return result === 'refused' && earlier === 'unknown' ? 'noAnswer' : result;
  }

  /** The provider's event log shows it, whatever a read shows. */
  private isMoved({ step, paymentReference }: StepOf<'capture' | 'release'>): boolean {
    const payment = this.ledger.find(paymentReference);
    return ((step === 'capture' ? payment?.capturedMinor : payment?.releasedMinor) ?? 0) > 0;
  }

  private look(step: MoneyStep, answer: AnswerKind): Look {
    const payment = this.ledger.find(step.paymentReference);
    if (!payment || answer === 'notFound') return null;
    const shown = answer === 'staleRead' ? (payment.earlier.at(-1) ?? payment) : payment;
    if (answer !== 'unknownStatus' && shown.phase === 'authorized') payment.isApprovalSeen = true;
    if (shown === payment) payment.isTakenUnseen = answer === 'unknownStatus' && payment.isTakenUnseen;
    const snapshot = this.snapshotOf(step, shown);
    return answer === 'unknownStatus' ? { ...snapshot, phase: 'pending' } : snapshot;
  }

  private snapshotOf(step: MoneyStep, shown: Shown): PaymentSnapshot {
    const { kind, saysWhen, saysDeadline } = this.ledger.options;
    const { phase, requestedMinor, capturedMinor, releasedMinor, authorizedMs, deadlineMs } = shown;
    // Paycore shows after a capture what was captured, and no more what had been authorised.
    const forgets = kind === 'paycore' && capturedMinor > 0;
    return {
      paymentReference: step.paymentReference,
      providerReference: null,
      phase,
      currency: 'NOK',
      requestedMinor,
      authorizedMinor: forgets ? capturedMinor : shown.authorizedMinor,
      capturedMinor,
      releasedMinor,
      refundedMinor: 0,
      authorizedAt: saysWhen && authorizedMs !== null ? iso(authorizedMs) : null,
      captureDeadlineAt: saysDeadline && deadlineMs !== null ? iso(deadlineMs) : null,
    };
  }
}

function isGivenBack(snapshot: PaymentSnapshot): boolean {
  const { phase, authorizedMinor, capturedMinor, releasedMinor } = snapshot;
  return phase === 'authorized' && authorizedMinor - capturedMinor - releasedMinor <= 0;
}
