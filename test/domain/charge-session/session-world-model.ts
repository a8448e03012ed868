/**
 * A whole world around one session: customer, provider, operator, clock and workflow lanes, moved by arbitrary actions in
 * arbitrary order. After each decision the promises that must hold at every moment are asserted.
 */
import { expect } from 'vitest';
import { decide, isComplete, openSession, type Decision } from '../../../src/domain/charge-session.ts';
import { nextDueAt } from '../../../src/domain/charge-session/deadlines.ts';
import type { MoneyStep, SessionCommand, SessionEvent } from '../../../src/domain/charge-session/events.ts';
import { takeMoneyStep } from '../../../src/domain/charge-session/money-step.ts';
import { openPaymentAnswer } from '../../../src/domain/charge-session/open-payment.ts';
import { beginSession, type SessionState } from '../../../src/domain/charge-session/state.ts';
import { viewOf } from '../../../src/domain/charge-session/view.ts';
import { addMs, isBefore, msBetween, type Instant } from '../../../src/domain/instant.ts';
import type { SessionTerms } from '../../../src/domain/session-terms.ts';
import { ProviderModel, type StepOutcome } from './provider-model.ts';
import { CHARGED_AT, HOUR_MS, someTerms } from './session-drive.ts';

export type Action =
  | {
      do: 'text';
      type: 'endCharge' | 'chargeRepeated' | 'statusRequested';
      sentAgoMs: number;
    }
  | { do: 'repeatText' }
  | { do: 'callback' }
  | { do: 'tap' }
  | { do: 'approve' }
  | { do: 'decline' }
  | { do: 'lapse'; shownAs: 'amounts' | 'phase' }
  | { do: 'wait'; ms: number }
  | { do: 'endNow' }
  | { do: 'retryCapture' }
  | { do: 'releaseNow' }
  | { do: 'writeOff' }
  | { do: 'finishMoneyStep'; outcome: StepOutcome }
  | { do: 'finishCommand' };

export interface WorldOptions {
  terms: Partial<SessionTerms>;
  providerSaysWhen: boolean;
  priceMinorPerHour: number;
}

/** Money calls one happening may lead to before time must pass; more is a loop. */
const MOST_STEPS_PER_HAPPENING = 4;

export class SessionWorldModel {
  session: SessionState;
  readonly provider: ProviderModel;
  readonly commands: SessionCommand[] = [];
  now: Instant = CHARGED_AT;
  running: MoneyStep | null = null;
  private readonly priceMinorPerHour: number;
  private readonly waitingCommands: SessionCommand[] = [];
  private lastText: Extract<SessionEvent, { inboxId: string }> | null = null;
  private texts = 0;
  private pace = { now: CHARGED_AT, steps: 0, happenings: 1 };

  constructor({ terms, providerSaysWhen, priceMinorPerHour }: WorldOptions) {
    this.priceMinorPerHour = priceMinorPerHour;
    this.session = beginSession({
      sessionId: '0123456789abcdef0123456789abcdef',
      inboxId: 'inbox-0',
      terms: someTerms(terms),
      requestedAt: CHARGED_AT,
      at: CHARGED_AT,
    });
    this.provider = new ProviderModel(this.session.terms.payment, providerSaysWhen);
    this.carryOut(openSession(this.session));
  }

  act(action: Action): void {
    if (action.do !== 'finishMoneyStep') this.pass('happenings');
    switch (action.do) {
      case 'text':
        return this.text(action.type, action.sentAgoMs);
      case 'repeatText':
        if (this.lastText) this.decide(this.lastText);
        return;
      case 'callback':
        return this.decide({ type: 'paymentChanged' });
      case 'tap':
        return this.decide({ type: 'paymentOpened' });
      case 'approve':
        return this.provider.approve(this.now);
      case 'decline':
        return this.provider.decline();
      case 'lapse':
        return this.provider.lapse(action.shownAs);
      case 'wait':
        return this.wait(action.ms);
      case 'endNow':
        return this.decide({ type: 'endNow', at: this.now });
      case 'retryCapture':
        return this.decide({ type: 'retryCapture' });
      case 'releaseNow':
        return this.decide({ type: 'releaseNow', at: this.now });
      case 'writeOff':
        return this.decide({ type: 'writeOff' });
      case 'finishMoneyStep':
        return this.finishMoneyStep(action.outcome);
      case 'finishCommand':
        return this.finishCommand();
    }
  }

