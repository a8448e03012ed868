/**
 * Drives the lifecycle: one queue of events, one decision at a time, and three lanes that work beside each other: money
 * steps (never two at once), outgoing texts and receipts (in order), the projection (latest wins).
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { decide, isAnswerAwaited, isComplete, type Decision } from '../domain/session/decide.ts';
import { nextDueAt } from '../domain/session/deadlines.ts';
import type { SessionCommand, SessionEvent } from '../domain/session/events.ts';
import { isRoundUnwanted, takeMoneyStep } from '../domain/session/money-step.ts';
import type { SessionState } from '../domain/session/state.ts';
import { instantFromMs, instantMs, type Instant } from '../domain/instant.ts';
import type { LinkFault } from '../domain/text-delivery.ts';
import { records } from './activity-options.ts';
import type { ContinuedSession } from './contract.ts';
import { runOutgoing } from './outgoing-lane.ts';
import { runMoneyStep } from './money-lane.ts';
import { Projector } from './projector.ts';

export class SessionRun {
  session: SessionState;
  private linkFault: LinkFault | null;
  private readonly events: SessionEvent[] = [];
  private isHinted = false;
  private readonly alarm: Alarm;
  private readonly projector: Projector;
  private readonly clockSkewMs: number;
  private outgoing: Promise<void> = Promise.resolve();
  private running = 0;
  private round = new CancellationScope();
  private isOver = false;

  /** Both clocks move alike, so timers can be durations. Business time never goes back, also from one run to the next. */
  constructor({ session, linkFault, revision, clockSkewMs, at }: ContinuedSession) {
    this.session = session;
    this.linkFault = linkFault;
    this.clockSkewMs = Math.max(clockSkewMs, instantMs(at) - Date.now());
    this.alarm = new Alarm((dueAt) => this.push({ type: 'tick', at: dueAt }), this.clockSkewMs);
    this.projector = new Projector({ revision, texts: revision === 0 ? 0 : session.inbox.handledIds.length });
  }

  push(event: SessionEvent): void {
    if (event.type === 'paymentChanged') this.isHinted = true;
    else this.events.push(event);
  }

  /** Every event so far is decided on; a complete session decides on none. */
  isCaughtUp(): boolean {
    return this.isOver || !this.hasEvents();
  }

  /**
   * The instant of an event that has none of its own. Not the workflow task's time: after hours without a worker it would
   * pass the limit of a use before an end that was sent in time is decided on.
   */
  lastInstant(): Instant {
    return this.session.now;
  }

  async step(): Promise<void> {
    this.alarm.set(nextDueAt(this.session));
    await condition(() => this.hasEvents() || this.isToContinueAsNew());
    const event = this.nextEvent();
    if (event) this.carryOut(decide(this.session, event));
  }

  carryOut(decision: Decision): void {
    this.session = decision.session;
    for (const command of decision.commands) this.start(command);
    if (isRoundUnwanted(this.session)) this.round.cancel();
    this.startMoneyStep();
    this.projector.show(this.session, this.linkFault);
  }

  reportLink(fault: LinkFault | null): void {
    this.linkFault = fault;
    this.projector.show(this.session, fault);
  }

  /** Starts what the run before left to do. */
  goOn(): void {
    this.carryOut({ session: this.session, commands: [] });
  }

  /** At a moment at which nothing is under way: no call, no text, no record, no operator's request, no event. */
  isToContinueAsNew(): boolean {
    const isIdle = !this.hasEvents() && this.running === 0 && this.projector.isIdle();
    return isIdle && isLong() && !isAnswerAwaited(this.session) && allHandlersFinished();
  }

  continuedState(): ContinuedSession {
    const { session, linkFault, clockSkewMs, projector } = this;
    return { session, linkFault, revision: projector.revision, clockSkewMs, at: this.now() };
  }

  /**
   * The run is not over, and does not go on as a new one, before `work` has ended. An error in it is a bug: unhandled, it
   * fails the workflow task, which is repeated after the fix is deployed.
   */
  async watched<T>(work: Promise<T>): Promise<T> {
    this.running += 1;
    const result = await work;
    this.running -= 1;
    return result;
  }

  /** No event is decided on any more. Resolves when every lane has finished what it was given. */
  async finish(): Promise<void> {
    this.isOver = true;
    this.alarm.set(null);
    await condition(() => this.running === 0 && this.projector.isIdle());
  }

  private hasEvents(): boolean {
    return this.isHinted || this.events.length > 0;
  }

  /** A hint comes last, and many are one: it is decided on at the time of the decision (see `lastInstant`). */
  private nextEvent(): SessionEvent | undefined {
    const event = this.events.shift();
    if (event || !this.isHinted) return event;
    this.isHinted = false;
    return { type: 'paymentChanged', at: this.now() };
  }

  private now(): Instant {
    return instantFromMs(Date.now() + this.clockSkewMs);
  }

  private startMoneyStep(): void {
    // Left to the next run: the step could take hours, and this history must not grow.
    if (this.running === 0 && isLong() && !isComplete(this.session)) return;
    const { session, step } = takeMoneyStep(this.session);
    if (step === null) return;
    this.session = session;
    this.round = new CancellationScope();
    this.runBeside(this.round.run(() => runMoneyStep(session, step, () => this.now())));
  }

  private start(command: SessionCommand): void {
    switch (command.command) {
      case 'sendText':
      case 'issueReceipt':
      case 'showReceipt':
        this.outgoing = this.outgoing.then(() => runOutgoing(() => this.session, command));
        return this.runBeside(
          this.outgoing.then(() => ({ type: 'outgoingDone', at: this.lastInstant() }) as const),
        );
      case 'computeUsedUpAt':
        return this.runBeside(this.computeUsedUpAt(command.startedAt, command.limitMinor));
      case 'priceUsage':
        return this.runBeside(this.priceUsage(command.startedAt, command.endedAt));
      case 'freeSlot':
        return this.runBeside(this.freeSlot());
      case 'reviewLateEnd':
      case 'reviewLateMessage':
        return this.runBeside(this.reviewLate(command));
    }
  }

  private runBeside(work: Promise<SessionEvent>): void {
    // Pushed before it counts as ended: between the two this run could go on as a new one, without the answer.
    void this.watched(work.then((event) => this.push(event)));
  }

  private async computeUsedUpAt(startedAt: Instant, limitMinor: number): Promise<SessionEvent> {
    const { usedUpAt } = await records.computeUsedUpAt.executeWithOptions(
      { summary: 'When is the reservation used up?' },
      [{ terms: this.session.terms, startedAt, limitMinor }],
    );
    return { type: 'usedUpAtComputed', usedUpAt, at: this.lastInstant() };
  }

  private async priceUsage(startedAt: Instant, endedAt: Instant): Promise<SessionEvent> {
    const summary = `Price ${startedAt} to ${endedAt}`;
    const { terms } = this.session;
    return await records.priceUsage.executeWithOptions({ summary }, [{ terms, startedAt, endedAt }]);
  }

  private async reviewLate(
    command: Extract<SessionCommand, { command: 'reviewLateEnd' | 'reviewLateMessage' }>,
  ): Promise<SessionEvent> {
    const summary = 'Would the late end have cost less?';
    if (command.command === 'reviewLateMessage') {
      await records.reviewLateMessage.executeWithOptions({ summary }, [{ inboxId: command.inboxId }]);
    } else {
      const { sessionId, terms } = this.session;
      const { startedAt, endedAt, lateEndAt, reservedMinor } = command;
      await records.reviewLateEnd.executeWithOptions({ summary }, [
        { sessionId, terms, startedAt, endedAt, lateEndAt, reservedMinor },
      ]);
    }
    return { type: 'lateEndReviewed', at: this.lastInstant() };
  }

  private async freeSlot(): Promise<SessionEvent> {
    const { sessionId, inbox } = this.session;
    await records.freeSlot.executeWithOptions({ summary: 'Free the customer for the next session' }, [
      { sessionId, handledInboxIds: inbox.handledIds, lastEndChargeAt: inbox.lastEndAt },
    ]);
    return { type: 'slotFreed', at: this.lastInstant() };
  }
}

