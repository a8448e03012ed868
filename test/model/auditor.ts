/**
 * Looks at a session, at the provider's ledger and at what was told, after every step: the promises of design.md section 7 and
 * the decided cases. It reckons by itself and calls nothing of `src/domain` but for the questions it puts to it.
 */
import { isDeepStrictEqual } from 'node:util';
import { decide, isComplete, type Decision } from '../../src/domain/session/decide.ts';
import { nextDueAt } from '../../src/domain/session/deadlines.ts';
import type { MoneyStep, SessionCommand, SessionEvent } from '../../src/domain/session/events.ts';
import { openPaymentAnswer, paymentPageOf, viewOf } from '../../src/domain/session/view.ts';
import type { SessionState } from '../../src/domain/session/state.ts';
import { observe, type ObservedPayment, type ObservedSession } from '../support/observed-session.ts';
import type { WorldOptions } from './actions.ts';
import type { Coverage } from './coverage.ts';
import {
  ATTENTION_REASONS,
  OUTCOME_TEXTS,
  SLOT_TRANSITIONS,
  STAGE_TRANSITIONS,
  STATE_TRANSITIONS,
  TEXT_RULES,
} from './design-tables.ts';
import type { Carried } from './money-desk.ts';
import { DAY_MS, iso, MINUTE_MS, msOf } from './model-time.ts';
import { pricedMinor, usedUpMs } from './price-oracle.ts';
import { heldMinorOf, type LedgerPayment, type TestLedger } from './test-ledger.ts';

export class BrokenPromise extends Error {}

export function promise(kept: boolean, what: string): asserts kept {
  if (!kept) throw new BrokenPromise(what);
}

export interface AuditedWorld {
  readonly session: SessionState;
  readonly nowMs: number;
  readonly ledger: TestLedger;
  readonly messages: readonly unknown[];
  readonly recordings: readonly unknown[];
  readonly running: unknown;
}

interface Decided {
  session: ObservedSession;
  commands: readonly SessionCommand[];
}

interface Happened {
  event: SessionEvent;
  answering: { step: MoneyStep; carried: Carried } | null;
}

/** Every decision with an effect is asked for twice; of the many that only let time pass, one in so many. */
const TWICE_EVERY = 16;
const EXPIRY_GRACE_MS = 10 * MINUTE_MS;
const SLOT_KEPT_AT_MOST_MS = 2 * MINUTE_MS;
const REPLIES = new Set(['linkAgain', 'statusWaiting', 'statusActive', 'statusClosing']);

export class Auditor {
  private readonly world: AuditedWorld;
  private readonly options: WorldOptions;
  private readonly coverage: Coverage;
  private readonly told = new Map<string, number>();
  private readonly keys = new Map<string, string>();
  private readonly releaseKeys = new Map<number, string>();
  /** payments that a misleading read let us take for final: what they hold is for reconciliation to find */
  private readonly misjudged = new Set<number>();
  private readonly attentions = new Set<string>();
  private receipts = 0;
  private slotsFreed = 0;
  private pricings = 0;
  private useOverMs: number | null = null;
  private hasRoundFailed = false;
  private lastCapture: { key: string; answer: string | null } | null = null;
  /** keys that were told no for good */
  private readonly spentKeys = new Set<string>();
  private steps = 0;

  constructor(world: AuditedWorld, options: WorldOptions, coverage: Coverage) {
    this.world = world;
    this.options = options;
    this.coverage = coverage;
    coverage.count('state', observe(world.session).state);
  }

  /** `decide` is a function: the same again, nothing from a doubled event, and nothing from one that is left to others. */
  beforeStep(before: SessionState, event: SessionEvent, decision: Decision): void {
    this.steps += 1;
    const isDull = event.type === 'tick' || event.type === 'paymentRead' || event.type === 'readFailed';
    const isLookedAtTwice = this.steps % TWICE_EVERY === 0 || (decision.commands.length > 0 && !isDull);
    if (isLookedAtTwice) {
      promise(isDeepStrictEqual(decide(before, event), decision), 'the same event decides the same');
    }
    if ('inboxId' in event) this.checkLeftAlone(before, event, decision);
    if (mayComeAgain(event) && (isLookedAtTwice || !isDull)) {
      const unchanged = { session: decision.session, commands: [] };
      promise(
        isDeepStrictEqual(decide(decision.session, event), unchanged),
        'a doubled event changes nothing',
      );
    }
  }

  afterDecision(stateBefore: SessionState, happened: Happened | null, made: Decision): void {
    const before = observe(stateBefore);
    const decision: Decided = { session: observe(made.session), commands: made.commands };
    const { session, commands } = decision;
    if (happened) {
      const { event } = happened;
      this.coverage.count('event', event.type === 'customerMessage' ? event.kind : event.type);
      this.checkInstants(before, happened.event, session);
      this.checkEndHeard(before, happened.event, decision);
      this.checkCancellation(before, happened, session);
      this.checkExpiry(before, happened, session);
      this.checkPricing(before, happened.event, session);
      this.checkAttention(before, happened, session);
      this.noteMisjudged(before, happened, session);
      this.noteCaptureAnswer(happened);
    }
    this.checkTransitions(before, session, happened?.event ?? null);
    this.checkCommands(before, happened?.event ?? null, decision);
    this.checkSlot(before, session, commands);
  }