  /** Nobody disturbs the session any more: everything that is under way ends, and time passes until it is complete. */
  runOut(outcomeOf: (step: MoneyStep) => StepOutcome, withinMs: number): void {
    const until = addMs(this.now, withinMs);
    while (!isComplete(this.session)) {
      if (this.running !== null) this.finishMoneyStep(outcomeOf(this.running));
      else if (this.waitingCommands.length > 0) this.finishCommand();
      else {
        const dueAt = nextDueAt(this.session);
        if (dueAt === null) throw new Error(`the session waits for nothing: ${JSON.stringify(this.session)}`);
        if (isBefore(until, dueAt)) throw new Error(`not complete in time: ${JSON.stringify(this.session)}`);
        this.wait(Math.max(0, msBetween(this.now, dueAt)));
      }
    }
  }

  private text(type: Extract<Action, { do: 'text' }>['type'], sentAgoMs: number): void {
    this.texts += 1;
    const event = {
      type,
      inboxId: `inbox-${this.texts}`,
      sentAt: addMs(this.now, -sentAgoMs),
      receivedAt: this.now,
    };
    this.lastText = event;
    this.decide(event);
  }

  /** The alarm rings for each instant on the way, as the workflow's timer does. */
  private wait(ms: number): void {
    const until = addMs(this.now, ms);
    for (;;) {
      const dueAt = nextDueAt(this.session);
      if (dueAt === null || isBefore(until, dueAt)) break;
      if (isBefore(this.now, dueAt)) this.now = dueAt;
      this.provider.passTime(this.now);
      this.decide({ type: 'tick', at: dueAt });
    }
    this.now = until;
    this.provider.passTime(this.now);
  }

  private finishMoneyStep(outcome: StepOutcome): void {
    if (this.running === null) return;
    const step = this.running;
    this.running = null;
    this.decide(this.provider.run(step, outcome, this.now));
  }

  private finishCommand(): void {
    const command = this.waitingCommands.shift();
    if (command) this.decide(this.resultOf(command));
  }

  private resultOf(command: SessionCommand): SessionEvent {
    const perHour = this.priceMinorPerHour;
    switch (command.command) {
      case 'sendText':
      case 'issueReceipt':
      case 'showReceipt':
        return { type: 'messageDone' };
      case 'reviewLateEnd':
      case 'reviewLateMessage':
        return { type: 'lateEndReviewed' };
      case 'freeSlot':
        return { type: 'slotFreed' };
      case 'planUsage': {
        const hours = perHour === 0 ? null : Math.floor(command.limitMinor / perHour);
        return {
          type: 'usagePlanned',
          usedUpAt: hours === null ? null : addMs(command.startedAt, hours * HOUR_MS + 1),
        };
      }
      case 'priceUsage': {
        const startedHours = Math.ceil(msBetween(command.startedAt, command.endedAt) / HOUR_MS);
        return { type: 'usagePriced', computedMinor: startedHours * perHour, at: this.now };
      }
    }
  }

  private decide(event: SessionEvent): void {
    const before = this.session;
    const kept = JSON.stringify(before);
    const decision = decide(before, event);
    promise(JSON.stringify(before) === kept, 'decide never changes its input');
    assertPlain(before);
    this.assertMessageIsHandledOrLeft(before, event, decision);
    this.assertRepetitionChangesNothing(event, decision);
    this.carryOut(decision);
    this.assertPromises();
  }

  private carryOut(decision: Decision): void {
    this.commands.push(...decision.commands);
    this.waitingCommands.push(...decision.commands);
    const taken = takeMoneyStep(decision.session);
    this.session = taken.session;
    if (taken.step === null) return;
    promise(this.running === null, 'never two money steps at once');
    this.running = taken.step;
    this.pass('steps');
  }

  private pass(what: 'steps' | 'happenings'): void {
    if (this.pace.now !== this.now) this.pace = { now: this.now, steps: 0, happenings: 1 };
    this.pace[what] += 1;
    const { steps, happenings } = this.pace;
    promise(steps <= happenings * MOST_STEPS_PER_HAPPENING, 'no loop of money steps in one instant');
  }

