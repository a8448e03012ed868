/**
 * A payment provider as its own books see it, written apart from the lifecycle: it keeps the rules of the money itself
 * and throws when it is asked for something no provider would do for us twice.
 */
import type { MoneyStep, SessionEvent } from '../../../src/domain/charge-session/events.ts';
import { isBefore, type Instant } from '../../../src/domain/instant.ts';
import type { PaymentRules, PaymentSnapshot } from '../../../src/domain/payment.ts';

/**
 * How a money step ends: `ok`; a definite no; no answer and nothing done; no answer although it was done.
 */
export type StepOutcome = 'ok' | 'refused' | 'failed' | 'failedAfterActing';

export interface ModelPayment {
  attempt: number;
  phase: PaymentSnapshot['phase'];
  expiresAt: Instant;
  requestedMinor: number;
  authorizedMinor: number;
  capturedMinor: number;
  releasedMinor: number;
  authorizedAt: Instant | null;
}

export class ProviderModel {
  readonly payments: ModelPayment[] = [];
  readonly captures: number[] = [];
  private readonly rules: PaymentRules;
  /** the provider names the instant of an approval */
  private readonly saysWhen: boolean;

  constructor(rules: PaymentRules, saysWhen: boolean) {
    this.rules = rules;
    this.saysWhen = saysWhen;
  }

  /** Time passes at the provider: what was not approved expires. */
  passTime(now: Instant): void {
    for (const payment of this.payments) {
      if (payment.phase === 'pending' && !isBefore(now, payment.expiresAt)) payment.phase = 'expired';
    }
  }

  approve(now: Instant): void {
    this.passTime(now);
    const payment = this.payments.findLast((candidate) => candidate.phase === 'pending');
    if (!payment) return;
    payment.phase = 'authorized';
    payment.authorizedMinor = payment.requestedMinor;
    payment.authorizedAt = now;
  }

  decline(): void {
    const payment = this.payments.findLast((candidate) => candidate.phase === 'pending');
    if (payment) payment.phase = 'declined';
  }

  /** The provider gives a reservation back by itself, long before its time. */
  lapse(shownAs: 'amounts' | 'phase'): void {
    const payment = this.payments.findLast((candidate) => candidate.phase === 'authorized');
    if (!payment || payment.capturedMinor > 0) return;
    payment.releasedMinor = payment.authorizedMinor;
    if (shownAs === 'phase') payment.phase = 'expired';
  }

  capturedMinor(): number {
    return this.payments.reduce((sum, payment) => sum + payment.capturedMinor, 0);
  }

  /** Carries one money step out, as the activity does: read, write at most once, read back. */
  run(step: MoneyStep, outcome: StepOutcome, at: Instant): SessionEvent {
    switch (step.step) {
      case 'reserve':
        return this.reserve(step, outcome, at);
      case 'read':
        if (outcome !== 'ok') return { type: 'readFailed', attempt: step.attempt, at };
        return { type: 'paymentRead', attempt: step.attempt, snapshot: this.show(step), at };
      case 'capture':
        return this.capture(step, outcome, at);
      case 'release':
        return this.release(step, outcome, at);
      case 'abandon':
        return this.abandon(step, outcome, at);
    }
  }

  private reserve(
    step: Extract<MoneyStep, { step: 'reserve' }>,
    outcome: StepOutcome,
    at: Instant,
  ): SessionEvent {
    const { attempt, amountMinor, expiresAt, paymentReference } = step;
    if (outcome === 'refused') return { type: 'reserveRefused', attempt, at };
    if (outcome === 'failed') return { type: 'reserveFailed', attempt, at };
    if (this.find(step)) throw new Error('a payment was made twice');
    this.payments.push({
      attempt,
      phase: 'pending',
      expiresAt,
      requestedMinor: amountMinor,
      authorizedMinor: 0,
      capturedMinor: 0,
      releasedMinor: 0,
      authorizedAt: null,
    });
    if (outcome === 'failedAfterActing') return { type: 'reserveFailed', attempt, at };
    return {
      type: 'reserved',
      attempt,
      providerReference: null,
      redirectUrl: `https://wallet.test/${paymentReference}`,
      at,
    };
  }

