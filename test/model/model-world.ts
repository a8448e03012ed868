/**
 * A world around one session: customer, provider, operator, clock and the workflow's lanes, moved by arbitrary actions in
 * arbitrary order. It drives the lifecycle as the workflow does; the auditor looks after every step.
 */
import { decide, isComplete, decideFirst, type Decision } from '../../src/domain/session/decide.ts';
import { nextDueAt } from '../../src/domain/session/deadlines.ts';
import type {
  MoneyResult,
  MoneyStep,
  SessionCommand,
  SessionEvent,
} from '../../src/domain/session/events.ts';
import { acceptStamp, clampEnd } from '../../src/domain/gateway-stamp.ts';
import { takeMoneyStep } from '../../src/domain/session/money-step.ts';
import { newSession, type SessionState } from '../../src/domain/session/state.ts';
import { OPERATOR_EVENTS, type Action, type Ending, type TextType, type WorldOptions } from './actions.ts';
import { Auditor, promise } from './auditor.ts';
import type { Coverage } from './coverage.ts';
import { MoneyDesk, type AnswerKind, type Carried } from './money-desk.ts';
import { CHARGED_MS, DAY_MS, HOUR_MS, iso, msOf } from './model-time.ts';
import { pricedMinor, usedUpMs } from './price-oracle.ts';
import { heldMinorOf, TestLedger } from './test-ledger.ts';
import { termsOf } from './world-terms.ts';

type CustomerEvent = Extract<SessionEvent, { inboxId: string }>;
type Message = Extract<SessionCommand, { command: 'sendText' | 'issueReceipt' | 'showReceipt' }>;
type Recording = Exclude<SessionCommand, Message>;

const MODELLED_SESSION = '0123456789abcdef0123456789abcdef';

/** Money calls one happening may lead to before time must pass; more is a loop. */
const MAX_STEPS_PER_EVENT = 4;

const ENDING_ANSWERS: Record<Ending, (step: MoneyStep) => AnswerKind> = {
  healthy: () => 'ok',
  declined: () => 'ok',
  silent: ({ step }) => (step === 'read' ? 'readFails' : 'noAnswerNotDone'),
  silentButActing: ({ step }) => (step === 'read' ? 'readFails' : 'noAnswerButDone'),
  refusing: ({ step }) =>
    step === 'read' ? 'readFails' : step === 'reserve' ? 'noAnswerNotDone' : 'refused',
  refusingForNow: ({ step }) =>
    step === 'read' ? 'readFails' : step === 'reserve' ? 'noAnswerNotDone' : 'refusedForNow',
};

export class ModelWorld {
  session: SessionState;
  nowMs = CHARGED_MS;
  /** what was done so far: a failure can be played again from it */
  readonly history: Action[] = [];
  readonly ledger: TestLedger;
  readonly auditor: Auditor;
  readonly messages: Message[] = [];
  readonly recordings: Recording[] = [];
  running: { step: MoneyStep; carried: Carried | null } | null = null;
  private readonly coverage: Coverage;
  private readonly options: WorldOptions;
  private readonly desk: MoneyDesk;
  private readonly texts: CustomerEvent[] = [];
  private readonly answers: { step: MoneyStep['step']; result: MoneyResult }[] = [];
  private pace = { nowMs: CHARGED_MS, steps: 0, happenings: 1 };

  constructor(options: WorldOptions, coverage: Coverage) {
    this.options = options;
    this.coverage = coverage;
    this.ledger = new TestLedger({ ...options, kind: options.provider });
    this.desk = new MoneyDesk(this.ledger, this.options.priceMinorPerHour);
    const session = newSession({
      sessionId: MODELLED_SESSION,
      inboxId: 'inbox-0',
      terms: termsOf(options),
      requestedAt: iso(CHARGED_MS),
      openedAt: iso(CHARGED_MS),
      at: iso(CHARGED_MS),
    });
    this.session = frozen(session);
    this.auditor = new Auditor(this, options, coverage);
    const opened = decideFirst(session);
    this.auditor.afterDecision(session, null, opened);
    this.carryOut(opened);
    this.auditor.afterStep(session);
  }

  canDo(action: Action): boolean {
    switch (action.do) {
      case 'approve':
      case 'decline':
        return this.ledger.payments.some(({ phase }) => phase === 'pending');
      case 'giveBackEarly':
      case 'captureElsewhere':
        return this.ledger.payments.some((payment) => heldMinorOf(payment) > 0);
      case 'carryOut':
        return this.running !== null && this.running.carried === null;
      case 'answer':
        return this.running !== null;
      case 'lateAnswer':
        return this.answers.length > action.back;
      case 'repeatText':
        return this.texts.length > action.back;
      case 'finishMessage':
        return this.messages.length > 0;
      case 'finishRecord':
        return this.recordings.length > 0;
      case 'text':
      case 'callback':
      case 'tap':
      case 'wait':
      case 'down':
      case 'operator':
        return true;
    }
  }