  /** What a session leaves alone is routed anew: it must not have answered it in any way. */
  private assertMessageIsHandledOrLeft(before: SessionState, event: SessionEvent, decision: Decision): void {
    if (!('inboxId' in event)) return;
    const isNew = !before.handledInboxIds.includes(event.inboxId);
    if (isNew && decision.session.handledInboxIds.includes(event.inboxId)) return;
    const asByTimeAlone = decide(before, { type: 'tick', at: event.receivedAt });
    assertSame(decision, asByTimeAlone, 'a message that is not handled changes nothing');
  }

  private assertRepetitionChangesNothing(event: SessionEvent, decision: Decision): void {
    const mayComeAgain =
      'inboxId' in event ||
      'attempt' in event ||
      event.type === 'slotFreed' ||
      isTellingTick(event, decision);
    if (!mayComeAgain) return;
    const unchanged = { session: decision.session, commands: [] };
    assertSame(decide(decision.session, event), unchanged, `a doubled ${event.type} changes nothing`);
  }

  private assertPromises(): void {
    const { session, provider } = this;
    promise(provider.captures.length <= 1, 'at most one capture at the provider');
    for (const payment of provider.payments) {
      const { requestedMinor, authorizedMinor, capturedMinor, releasedMinor } = payment;
      promise(0 <= capturedMinor && capturedMinor <= authorizedMinor, 'captured <= authorized');
      promise(authorizedMinor <= requestedMinor, 'authorized <= requested');
      promise(capturedMinor + releasedMinor <= authorizedMinor, 'what is given back was not captured');
    }
    for (const { attempt, authorizedMinor, capturedMinor, releasedMinor } of session.attempts) {
      promise(
        capturedMinor + releasedMinor <= authorizedMinor,
        'our books: captured + released <= authorized',
      );
      promise(capturedMinor === 0 || attempt === session.adopted, 'only the adopted payment is captured');
    }
    const open = session.attempts.filter((attempt) => attempt.stage !== 'settled');
    promise(open.length <= 1, 'attempt n+1 only after attempt n is final');
    const [captured] = provider.captures;
    promise(
      captured === undefined || captured === Math.min(session.computedMinor ?? 0, 500),
      'captured = min(computed, reserved)',
    );
    const receipts = this.commands.filter((command) => command.command === 'issueReceipt').length;
    promise(receipts === (session.state === 'captured' ? 1 : 0), 'one receipt, when captured');
    promise(receipts === 0 || captured !== undefined, 'no receipt without a capture');
    const dueAt = nextDueAt(session);
    promise(dueAt === null || isBefore(session.now, dueAt), 'next due is later than now');
    promise(viewOf(session).nextDueAt === dueAt, 'the page shows what is due');
    promise(session.textsOutstanding >= 0, 'no text is dealt with twice');
    this.assertLinkAnswer();
  }

  /** A customer is sent to the wallet only while an approval there would count. */
  private assertLinkAnswer(): void {
    const { session } = this;
    if (openPaymentAnswer(session)?.kind !== 'redirect') return;
    promise(session.state === 'awaitingApproval', 'sent to the wallet only while approval is awaited');
    promise(session.endRequested === null, 'not sent to the wallet after ENDCHARGE');
  }
}

function promise(kept: boolean, what: string): void {
  if (!kept) throw new Error(`broken: ${what}`);
}

/** Most ticks only move the time on; looking at each twice would make the run slow and show nothing. */
function isTellingTick(event: SessionEvent, decision: Decision): boolean {
  return event.type === 'tick' && decision.commands.length > 0;
}

/** What JSON would drop or turn into something else: it would be lost between two decisions. */
function assertPlain(value: unknown): void {
  if (typeof value === 'object' && value !== null) return Object.values(value).forEach(assertPlain);
  const isPlain = value === null || typeof value === 'string' || typeof value === 'boolean';
  promise(isPlain || Number.isFinite(value), 'state is plain JSON');
}

/** Both are plain data made by copying, so their keys come in one order. */
function assertSame(actual: unknown, expected: unknown, what: string): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual, what).toEqual(expected);
}
