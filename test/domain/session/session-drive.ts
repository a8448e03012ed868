/** Drives the lifecycle by hand, as the workflow does: one decision at a time, then the next money step. */
import { decide, isComplete, decideFirst, type Decision } from '../../../src/domain/session/decide.ts';
import { nextDueAt } from '../../../src/domain/session/deadlines.ts';
import type {
  MoneyStep,
  SessionCommand,
  SessionEvent,
  SessionTextKind,
  UsedUp,
} from '../../../src/domain/session/events.ts';
import { takeMoneyStep } from '../../../src/domain/session/money-step.ts';
import {
  inDisplayOrder,
  type AttentionReason,
  newSession,
  type SessionState,
} from '../../../src/domain/session/state.ts';
import type { CustomerMessageKind } from '../../../src/domain/session/customer-messages.ts';
import { viewOf } from '../../../src/domain/session/view.ts';
import { observe, type ObservedPayment, type ObservedSession } from '../../support/observed-session.ts';
import { addMs, instantMs, type Instant } from '../../../src/domain/instant.ts';
import type { PaymentRules, PaymentSnapshot } from '../../../src/domain/payment.ts';
import type { SessionTerms } from '../../../src/domain/session-terms.ts';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** When every test's CHARGE was sent and reached us. */
export const CHARGED_AT: Instant = '2026-11-23T10:00:00.000Z';
const SESSION_ID = '0123456789abcdef0123456789abcdef';

/** Like Paycore: nothing can be called but the capture. */
export const ASSUMING: PaymentRules = {
  release: 'unknown',
  abandon: false,
  paymentOnOpen: false,
  paymentLifeMs: null,
  minimumCaptureMinor: 100,
  captureDeadlineMs: 7 * DAY_MS,
};
/** Everything can be called; reserved with the link. */
export const CALLING: PaymentRules = { ...ASSUMING, release: 'call', abandon: true };
/** Like Vipps: made when the link is opened, and lives ten minutes. */
export const ON_OPEN: PaymentRules = { ...CALLING, paymentOnOpen: true, paymentLifeMs: 10 * MINUTE_MS };

export function someTerms(changes: Partial<SessionTerms> = {}): SessionTerms {
  return {
    partnerId: 'partner',
    serviceId: 'service',
    provider: 'provider',
    currency: 'NOK',
    reservationMinor: 500,
    tariff: {
      priceMinorPerUnit: 100,
      unitMs: HOUR_MS,
      stepMs: HOUR_MS,
      gracePerStepMs: 5 * MINUTE_MS,
      freeMs: 0,
      minimumMinor: 0,
      maximumMinor: null,
    },
    vatBasisPoints: 2_500,
    linkLifeMs: 15 * MINUTE_MS,
    sessionLimitMs: DAY_MS,
    warningBeforeLimitMs: 30 * MINUTE_MS,
    whenUsedUp: 'continue',
    payment: ASSUMING,
    ...changes,
  };
}

/** `after(90 * SECOND_MS)`: that long after the CHARGE. */
export function after(ms: number): Instant {
  return addMs(CHARGED_AT, ms);
}

/** As one flat record; `attention`: the reason that is shown. */
type Shown = Omit<ObservedSession, 'attention'> & {
  attention: AttentionReason | null;
  shortfallMinor: number;
};
/** Without its instant: when the last thing happened. */
type Undated = SessionEvent extends infer E
  ? E extends SessionEvent
    ? Omit<E, 'at'> & { at?: Instant }
    : never
  : never;

export class SessionDrive {
  session: SessionState;
  readonly commands: SessionCommand[] = [];
  readonly steps: MoneyStep[] = [];
  /** commands of the last decision */
  fresh: SessionCommand[] = [];
  /** the money step that runs */
  running: MoneyStep | null = null;
  private messages = 0;

  /** `requestedMs`: gateway time of the CHARGE, where its clock is not ours */
  constructor(terms: Partial<SessionTerms> = {}, requestedMs = 0) {
    this.session = newSession({
      sessionId: SESSION_ID,
      inboxId: 'inbox-charge',
      terms: someTerms(terms),
      requestedAt: after(requestedMs),
      openedAt: CHARGED_AT,
      at: CHARGED_AT,
    });
    this.carryOut(decideFirst(this.session));
  }