  beforeMoneyStep(stateBefore: SessionState, state: SessionState, step: MoneyStep): void {
    const before = observe(stateBefore);
    const session = observe(state);
    this.coverage.count('money step', step.step);
    promise(session.moneySteps === before.moneySteps + 1, 'the step number rises with every money step');
    const attempt = session.attempts[step.paymentNumber - 1];
    promise(
      attempt !== undefined && attempt.stage !== 'settled',
      'no money call for a payment that is final',
    );
    if (step.step !== 'read') this.checkKey(step);
    if (step.step === 'reserve') this.checkReserve(session, step);
    if (step.step === 'capture') this.checkCapture(session, attempt, step);
    if (step.step === 'release') this.checkRelease(session, attempt, step);
    if (step.step === 'abandon') this.checkAbandon(session, step);
  }

  afterStep(stateBefore: SessionState, event: SessionEvent | null = null): void {
    const { ledger } = this.world;
    const before = observe(stateBefore);
    const session = this.seen;
    let ourCaptures = 0;
    for (const operation of ledger.operations) if (operation.kind === 'capture') ourCaptures += 1;
    promise(ourCaptures <= 1, 'at most one capture of ours succeeds');
    for (const payment of ledger.payments) checkLedger(payment);
    let open = 0;
    for (const attempt of session.attempts) {
      if (attempt.stage !== 'settled') open += 1;
      this.checkAttempt(before.attempts[attempt.paymentNumber - 1], attempt);
    }
    promise(open <= 1, 'attempt n+1 only after attempt n is final');
    promise(session.textsOutstanding === this.world.messages.length, 'every message is counted once');
    this.checkDue();
    this.checkLinkAnswer();
    this.checkIgnoredCallbacks();
    if (event?.type === 'paymentOpened') this.checkTap(before);
  }

  /** The accounts at the close, ours and the provider's side by side. */
  afterEnd(): void {
    const { ledger } = this.world;
    const session = this.seen;
    const isExplained = session.attention.length > 0;
    for (const attempt of session.attempts) {
      const { authorizedMinor, capturedMinor, releasedMinor } = attempt;
      promise(capturedMinor + releasedMinor === authorizedMinor, 'captured + released = authorized at close');
      promise(
        releasedMinor === 0 || attempt.releaseSource !== null || attempt.outcome === 'expired',
        'what went back is proven or marked assumed',
      );
    }
    for (const payment of ledger.payments) this.checkAccount(payment, isExplained);
    this.checkOutcome(isExplained);
    promise(this.slotsFreed === 1, 'the slot is freed exactly once');
    promise(viewOf(this.world.session).needsAttention === isExplained, 'the page shows what needs attention');
    promise(viewOf(this.world.session).nextDueAt === null, 'a complete session waits for nothing');
    if (session.attempts.length > 1) this.coverage.count('reached', 'a second payment');
    if (this.misjudged.size > 0) this.coverage.count('reached', 'misjudged by a misleading read');
    if (session.attempts.some(({ releaseSource }) => releaseSource === 'provider')) {
      this.coverage.count('reached', 'given back by the provider');
    }
  }

  private get seen(): ObservedSession {
    return observe(this.world.session);
  }

  /** What a session leaves alone is routed anew: it must not have answered it in any way. */
  /** A callback is ignored where the session's row shows what `findSessionOfPayment` takes for final. */
  private checkIgnoredCallbacks(): void {
    const { session } = this.world;
    const { state, reservedMinor, capturedMinor, releasedMinor } = viewOf(session);
    const recorded = session.payments.filter(({ stage }) => stage !== 'wanted');
    const isAccounted = reservedMinor > 0 && capturedMinor + releasedMinor >= reservedMinor;
    if (['awaitingApproval', 'active', 'capturing'].includes(state) || !isAccounted || recorded.length !== 1)
      return;
    const hint = { type: 'paymentChanged', at: session.now } as const;
    const { commands, session: hinted } = decide(session, hint);
    promise(
      commands.length === 0 && isDeepStrictEqual(hinted.payments, session.payments),
      'a callback that is ignored would have changed nothing',
    );
  }

  private checkLeftAlone(
    before: SessionState,
    event: Extract<SessionEvent, { inboxId: string }>,
    decision: Decision,
  ): void {
    const isHandled = isHandledNow(observe(before), event, observe(decision.session));
    promise(
      !isHandled || observe(before).slot === 'held',
      'a session whose slot is not held handles no text',
    );
    if (isHandled) return;
    const byTimeAlone = decide(before, { type: 'tick', at: event.at });
    promise(isDeepStrictEqual(byTimeAlone, decision), 'a message that is not handled changes nothing');
  }