/** One timer, moved only when the instant changes: a timer costs an action in Temporal. */
class Alarm {
  private readonly ring: (dueAt: Instant) => void;
  private readonly clockSkewMs: number;
  private dueAt: Instant | null = null;
  private scope: CancellationScope | null = null;

  constructor(ring: (dueAt: Instant) => void, clockSkewMs: number) {
    this.ring = ring;
    this.clockSkewMs = clockSkewMs;
  }

  set(dueAt: Instant | null): void {
    if (dueAt === this.dueAt) return;
    this.scope?.cancel();
    this.scope = null;
    this.dueAt = dueAt;
    if (dueAt === null) return;
    const durationMs = Math.max(1, instantMs(dueAt) - (Date.now() + this.clockSkewMs));
    const scope = new CancellationScope();
    this.scope = scope;
    scope
      .run(() => sleep(durationMs, { summary: `Next due ${dueAt}` }))
      .then(() => this.expire(scope, dueAt))
      .catch((error: unknown) => {
        if (!isCancellation(error)) throw error;
      });
  }

  private expire(scope: CancellationScope, dueAt: Instant): void {
    if (this.scope !== scope) return;
    this.scope = null;
    this.dueAt = null;
    this.ring(dueAt);
  }
}

/** Well below the server's limit, and short enough to read in the UI. */
const LONG_HISTORY_EVENTS = 1_000;

function isLong(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return historyLength >= LONG_HISTORY_EVENTS || continueAsNewSuggested;
}