  on(undated: Undated): this {
    const event: SessionEvent = { at: this.session.now, ...undated };
    if (isMoneyResult(event)) this.running = null;
    this.carryOut(decide(this.session, event));
    return this;
  }

  get shown(): Shown {
    const { session } = this;
    const { shortfallMinor } = viewOf(session);
    return { ...observe(session), attention: inDisplayOrder(session)[0] ?? null, shortfallMinor };
  }

  /** A text of the customer, sent and received at the same instant unless told otherwise. */
  text(kind: CustomerMessageKind, sentMs: number, receivedMs = sentMs, inboxId?: string): this {
    this.messages += 1;
    return this.on({
      type: 'customerMessage',
      kind,
      inboxId: inboxId ?? `inbox-${this.messages}`,
      sentAt: after(sentMs),
      at: after(receivedMs),
    });
  }

  tick(ms: number): this {
    return this.on({ type: 'tick', at: after(ms) });
  }

  reserved(ms = SECOND_MS): this {
    const { paymentNumber, paymentReference } = this.expectStep('reserve');
    return this.on({
      type: 'reserved',
      paymentNumber,
      providerReference: `at-provider-${paymentNumber}`,
      redirectUrl: `https://wallet.test/${paymentReference}`,
      at: after(ms),
    });
  }

  /** The running read (or withdrawal) ends; `null`: the provider knows no such payment. */
  read(ms: number, shown: Partial<PaymentSnapshot> | null, more: { usedUp?: UsedUp } = {}): this {
    const step = this.expectStep('read', 'abandon');
    const snapshot = shown === null ? null : snapshotOf(step, shown);
    const read = { paymentNumber: step.paymentNumber, snapshot, at: after(ms) };
    return this.on(
      step.step === 'read' ? { type: 'paymentRead', ...read, ...more } : { type: 'abandonTried', ...read },
    );
  }

  /** The callback of an approval, and the read it asks for. `authorizedMs` null: the provider does not say when. */
  approved(ms: number, authorizedMs: number | null = ms, more: Partial<PaymentSnapshot> = {}): this {
    this.on({ type: 'paymentChanged' });
    const authorizedAt = authorizedMs === null ? null : after(authorizedMs);
    return this.read(ms, { ...authorized(), authorizedAt, ...more });
  }

  priced(computedMinor: number, ms = instantMs(this.session.now) - instantMs(CHARGED_AT)): this {
    return this.on({ type: 'usagePriced', computedMinor, at: after(ms) });
  }

  captured(ms: number, shown: Partial<PaymentSnapshot> = {}): this {
    const step = this.expectStep('capture');
    const snapshot = snapshotOf(step, { ...authorized(), capturedMinor: step.amountMinor, ...shown });
    return this.on({ type: 'captured', paymentNumber: step.paymentNumber, snapshot, at: after(ms) });
  }

  released(ms: number, shown: Partial<PaymentSnapshot> = {}): this {
    const step = this.expectStep('release');
    const snapshot = snapshotOf(step, { ...authorized(), releasedMinor: step.amountMinor, ...shown });
    return this.on({ type: 'released', paymentNumber: step.paymentNumber, snapshot, at: after(ms) });
  }

  failed(ms: number): this {
    const { step, paymentNumber } = this.expectStep('reserve', 'read', 'capture', 'release', 'abandon');
    const types = {
      reserve: 'reserveFailed',
      read: 'readFailed',
      capture: 'captureFailed',
      release: 'releaseFailed',
      abandon: 'readFailed',
    } as const;
    return this.on({ type: types[step], paymentNumber, at: after(ms) });
  }

  keySpent(ms: number): this {
    const { step, paymentNumber } = this.expectStep('capture', 'release');
    return this.on({
      type: step === 'capture' ? 'captureKeyRefused' : 'releaseKeyRefused',
      paymentNumber,
      at: after(ms),
    });
  }

  /** Every look fails from now on, until no more of them is made for the sake of the end: 310 s. */
  unread(ms: number): this {
    this.failed(ms);
    let atMs = ms;
    for (const waitS of [10, 20, 40, 80, 160]) {
      atMs += waitS * SECOND_MS;
      this.tick(atMs).failed(atMs);
    }
    return this;
  }