  /** Decided cases 1, 6 and 8: when the use began and ended. */
  private checkInstants(before: ObservedSession, event: SessionEvent, session: ObservedSession): void {
    if (before.startedAt === null && session.startedAt !== null) this.checkStart(event, session);
    else promise(before.startedAt === session.startedAt, 'a start never moves');
    if (session.usedUpAt !== null && before.usedUpAt !== session.usedUpAt) this.checkUsedUp(session);
    if (before.endedAt === null && session.endedAt !== null) this.checkEnd(before, event, session);
    else promise(before.endedAt === session.endedAt, 'an end never moves');
    if (session.startedAt === null || session.endedAt === null) return;
    promise(msOf(session.startedAt) <= msOf(session.endedAt), 'a use does not end before it began');
  }

  private checkUsedUp(session: ObservedSession): void {
    const startMs = msOf(session.startedAt ?? '');
    const limitMinor = session.attempts[(session.adopted ?? 0) - 1]?.authorizedMinor ?? 0;
    const { priceMinorPerHour } = this.options;
    promise(
      msOf(session.usedUpAt ?? '') === usedUpMs(startMs, { limitMinor, priceMinorPerHour }),
      'a reservation is used up when its own use costs more',
    );
  }

  private checkStart(event: SessionEvent, session: ObservedSession): void {
    const isRead = event.type === 'paymentRead' || event.type === 'abandonTried';
    promise(isRead && event.snapshot?.phase === 'authorized', 'a use begins by a read of an approval alone');
    const attempt = session.attempts[(session.adopted ?? 0) - 1];
    promise(
      attempt !== undefined && attempt.paymentNumber === event.paymentNumber,
      'the approved payment is adopted',
    );
    const readMs = msOf(event.at);
    const saidMs = event.snapshot.authorizedAt === null ? readMs : msOf(event.snapshot.authorizedAt);
    const startMs = Math.max(msOf(attempt.createdAt), Math.min(saidMs, readMs));
    promise(msOf(session.startedAt ?? '') === startMs, 'billing starts when the provider says, clamped');
    const { captureDeadlineAt } = event.snapshot;
    const deadlineMs =
      captureDeadlineAt === null ? startMs + this.options.captureDeadlineMs : msOf(captureDeadlineAt);
    const limitMs = Math.max(
      startMs,
      Math.min(startMs + this.options.sessionLimitMs, deadlineMs - 2 * DAY_MS),
    );
    promise(
      msOf(session.limitAt ?? '') === limitMs,
      'the limit is the partner’s, or 48 h before the deadline',
    );
  }

  private checkEnd(before: ObservedSession, event: SessionEvent, session: ObservedSession): void {
    const startMs = msOf(session.startedAt ?? '');
    const limitMs = msOf(session.limitAt ?? '');
    const spentMs = session.usedUpAt === null ? Infinity : msOf(session.usedUpAt);
    const endsUsedUp = this.options.whenUsedUp === 'end' && spentMs <= limitMs;
    const own = endsUsedUp
      ? { ms: spentMs - 1, dueMs: spentMs, by: 'usedUp' }
      : { ms: limitMs, dueMs: limitMs, by: 'limit' };
    const asked = this.askedEnd(before, event, session);
    const isOwn = asked === null || own.ms < asked.ms;
    if (asked === null) promise(msOf(session.now) >= own.dueMs, 'a use ends by itself only when it is due');
    const end = isOwn ? own : asked;
    promise(msOf(session.endedAt ?? '') === Math.max(startMs, end.ms), 'billing ends when asked, clamped');
    promise(session.endReason === end.by, 'the reason of an end is what ended it');
    this.coverage.count('end reason', end.by);
  }

  private askedEnd(
    before: ObservedSession,
    event: SessionEvent,
    session: ObservedSession,
  ): { ms: number; by: string } | null {
    if (event.type === 'endNow' || event.type === 'waive') return { ms: msOf(event.at), by: 'operator' };
    if (isEndCharge(event)) {
      if (!isHandledNow(before, event, session) || this.isLeftToEarlier(before, event)) return null;
      return { ms: Math.min(msOf(event.sentAt), msOf(event.at)), by: 'customer' };
    }
    const isSeenWithApproval = before.state === 'awaitingApproval' && before.endRequested !== null;
    if (!isSeenWithApproval || before.endRequested === null) return null;
    return { ms: msOf(before.endRequested.at), by: before.endRequested.by };
  }

  /** Stamped before this session, and no reaction to the answer that such a text got before. */
  private isLeftToEarlier(
    before: ObservedSession,
    { sentAt, at: receivedAt }: { sentAt: string; at: string },
  ): boolean {
    const answeredAt = before.earlierEndAnsweredAt;
    const isReaction = answeredAt !== null && msOf(receivedAt) - msOf(answeredAt) >= 30_000;
    return msOf(sentAt) < msOf(before.requestedAt) && !isReaction;
  }