  act(action: Action): void {
    if (!this.canDo(action)) return;
    this.history.push(action);
    if (action.do !== 'answer') this.pass('happenings');
    this.apply(action);
    this.coverage.count('action', action.do);
    if (action.do === 'operator') this.coverage.count('operator action', action.what);
  }

  /** Nobody disturbs the session any more: everything that is under way ends, and time passes until it is complete. */
  runOut(ending: Ending): void {
    const untilMs = this.nowMs + (ending === 'healthy' || ending === 'declined' ? 9 : 17) * DAY_MS;
    if (ending === 'declined') this.ledger.decline();
    const answerOf = ENDING_ANSWERS[ending];
    while (!isComplete(this.session)) {
      if (this.running !== null) this.answer(answerOf(this.running.step));
      else if (this.messages.length > 0) this.finishMessage();
      else if (this.recordings.length > 0) this.finishRecord();
      else {
        const dueAt = nextDueAt(this.session);
        promise(dueAt !== null, 'an open session waits for something');
        promise(msOf(dueAt) <= untilMs, 'a session is complete in time');
        this.wait(Math.max(0, msOf(dueAt) - this.nowMs));
      }
    }
    this.coverage.count('ending', ending);
    this.auditor.afterEnd();
    this.assertNothingHappensAnyMore();
  }

  private apply(action: Action): void {
    switch (action.do) {
      case 'text':
        return this.text(action.type, action);
      case 'repeatText':
        return this.repeatText(action.back);
      case 'callback':
        return this.decide({ type: 'paymentChanged', at: iso(this.nowMs) });
      case 'tap':
        return this.decide({ type: 'paymentOpened', at: iso(this.nowMs) });
      case 'approve':
        return this.approve();
      case 'decline':
        return void this.ledger.decline();
      case 'giveBackEarly':
        return void this.ledger.giveBackEarly(action.shownAs);
      case 'captureElsewhere':
        return void this.ledger.captureElsewhere(action.share);
      case 'wait':
        return this.wait(action.ms);
      case 'down':
        return this.moveTo(this.nowMs + action.ms);
      case 'operator':
        return this.decide(OPERATOR_EVENTS[action.what](this.nowMs));
      case 'carryOut':
        return this.carryOutRunning(action.answer);
      case 'answer':
        return this.answer(action.answer);
      case 'lateAnswer':
        return this.lateAnswer(action.back);
      case 'finishMessage':
        return this.finishMessage();
      case 'finishRecord':
        return this.finishRecord();
    }
  }

  private text(kind: TextType, { sentAgoMs, heldUpMs }: { sentAgoMs: number; heldUpMs: number }): void {
    const receivedMs = Math.max(CHARGED_MS, this.nowMs - heldUpMs);
    const accepted = acceptStamp(iso(receivedMs - sentAgoMs), iso(receivedMs));
    const { sentAt } = clampEnd(accepted.sentAt, {
      requestedAt: iso(CHARGED_MS),
      hasEarlier: this.options.hasEarlier,
    });
    const event = {
      type: 'customerMessage' as const,
      kind,
      inboxId: `inbox-${this.texts.length + 1}`,
      sentAt,
      at: iso(receivedMs),
    };
    this.texts.push(event);
    this.decide(event);
  }

  private repeatText(back: number): void {
    const event = this.texts.at(-1 - back);
    if (event) this.decide(event);
  }

  private approve(): void {
    const payment = this.ledger.payments.findLast(({ phase }) => phase === 'pending');
    const approved = this.ledger.approve(this.nowMs);
    const isLate = approved && payment !== undefined && this.nowMs >= payment.expiresMs;
    if (isLate) this.coverage.count('reached', 'an approval after the expiry');
  }

  private moveTo(ms: number): void {
    this.nowMs = ms;
    this.desk.passTime(ms);
    this.ledger.passTime(ms);
  }