  refused(ms: number, shown: Partial<PaymentSnapshot> | null = null): this {
    const step = this.expectStep('reserve', 'capture', 'release');
    const at = after(ms);
    const { paymentNumber } = step;
    if (step.step === 'reserve') return this.on({ type: 'reserveRefused', paymentNumber, at });
    if (step.step === 'release') return this.on({ type: 'releaseRefused', paymentNumber, at });
    const snapshot = shown === null ? null : snapshotOf(step, shown);
    return this.on({ type: 'captureRefused', paymentNumber, snapshot, at });
  }

  /** Every text asked for so far was dealt with. */
  told(): this {
    while (this.session.texts.outstanding > 0) this.on({ type: 'outgoingDone' });
    return this;
  }

  slotFreed(): this {
    return this.on({ type: 'slotFreed' });
  }

  get texts(): SessionTextKind[] {
    return this.commands.flatMap((command) => (command.command === 'sendText' ? [command.kind] : []));
  }

  get freshTexts(): SessionTextKind[] {
    return this.fresh.flatMap((command) => (command.command === 'sendText' ? [command.kind] : []));
  }

  /** Kinds of the money steps so far, in order. */
  get calls(): MoneyStep['step'][] {
    return this.steps.map((step) => step.step);
  }

  countOf(command: SessionCommand['command']): number {
    return this.commands.filter((candidate) => candidate.command === command).length;
  }

  get dueAt(): Instant | null {
    return nextDueAt(this.session);
  }

  get isComplete(): boolean {
    return isComplete(this.session);
  }

  get adopted(): ObservedPayment {
    const { attempts, adopted } = observe(this.session);
    const payment = attempts.find(({ paymentNumber }) => paymentNumber === adopted);
    if (!payment) throw new Error('no payment is used');
    return payment;
  }

  attempt(number: number): ObservedPayment {
    const attempt = observe(this.session).attempts[number - 1];
    if (!attempt) throw new Error(`no payment attempt ${number}`);
    return attempt;
  }

  private carryOut(decision: Decision): void {
    this.fresh = decision.commands;
    this.commands.push(...decision.commands);
    const { session, step } = takeMoneyStep(decision.session);
    this.session = session;
    if (step === null) return;
    this.steps.push(step);
    this.running = step;
  }

  private expectStep<S extends MoneyStep['step']>(...kinds: S[]): Extract<MoneyStep, { step: S }> {
    const step = this.running;
    if (step === null || !kinds.some((kind) => kind === step.step)) {
      throw new Error(`expected ${kinds.join(' or ')} to run, but it is ${step?.step ?? 'nothing'}`);
    }
    return step as Extract<MoneyStep, { step: S }>;
  }
}

function isMoneyResult(event: SessionEvent): boolean {
  return 'paymentNumber' in event;
}

/** What a read of an approved payment shows. */
export function authorized(): Partial<PaymentSnapshot> {
  return { phase: 'authorized', authorizedMinor: 500 };
}

export function snapshotOf(
  step: Pick<MoneyStep, 'paymentNumber' | 'paymentReference'>,
  shown: Partial<PaymentSnapshot>,
): PaymentSnapshot {
  return {
    paymentReference: step.paymentReference,
    providerReference: `at-provider-${step.paymentNumber}`,
    phase: 'pending',
    currency: 'NOK',
    requestedMinor: 500,
    authorizedMinor: 0,
    capturedMinor: 0,
    releasedMinor: 0,
    refundedMinor: 0,
    authorizedAt: null,
    captureDeadlineAt: null,
    ...shown,
  };
}

/** A session in use since `ms` after the CHARGE. */
export function inUse(terms: Partial<SessionTerms> = {}, ms = MINUTE_MS): SessionDrive {
  const drive = new SessionDrive(terms);
  if (drive.session.terms.payment.paymentOnOpen) drive.on({ type: 'paymentOpened' });
  return drive.reserved().approved(ms);
}

/** A session in use for `usedMs`, ended by the customer; not yet priced. */
export function ended(terms: Partial<SessionTerms> = {}, usedMs = HOUR_MS): SessionDrive {
  return inUse(terms).text('endCharge', MINUTE_MS + usedMs);
}