  /** An end that was answered 2xx ends what can be ended, or is answered; over what is over it may be silent. */
  private checkEndHeard(before: ObservedSession, event: SessionEvent, { session, commands }: Decided): void {
    if (!isEndCharge(event) || !isHandledNow(before, event, session)) return;
    const wasOpen = before.state === 'awaitingApproval' || before.state === 'active';
    if (!wasOpen) return;
    const isEnded = session.state !== before.state || session.endRequested !== null;
    const isAnswered = commands.some(({ command }) => command === 'sendText');
    promise(isEnded || isAnswered, 'an end that was taken ends the use or is answered');
    const isLeft = this.isLeftToEarlier(before, event);
    promise(isEnded || isLeft, 'an end of this session ends it');
    promise(isEnded || this.options.hasEarlier, 'the only session there was is ended by every end word');
    this.coverage.count('reached', isEnded ? 'ended by a text' : 'an end left to an earlier session');
  }

  /** Decided case 2: an approval that came before the ENDCHARGE is a use, unless no read could show it. */
  private checkCancellation(
    before: ObservedSession,
    { event, answering }: Happened,
    session: ObservedSession,
  ): void {
    if (before.state !== 'awaitingApproval' || session.state !== 'cancelled') return;
    if (before.endRequested === null || !this.options.saysWhen) return;
    const couldBeSeen = event.type === 'paymentRead' || event.type === 'abandonTried';
    if (!couldBeSeen || answering?.carried.isMisleading !== false) return;
    const endedMs = msOf(before.endRequested.at);
    for (const { phase, authorizedMs, reference } of this.world.ledger.payments) {
      const isBefore = phase === 'authorized' && authorizedMs !== null && authorizedMs < endedMs;
      const isUse = isBefore && !this.isMisjudged(reference, session);
      promise(!isUse, 'an approval before the ENDCHARGE is a use');
    }
  }

  /** Decided case 5: only a link that nobody has used expires. Where no read could show more, what comes later is given back. */
  private checkExpiry(
    before: ObservedSession,
    { event, answering }: Happened,
    session: ObservedSession,
  ): void {
    if (before.state !== 'awaitingApproval' || session.state !== 'expired') return;
    if (answering?.carried.isMisleading) return;
    if (event.type === 'readFailed')
      return promise(session.attention.length > 0, 'an end that no look has confirmed is told to a person');
    const endMs = msOf(session.linkExpiresAt);
    for (const payment of this.world.ledger.payments) {
      const { phase, authorizedMs } = payment;
      const isInTime = phase === 'authorized' && authorizedMs !== null && authorizedMs < endMs;
      const isUse = isInTime && heldMinorOf(payment) > 0 && !this.isMisjudged(payment.reference, session);
      promise(!isUse, 'an approval before the end of the link is a use');
    }
  }

  private isMisjudged(reference: string, session: ObservedSession): boolean {
    const attempt = session.attempts.find(({ paymentReference }) => paymentReference === reference);
    return attempt !== undefined && this.misjudged.has(attempt.paymentNumber);
  }

  /** Decided cases 7 and 8: min(computed, reserved), or nothing. */
  private checkPricing(before: ObservedSession, event: SessionEvent, session: ObservedSession): void {
    if (before.computedMinor === null && session.computedMinor !== null) {
      promise(event.type === 'usagePriced', 'only the pricing says what a use costs');
      const usedMs = msOf(session.endedAt ?? '') - msOf(session.startedAt ?? '');
      const priceMinor = pricedMinor(usedMs, this.options.priceMinorPerHour);
      promise(session.computedMinor === priceMinor, 'the computed amount is the price of the use');
    }
    if (before.settlement !== null || session.settlement === null) return;
    const { plan, amountMinor, waived } = session.settlement;
    promise(
      event.type === (waived ? 'waive' : 'usagePriced'),
      'a price decides what is taken, or an operator',
    );
    const expectedMinor = this.takenMinor(session);
    promise(plan === (expectedMinor > 0 ? 'capture' : 'release'), 'captured only from the minimum on');
    promise(amountMinor === expectedMinor, 'captured = min(computed, reserved)');
  }

  /** What the price, the reservation and the operator say that must be taken. */
  private takenMinor(session: ObservedSession): number {
    if (session.settlement?.waived) return 0;
    const reservedMinor = session.attempts[(session.adopted ?? 0) - 1]?.authorizedMinor ?? 0;
    const amountMinor = Math.min(session.computedMinor ?? 0, reservedMinor);
    return amountMinor < session.terms.payment.minimumCaptureMinor ? 0 : amountMinor;
  }

  private checkAttention(
    before: ObservedSession,
    { event, answering }: Happened,
    session: ObservedSession,
  ): void {
    const { attention } = session;
    for (const raised of attention.filter((reason) => !before.attention.includes(reason))) {
      this.attentions.add(raised);
      this.coverage.count('attention', raised);
    }
    for (const gone of before.attention.filter((reason) => !attention.includes(reason))) {
      const { passes } = ATTENTION_REASONS[gone];
      const isOver = passes === 'withItsCause' || (passes === 'whenCaptured' && session.state === 'captured');
      promise(isOver, 'what a person must look at does not vanish');
    }
    promise(new Set(attention).size === attention.length, 'a reason is raised once');
    if (answering === null) return;
    const wanted = this.wantedAttention(before, event, session);
    promise(
      wanted === null || attention.some((reason) => wanted === 'any' || reason === wanted),
      'attention is asked for',
    );
  }