  /** The alarm rings for each instant on the way, as the workflow's timer does. */
  private wait(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const dueAt = nextDueAt(this.session);
      if (dueAt === null || msOf(dueAt) > untilMs) break;
      this.moveTo(Math.max(this.nowMs, msOf(dueAt)));
      this.decide({ type: 'tick', at: dueAt });
    }
    this.moveTo(untilMs);
  }

  private carryOutRunning(answer: AnswerKind): void {
    if (this.running === null || this.running.carried !== null) return;
    const { step } = this.running;
    const carried = this.desk.carryOut(step, answer, this.nowMs);
    this.running.carried = carried;
    this.coverage.count('provider answer', `${step.step} ${carried.answer}`);
  }

  private answer(answer: AnswerKind): void {
    this.carryOutRunning(answer);
    if (!this.running?.carried) return;
    const { step, carried } = this.running;
    this.running = null;
    this.answers.push({ step: step.step, result: carried.result });
    this.decide(carried.result, { step, carried });
  }

  /**
   * The lane gives each answer once, so a late one can only meet another step, or none. (An answer carries no number of its
   * step: one that the running step of the same payment could give as well could not be told from the right one.)
   */
  private lateAnswer(back: number): void {
    const late = this.answers.at(-1 - back);
    if (!late) return;
    const { step, result } = late;
    const running = this.running?.step;
    const isAlike = running?.step === step || (result.type === 'readFailed' && running?.step !== 'capture');
    if (isAlike && running?.paymentNumber === result.paymentNumber) return;
    const unchanged = decide(this.session, { type: 'tick', at: result.at });
    const decision = decide(this.session, result);
    promise(JSON.stringify(decision) === JSON.stringify(unchanged), 'a late answer is not believed');
    this.decide(result);
  }

  private finishMessage(): void {
    if (this.messages.shift()) this.decide({ type: 'outgoingDone', at: this.session.now });
  }

  private finishRecord(): void {
    const command = this.recordings.shift();
    if (command) this.decide(this.recordOf(command));
  }

  private recordOf(command: Recording): SessionEvent {
    const { priceMinorPerHour } = this.options;
    switch (command.command) {
      case 'freeSlot':
        return { type: 'slotFreed', at: this.session.now };
      case 'reviewLateEnd':
      case 'reviewLateMessage':
        return { type: 'lateEndReviewed', at: this.session.now };
      case 'computeUsedUpAt': {
        const ms = usedUpMs(msOf(command.startedAt), { limitMinor: command.limitMinor, priceMinorPerHour });
        return { type: 'usedUpAtComputed', usedUpAt: ms === null ? null : iso(ms), at: this.session.now };
      }
      case 'priceUsage': {
        const usedMs = msOf(command.endedAt) - msOf(command.startedAt);
        return {
          type: 'usagePriced',
          computedMinor: pricedMinor(usedMs, priceMinorPerHour),
          at: iso(this.nowMs),
        };
      }
    }
  }

  /** `answering`: the running step that this event answers. */
  private decide(event: SessionEvent, answering: { step: MoneyStep; carried: Carried } | null = null): void {
    const before = this.session;
    const decision = decide(before, event);
    frozen(decision.session);
    this.auditor.beforeStep(before, event, decision);
    this.auditor.afterDecision(before, { event, answering }, decision);
    this.carryOut(decision);
    this.auditor.afterStep(before, event);
  }

  private carryOut(decision: Decision): void {
    for (const command of decision.commands) {
      if (isMessage(command)) this.messages.push(command);
      else this.recordings.push(command);
    }
    const { session, step } = takeMoneyStep(decision.session);
    this.session = frozen(session);
    if (step === null) return;
    promise(this.running === null, 'money steps never overlap');
    this.auditor.beforeMoneyStep(decision.session, session, step);
    this.running = { step, carried: null };
    this.pass('steps');
  }

  private pass(what: 'steps' | 'happenings'): void {
    if (this.pace.nowMs !== this.nowMs) this.pace = { nowMs: this.nowMs, steps: 0, happenings: 1 };
    this.pace[what] += 1;
    const { steps, happenings } = this.pace;
    promise(steps <= happenings * MAX_STEPS_PER_EVENT, 'no loop of money steps in one instant');
  }

  /** A session that is complete is over, whatever still arrives for it. */
  private assertNothingHappensAnyMore(): void {
    const events: SessionEvent[] = [
      ...this.texts.slice(-1),
      {
        type: 'customerMessage',
        kind: 'endCharge',
        inboxId: 'inbox-late',
        sentAt: iso(this.nowMs),
        at: iso(this.nowMs),
      },
      { type: 'paymentChanged', at: iso(this.nowMs) },
      { type: 'paymentOpened', at: iso(this.nowMs) },
      { type: 'tick', at: iso(this.nowMs + HOUR_MS) },
      ...Object.values(OPERATOR_EVENTS).map((eventAt) => eventAt(this.nowMs)),
      ...this.answers.slice(-3).map(({ result }) => result),
    ];
    for (const event of events) {
      const { session, commands } = decide(this.session, event);
      const isQuiet = commands.length === 0 && isComplete(session) && takeMoneyStep(session).step === null;
      promise(isQuiet, 'a complete session does nothing any more');
    }
  }
}

function isMessage(command: SessionCommand): command is Message {
  const { command: kind } = command;
  return kind === 'sendText' || kind === 'issueReceipt' || kind === 'showReceipt';
}

/**
 * A decision must not change what it decides on: a change of frozen data throws. And a state must survive being written down:
 * what JSON would drop or turn into something else is lost between two decisions.
 */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) {
    const isPlain = value === null || typeof value === 'string' || typeof value === 'boolean';
    promise(isPlain || Number.isFinite(value), 'a state survives being written down');
    return value;
  }
  if (Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
