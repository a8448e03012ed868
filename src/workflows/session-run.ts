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
import type { MoneyStep, SessionCommand, SessionEvent } from '../domain/session/events.ts';
import { isRoundUnwanted, takeMoneyStep } from '../domain/session/money-step.ts';
import type { SessionState } from '../domain/session/state.ts';
import { instantFromMs, instantMs, type Instant } from '../domain/instant.ts';
import type { LinkFault } from '../domain/text-delivery.ts';
import type { SlotToFree, StoredProjection } from '../activities/contract.ts';
import { records } from './activity-options.ts';
import type { AlreadyOver, ContinuedSession } from './contract.ts';
import { runOutgoing, type Outgoing } from './outgoing-lane.ts';
import { failedStep, runMoneyStep } from './money-lane.ts';
import { Projector } from './projector.ts';

export class SessionRun {
  session: SessionState;
  private linkFault: LinkFault | null;
  private readonly events: SessionEvent[] = [];
  private isHinted = false;
  private readonly alarm: Alarm;
  private readonly projector: Projector;
  private readonly clockSkewMs: number;
  private readonly outgoing: Outgoing[] = [];
  private isSending = false;
  private isSlotFreed = false;
  private receiptsAwaited = 0;
  private running = 0;
  private round = new CancellationScope();
  private isOver = false;

  /** Both clocks move alike, so timers can be durations. Business time never goes back, also from one run to the next. */
  constructor({ session, linkFault, revision, clockSkewMs, at }: ContinuedSession) {
    this.session = session;
    this.linkFault = linkFault;
    this.clockSkewMs = Math.max(clockSkewMs, instantMs(at) - Date.now());
    this.alarm = new Alarm((dueAt) => this.push({ type: 'tick', at: dueAt }), this.clockSkewMs);
    this.projector = new Projector({
      revision,
      texts: revision === 0 ? 0 : session.inbox.handledIds.length,
      partnerId: session.terms.partnerId,
    });
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
    if (!this.hasEvents()) {
      this.alarm.set(nextDueAt(this.session));
      this.projector.flush();
    }
    await condition(() => this.hasEvents() || this.isToContinueAsNew() || this.alreadyOver() !== null);
    const event = this.nextEvent();
    if (event) this.carryOut(decide(this.session, event));
  }

  carryOut(decision: Decision): void {
    this.session = decision.session;
    const { commands } = decision;
    if (isRoundUnwanted(this.session)) this.round.cancel();
    const step = this.takeMoneyStep(commands.length > 0);
    // Before anything is scheduled: the first activity carries what is shown now.
    this.receiptsAwaited += commands.filter(({ command }) => command === 'issueReceipt').length;
    this.projector.show(this.session, this.linkFault, { isReceiptAwaited: this.receiptsAwaited > 0 });
    for (const command of commands) this.start(command);
    this.sendNext();
    if (step) this.startMoneyStep(step);
  }

  /** Not null in a workflow that was reset after its session's end. */
  alreadyOver(): AlreadyOver | null {
    const { overIn } = this.projector;
    return overIn && { alreadyOver: true, state: overIn };
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
    this.projector.flush();
    await condition(() => this.alreadyOver() !== null || (this.running === 0 && this.projector.isIdle()));
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

  private takeMoneyStep(hasCommands: boolean): MoneyStep | null {
    // Left to the next run: the step could take hours, and this history must not grow.
    if (this.running === 0 && !hasCommands && isLong() && !isComplete(this.session)) return null;
    const { session, step } = takeMoneyStep(this.session);
    this.session = session;
    return step;
  }

  private startMoneyStep(step: MoneyStep): void {
    const { session } = this;
    this.round = new CancellationScope();
    this.runBeside(
      this.round.run(() =>
        this.projector
          .carry((carried) => runMoneyStep(session, step, carried))
          .catch((error: unknown) => failedStep(step, error, this.now())),
      ),
    );
  }

  private start(command: SessionCommand): void {
    switch (command.command) {
      case 'sendText':
      case 'issueReceipt':
      case 'showReceipt':
        return void this.outgoing.push(command);
      case 'computeUsedUpAt':
        return this.runBeside(this.computeUsedUpAt(command.startedAt, command.limitMinor));
      case 'priceUsage':
        return this.runBeside(this.priceUsage(command.startedAt, command.endedAt));
      case 'freeSlot':
        return this.isSlotFreed ? this.push(this.slotFreed()) : this.runBeside(this.freeSlot());
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
    const { terms } = this.session;
    const { usedUpAt } = await this.projector.carry((carried) =>
      records.computeUsedUpAt.executeWithOptions({ summary: 'When is the reservation used up?' }, [
        { terms, startedAt, limitMinor, ...carried },
      ]),
    );
    return { type: 'usedUpAtComputed', usedUpAt, at: this.lastInstant() };
  }

  private async priceUsage(startedAt: Instant, endedAt: Instant): Promise<SessionEvent> {
    const summary = `Price ${startedAt} to ${endedAt}`;
    const { terms } = this.session;
    return await this.projector.carry((carried) =>
      records.priceUsage.executeWithOptions({ summary }, [{ terms, startedAt, endedAt, ...carried }]),
    );
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
    const slot = slotOf(this.session);
    await this.projector.carry((carried) =>
      records.freeSlot.executeWithOptions({ summary: 'Free the customer for the next session' }, [
        { ...slot, ...carried },
      ]),
    );
    return this.slotFreed();
  }

  private slotFreed(): SessionEvent {
    return { type: 'slotFreed', at: this.lastInstant() };
  }

  /** One after the other, each when the end of the one before has been decided on. */
  private sendNext(): void {
    const command = this.isSending ? undefined : this.outgoing.shift();
    if (command === undefined) return;
    this.isSending = true;
    this.runBeside(this.send(command));
  }

  private async send(command: Outgoing): Promise<SessionEvent> {
    const { session, projector } = this;
    const last = this.slotFreedAfter();
    let ahead: StoredProjection | null = null;
    const isSlotFreed = await runOutgoing(session, command, {
      showReceipt: (receiptNumber) => projector.showReceipt(receiptNumber, this.session, this.linkFault),
      carry: (run) => projector.carry(run),
      // Numbered after the projection of now, which the same activity stores first.
      slot: () => last && { ...slotOf(last), projection: (ahead = projector.next(last)) },
    });
    this.isSending = false;
    if (command.command === 'issueReceipt') this.receiptsAwaited -= 1;
    if (isSlotFreed) this.isSlotFreed = true;
    if (isSlotFreed && last && ahead) projector.confirm(last, ahead);
    return { type: 'outgoingDone', at: this.lastInstant() };
  }

  /** The session after this message, if its slot is freed then: the activity that sends it can do both. */
  private slotFreedAfter(): SessionState | null {
    const { session, commands } = decide(this.session, { type: 'outgoingDone', at: this.lastInstant() });
    return commands.some(({ command }) => command === 'freeSlot') ? session : null;
  }
}

function slotOf({ sessionId, inbox }: SessionState): SlotToFree {
  return { sessionId, handledInboxIds: inbox.handledIds, lastEndChargeAt: inbox.lastEndAt };
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