  private wantedAttention(
    before: ObservedSession,
    event: SessionEvent,
    session: ObservedSession,
  ): string | null {
    const isWanted = before.state === 'capturing' && before.settlement?.plan === 'capture';
    switch (event.type) {
      case 'reserveRefused':
        return 'reservationRefused';
      case 'reserveFailed':
        return 'reservationUncertain';
      case 'captureFailed':
        if (!isWanted) return null;
        return session.state === 'capturing' ? 'captureDelayed' : 'any';
      case 'captureRefused':
        return session.state === 'captured' || !isWanted ? null : 'captureRefused';
      case 'captured':
        if (event.snapshot.capturedMinor !== before.settlement?.amountMinor || event.byOther) return 'any';
        return before.settlement.waived ? 'capturedAfterWaiver' : null;
      case 'releaseFailed':
        return 'any';
      case 'releaseRefused':
        return 'releaseRefused';
      case 'readFailed': {
        const attempt = before.attempts[event.paymentNumber - 1];
        if (attempt?.stage !== 'pending' && attempt?.stage !== 'uncertain') return null;
        return msOf(event.at) < msOf(attempt.expiresAt) + EXPIRY_GRACE_MS ? null : 'any';
      }
      default:
        return null;
    }
  }

  private noteMisjudged(before: ObservedSession, { answering }: Happened, session: ObservedSession): void {
    if (!answering?.carried.isMisleading) return;
    const { paymentNumber } = answering.step;
    const wasOpen = before.attempts[paymentNumber - 1]?.stage !== 'settled';
    if (wasOpen && session.attempts[paymentNumber - 1]?.stage === 'settled')
      this.misjudged.add(paymentNumber);
  }

  private noteCaptureAnswer({ event, answering }: Happened): void {
    if (answering?.step.step === 'capture' && this.lastCapture) this.lastCapture.answer = event.type;
    if (event.type === 'captureKeyRefused' || event.type === 'releaseKeyRefused') {
      const step = answering?.step;
      if (step?.step === 'capture' || step?.step === 'release') this.spentKeys.add(step.operationId);
    }
    if (answering !== null && event.type === 'captureFailed') this.hasRoundFailed = true;
  }

  private checkTransitions(
    before: ObservedSession,
    session: ObservedSession,
    event: SessionEvent | null,
  ): void {
    if (before.state !== session.state) {
      this.coverage.count('state', session.state);
      this.coverage.count('transition', `${before.state} -> ${session.state}`);
      const isAllowed = STATE_TRANSITIONS[before.state].includes(session.state);
      promise(isAllowed, 'the state moves along allowed transitions only');
      if (session.state === 'lost' || session.state === 'lapsed') {
        promise(session.attention.length > 0, 'a capture that failed for good is looked at');
      }
    }
    for (const attempt of session.attempts) {
      const from = before.attempts[attempt.paymentNumber - 1]?.stage ?? 'wanted';
      if (from === attempt.stage) continue;
      this.coverage.count('attempt', `${from} -> ${attempt.stage}`);
      promise(STAGE_TRANSITIONS[from].includes(attempt.stage), 'an attempt moves along allowed stages only');
      if (from === 'authorized' || attempt.stage !== 'settled' || event?.type !== 'readFailed') continue;
      const heldUntilMs = msOf(attempt.expiresAt) + this.options.captureDeadlineMs;
      promise(
        msOf(event.at) >= heldUntilMs,
        'a payment that cannot be read is watched while it may hold money',
      );
    }
    if (before.slot === session.slot) return;
    promise(SLOT_TRANSITIONS[before.slot].includes(session.slot), 'the slot is freed once and for all');
  }

  private checkCommands(before: ObservedSession, event: SessionEvent | null, decision: Decided): void {
    const { session, commands } = decision;
    let replies = 0;
    for (const command of commands) {
      this.coverage.count('command', command.command);
      switch (command.command) {
        case 'sendText':
          this.checkText(session, command);
          if (REPLIES.has(command.kind)) replies += 1;
          break;
        case 'issueReceipt':
          this.receipts += 1;
          promise(this.receipts === 1 && session.state === 'captured', 'one receipt, and only when captured');
          promise(
            this.capturedInLedger(session) > 0,
            'no receipt without a capture in the provider’s ledger',
          );
          break;
        case 'showReceipt':
          promise(this.receipts === 1, 'a receipt is shown after it was issued');
          promise(this.options.provider === 'onOpen', 'a receipt is shown where the wallet can');
          break;
        case 'priceUsage':
          this.pricings += 1;
          promise(this.pricings === 1, 'a use is priced once');
          promise(command.startedAt === session.startedAt, 'priced from the start');
          promise(command.endedAt === session.endedAt, 'priced to the end');
          break;
        case 'reviewLateEnd':
          promise(event !== null && isEndCharge(event), 'only an ENDCHARGE can be late');
          promise(
            command.endedAt === session.endedAt && command.startedAt === session.startedAt,
            'late for this use',
          );
          promise(msOf(command.lateEndAt) < msOf(command.endedAt), 'only an earlier end can cost less');
          break;
        case 'reviewLateMessage':
          promise(event !== null && isEndCharge(event), 'only an ENDCHARGE can be late');
          promise(
            msOf(event.sentAt) < msOf(session.requestedAt),
            'only what is older belongs to an earlier session',
          );
          break;
        case 'computeUsedUpAt':
        case 'freeSlot':
          break;
      }
    }
    const isAsked = event?.type === 'customerMessage' && event.kind !== 'endCharge';
    const isLateEnd = commands.some(({ command }) => command === 'reviewLateMessage');
    const isUsed = before.state === 'awaitingApproval' || before.state === 'active';
    const isAnswered = (isAsked && isHandledNow(before, event, session)) || (isLateEnd && isUsed);
    promise(replies === (isAnswered ? 1 : 0), 'each handled question gets one answer');
  }