  private capture(
    step: Extract<MoneyStep, { step: 'capture' }>,
    outcome: StepOutcome,
    at: Instant,
  ): SessionEvent {
    const { attempt, amountMinor } = step;
    const payment = this.find(step);
    if (outcome === 'failed') return { type: 'captureFailed', attempt, at };
    const mayCapture =
      payment?.phase === 'authorized' &&
      payment.capturedMinor === 0 &&
      amountMinor <= payment.authorizedMinor - payment.releasedMinor;
    if (mayCapture && outcome !== 'refused') {
      if (amountMinor < this.rules.minimumCaptureMinor) throw new Error('captured less than the minimum');
      payment.capturedMinor = amountMinor;
      if (this.rules.release === 'automaticAfterCapture') {
        payment.releasedMinor = payment.authorizedMinor - amountMinor;
      }
      this.captures.push(amountMinor);
    }
    if (outcome === 'failedAfterActing') return { type: 'captureFailed', attempt, at };
    const snapshot = this.show(step);
    if (snapshot && snapshot.capturedMinor > 0) return { type: 'captured', attempt, snapshot, at };
    return { type: 'captureRefused', attempt, snapshot, at };
  }

  private release(
    step: Extract<MoneyStep, { step: 'release' }>,
    outcome: StepOutcome,
    at: Instant,
  ): SessionEvent {
    const { attempt } = step;
    if (this.rules.release === 'unknown' || this.rules.release === 'lapses') {
      throw new Error('released where nothing can be called');
    }
    if (outcome === 'refused') return { type: 'releaseRefused', attempt, at };
    if (outcome === 'failed') return { type: 'releaseFailed', attempt, at };
    const payment = this.find(step);
    if (payment?.phase === 'authorized')
      payment.releasedMinor = payment.authorizedMinor - payment.capturedMinor;
    const snapshot = this.show(step);
    if (outcome === 'failedAfterActing') return { type: 'releaseFailed', attempt, at };
    if (snapshot?.phase !== 'authorized') return { type: 'releaseRefused', attempt, at };
    return { type: 'released', attempt, snapshot, at };
  }

  private abandon(step: MoneyStep, outcome: StepOutcome, at: Instant): SessionEvent {
    const { attempt } = step;
    const payment = this.find(step);
    if (!this.rules.abandon) throw new Error('withdrawn where nothing can be called');
    const acts = outcome === 'ok' || outcome === 'failedAfterActing';
    if (payment?.phase === 'pending' && acts) payment.phase = 'abandoned';
    if (outcome === 'failed' || outcome === 'failedAfterActing') return { type: 'readFailed', attempt, at };
    return { type: 'abandonTried', attempt, snapshot: this.show(step), at };
  }

  private find(step: { attempt: number }): ModelPayment | undefined {
    return this.payments.find((payment) => payment.attempt === step.attempt);
  }

  private show(step: { attempt: number; paymentReference: string }): PaymentSnapshot | null {
    const payment = this.find(step);
    if (!payment) return null;
    const { phase, requestedMinor, capturedMinor, releasedMinor } = payment;
    // Paycore shows after a capture what was captured, and no more what had been authorised.
    const forgets = this.rules.release === 'unknown' && capturedMinor > 0;
    const authorizedMinor = forgets ? capturedMinor : payment.authorizedMinor;
    return {
      paymentReference: step.paymentReference,
      providerReference: null,
      phase,
      currency: 'NOK',
      requestedMinor,
      authorizedMinor,
      capturedMinor,
      releasedMinor,
      refundedMinor: 0,
      authorizedAt: this.saysWhen ? payment.authorizedAt : null,
      captureDeadlineAt: null,
    };
  }
}

export function heldMinorOf(payment: ModelPayment): number {
  return payment.authorizedMinor - payment.capturedMinor - payment.releasedMinor;
}