  private checkText(
    session: ObservedSession,
    { kind, n }: Extract<SessionCommand, { command: 'sendText' }>,
  ): void {
    this.coverage.count('text', kind);
    const count = (this.told.get(kind) ?? 0) + 1;
    this.told.set(kind, count);
    promise(n === count, 'every text has an id of its own');
    const rule = TEXT_RULES[kind];
    promise(count <= rule.atMost, 'no text is sent more often than the design says');
    promise(rule.in.includes(session.state), 'no text is sent in a state it does not belong to');
    if (kind === 'paymentLink' || kind === 'linkAgain' || kind === 'statusWaiting') {
      promise(msOf(session.now) < msOf(session.linkExpiresAt), 'no link is sent whose life is over');
    }
    if (kind === 'receipt') promise(this.receipts === 1, 'no receipt text without a receipt');
    if (kind === 'lateApprovalReleased') {
      const isApproved = session.attempts.some((attempt) => {
        const isUnused = attempt.paymentNumber !== session.adopted && attempt.authorizedMinor > 0;
        return isUnused && attempt.capturedMinor === 0;
      });
      promise(isApproved, 'told of an unused approval only when there is one');
    }
  }

  private capturedInLedger(session: ObservedSession): number {
    const attempt = session.attempts[(session.adopted ?? 0) - 1];
    return this.bookOf(attempt)?.capturedMinor ?? 0;
  }

  private bookOf(attempt: { paymentReference: string } | undefined): LedgerPayment | undefined {
    return attempt && this.world.ledger.find(attempt.paymentReference);
  }

  /** Section 4.4: freed when the use is over and told, or two minutes later in any case; never before. */
  private checkSlot(
    before: ObservedSession,
    session: ObservedSession,
    commands: readonly SessionCommand[],
  ): void {
    const isUseOver = session.state !== 'awaitingApproval' && session.state !== 'active';
    if (isUseOver) this.useOverMs ??= msOf(session.now);
    const isOverdue = this.useOverMs !== null && msOf(session.now) >= this.useOverMs + SLOT_KEPT_AT_MOST_MS;
    promise(!isOverdue || session.slot !== 'held', 'a slot is not kept longer than two minutes');
    const freed = commands.filter(({ command }) => command === 'freeSlot').length;
    promise(
      freed === (before.slot === 'held' && session.slot === 'freeing' ? 1 : 0),
      'freeing is asked for once',
    );
    if (freed === 0) return;
    this.slotsFreed += 1;
    promise(isUseOver, 'a slot is not freed while the service is used');
    const isMoneyTried = session.state !== 'capturing' || this.hasRoundFailed;
    promise(
      isOverdue || (session.textsOutstanding === 0 && isMoneyTried),
      'a slot is freed when all is told',
    );
  }

  /** A key names one effect; the capture gets another only after a definite refusal. */
  private checkKey(step: Exclude<MoneyStep, { step: 'read' }>): void {
    const { operationId } = step;
    const amountMinor = step.step === 'capture' || step.step === 'reserve' ? step.amountMinor : '';
    const effect = `${step.step} ${step.paymentReference} ${amountMinor}`;
    const known = this.keys.get(operationId);
    promise(known === undefined || known === effect, 'a key names one effect');
    promise(
      known === undefined || step.step === 'capture' || step.step === 'release',
      'made or withdrawn once',
    );
    promise(!this.spentKeys.has(operationId), 'a key that has its no is not asked again');
    this.keys.set(operationId, effect);
  }

  private checkReserve(session: ObservedSession, step: Extract<MoneyStep, { step: 'reserve' }>): void {
    promise(session.state === 'awaitingApproval', 'nothing is reserved for a session that is over');
    promise(step.amountMinor === session.terms.reservationMinor, 'reserved is what was agreed');
    for (const earlier of session.attempts.slice(0, step.paymentNumber - 1)) {
      const payment = this.bookOf(earlier);
      const isLongOver = this.world.nowMs >= msOf(earlier.expiresAt) + EXPIRY_GRACE_MS;
      const isFinal = !payment || (payment.phase !== 'pending' && heldMinorOf(payment) === 0);
      const isOverThere = isFinal || isLongOver || this.misjudged.has(earlier.paymentNumber);
      promise(earlier.stage === 'settled' && isOverThere, 'attempt n+1 only after attempt n is final');
    }
  }

  private checkCapture(
    session: ObservedSession,
    attempt: ObservedPayment,
    step: Extract<MoneyStep, { step: 'capture' }>,
  ): void {
    const { amountMinor, operationId: key } = step;
    const payment = this.bookOf(attempt);
    promise(
      payment !== undefined && attempt.paymentNumber === session.adopted,
      'only the adopted payment is captured',
    );
    promise(session.state === 'capturing', 'captured only after the use');
    promise(amountMinor > 0, 'no capture call with the amount 0');
    promise(
      amountMinor >= session.terms.payment.minimumCaptureMinor,
      'no capture under the provider’s minimum',
    );
    promise(amountMinor <= payment.authorizedMinor, 'no capture call above what is authorized');
    promise(step.authorizedMinor === payment.authorizedMinor, 'authorized is what the ledger says');
    promise(amountMinor === this.takenMinor(session), 'captured = min(computed, reserved)');
    const isNewKey = this.lastCapture !== null && this.lastCapture.key !== key;
    promise(
      !isNewKey || this.lastCapture?.answer === 'captureKeyRefused',
      'a new key only after a definite refusal',
    );
    this.lastCapture = { key, answer: null };
  }

  private checkRelease(
    session: ObservedSession,
    attempt: ObservedPayment,
    step: Extract<MoneyStep, { step: 'release' }>,
  ): void {
    const payment = this.bookOf(attempt);
    promise(payment !== undefined && step.amountMinor > 0, 'only what is there is given back');
    const { provider } = this.options;
    promise(provider !== 'paycore' && provider !== 'lapsing', 'nothing is called where nothing can be');
    const isAdopted = step.paymentNumber === session.adopted;
    promise(!isAdopted || session.state !== 'active', 'nothing is given back while it is used');
    const isStillTaken = session.state === 'capturing' || session.state === 'captured';
    const isForCapture = isAdopted && isStillTaken && session.settlement?.plan === 'capture';
    promise(!isForCapture || payment.capturedMinor > 0, 'the rest is given back only after the capture');
    const known = this.releaseKeys.get(step.paymentNumber);
    promise(
      known === undefined || known === step.operationId || this.spentKeys.has(known),
      'one key for giving one payment back',
    );
    this.releaseKeys.set(step.paymentNumber, step.operationId);
  }

  private checkAbandon(session: ObservedSession, step: Extract<MoneyStep, { step: 'abandon' }>): void {
    const { provider } = this.options;
    const canBeCalled = provider !== 'paycore' && provider !== 'lapsing' && provider !== 'noAbandon';
    promise(canBeCalled, 'nothing is called where nothing can be');
    promise(step.paymentNumber !== session.adopted, 'the payment in use is not withdrawn');
    promise(session.state !== 'awaitingApproval', 'a payment that is waited for is not withdrawn');
  }

  /** Ours are never more than the provider's ledger: nothing is believed that no read has shown. */
  private checkAttempt(before: ObservedPayment | undefined, attempt: ObservedPayment): void {
    const { authorizedMinor, capturedMinor, releasedMinor, releaseSource } = attempt;
    promise(0 <= capturedMinor && 0 <= releasedMinor, 'no amount is below nothing');
    promise(capturedMinor + releasedMinor <= authorizedMinor, 'captured + released <= authorized');
    promise(authorizedMinor <= this.seen.terms.reservationMinor, 'authorized <= requested');
    const payment = this.bookOf(attempt);
    promise(
      authorizedMinor <= (payment?.authorizedMinor ?? 0),
      'no approval is believed that the ledger does not show',
    );
    promise(
      capturedMinor <= (payment?.capturedMinor ?? 0),
      'no capture is believed that the ledger does not show',
    );
    const isProven = releasedMinor > 0 && (releaseSource === 'call' || releaseSource === 'provider');
    promise(
      !isProven || releasedMinor <= (payment?.releasedMinor ?? 0),
      'proven to be back only as the ledger shows',
    );
    if (before === undefined) return;
    promise(before.authorizedMinor <= authorizedMinor, 'what was approved stays approved');
    promise(before.capturedMinor <= capturedMinor, 'what was captured stays captured');
  }

  /** Nothing can be stuck: where nothing is under way, the session knows when it goes on. */
  private checkDue(): void {
    const { session, running, messages, recordings } = this.world;
    const dueAt = nextDueAt(session);
    promise(dueAt === null || msOf(dueAt) > msOf(session.now), 'next due is later than now');
    const isUnderWay = running !== null || messages.length > 0 || recordings.length > 0;
    promise(dueAt !== null || isUnderWay || isComplete(session), 'an open session waits for something');
  }

  /** A customer is sent to the wallet only while an approval there would count. */
  private checkLinkAnswer(): void {
    const session = this.seen;
    const recorded = { state: session.state, ...paymentPageOf(this.world.session) };
    if (openPaymentAnswer(recorded, session.now)?.kind !== 'redirect') return;
    const waiting = session.attempts.find(({ stage }) => stage === 'pending');
    promise(session.endRequested === null, 'not sent to the wallet after ENDCHARGE');
    // Where the alarm should have rung already, we were down: the session cannot know how late it is.
    const dueAt = nextDueAt(this.world.session);
    const isBehind = dueAt !== null && msOf(dueAt) <= this.world.nowMs;
    const nowMs = isBehind ? msOf(session.now) : this.world.nowMs;
    promise(waiting !== undefined && nowMs < msOf(waiting.expiresAt), 'not sent to a page that is over');
  }

  /** A tap while the link holds leads to a wallet page that holds, or a call is under way after which there may be one. */
  private checkTap(before: ObservedSession): void {
    const { running, nowMs } = this.world;
    const session = this.seen;
    if (session.state !== 'awaitingApproval' || session.endRequested !== null) return;
    if (!session.terms.payment.paymentOnOpen) return;
    const recorded = { state: session.state, ...paymentPageOf(this.world.session) };
    const isAnswered = openPaymentAnswer(recorded, iso(nowMs)) !== null;
    promise(isAnswered || running !== null, 'no tap is left without an answer');
    const [made] = session.attempts.slice(before.attempts.length);
    promise(made === undefined || nowMs < msOf(made.expiresAt), 'a payment that a tap makes can be approved');
  }

  private checkAccount(payment: LedgerPayment, isExplained: boolean): void {
    const session = this.seen;
    const attempt = session.attempts.find(({ paymentReference }) => paymentReference === payment.reference);
    promise(attempt !== undefined, 'the provider has no payment that we do not know');
    if (this.misjudged.has(attempt.paymentNumber)) return;
    const isAssumed = attempt.releaseSource === 'assumed';
    promise(heldMinorOf(payment) === 0 || isAssumed || isExplained, 'nothing is held unseen');
    const mustAssume = isAssumed && !this.canGiveBack(attempt);
    promise(
      !isAssumed || mustAssume || isExplained,
      'what can be given back by a call is not assumed to be back',
    );
    // What somebody takes by hand after our last look is for reconciliation to find.
    if (isExplained || payment.isTakenUnseen) return;
    promise(attempt.capturedMinor === payment.capturedMinor, 'our captured amount is the provider’s');
  }

  /** By a call of ours: a provider that gives the rest back with the capture takes one for a whole reservation only. */
  private canGiveBack({ capturedMinor }: ObservedPayment): boolean {
    const { provider } = this.options;
    if (provider === 'automatic') return capturedMinor === 0;
    return provider !== 'paycore' && provider !== 'lapsing';
  }

  private checkOutcome(isExplained: boolean): void {
    const { ledger } = this.world;
    const session = this.seen;
    const ours = ledger.operations.filter(({ kind }) => kind === 'capture');
    const outcomes = OUTCOME_TEXTS[session.state];
    const isTold = outcomes.some((kind) => this.told.get(kind) === 1);
    promise(outcomes.length === 0 || isTold, 'the customer is told how it ended');
    for (const kind of Object.values(OUTCOME_TEXTS).flat()) {
      promise(
        outcomes.includes(kind) || (this.told.get(kind) ?? 0) === 0,
        'the customer is told one end only',
      );
    }
    if (session.state === 'captured') {
      promise(this.receipts === 1, 'a capture has its receipt');
      const takenMinor = session.attempts[(session.adopted ?? 0) - 1]?.capturedMinor;
      promise(isExplained || takenMinor === this.takenMinor(session), 'captured = min(computed, reserved)');
    } else {
      promise(ours.length === 0 || isExplained, 'what we captured is told, or a person looks');
    }
    if (session.state === 'released') {
      promise(isExplained || this.takenMinor(session) === 0, 'nothing is given away');
    }
    if (session.settlement?.waived) promise(isExplained || ours.length === 0, 'what is waived is not taken');
  }
}

function checkLedger(payment: LedgerPayment): void {
  const { requestedMinor, authorizedMinor, capturedMinor } = payment;
  promise(0 <= capturedMinor && capturedMinor <= authorizedMinor, 'captured <= authorized');
  promise(authorizedMinor <= requestedMinor, 'authorized <= requested');
  promise(heldMinorOf(payment) >= 0, 'nothing is given back that was captured');
}

/** Both are plain data made by copying, so their keys come in one order. */
function isHandledNow(
  before: ObservedSession,
  event: { inboxId: string },
  session: ObservedSession,
): boolean {
  const { inboxId } = event;
  return !before.handledInboxIds.includes(inboxId) && session.handledInboxIds.includes(inboxId);
}

function mayComeAgain(event: SessionEvent): boolean {
  return (
    'inboxId' in event || 'paymentNumber' in event || event.type === 'slotFreed' || event.type === 'tick'
  );
}

function isEndCharge(event: SessionEvent): event is SessionEvent & { inboxId: string; sentAt: string } {
  return event.type === 'customerMessage' && event.kind === 'endCharge';
}
