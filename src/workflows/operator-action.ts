/** What an operator requests of a running session. Requested twice, or too late, it changes nothing and says why. */
import { CancellationScope, condition, log } from '@temporalio/workflow';
import { useToCapture } from '../domain/session/after-use.ts';
import { isUseOver } from '../domain/session/charge-state.ts';
import { endedUseOf } from '../domain/session/state.ts';
import type { SessionCarriedKind } from '../domain/action.ts';
import type { Instant } from '../domain/instant.ts';
import { records } from './activity-options.ts';
import type { OperatorActionInput, OperatorActionResult } from './contract.ts';
import type { SessionRun } from './session-run.ts';

export class OperatorActions {
  private readonly run: SessionRun;
  private readonly received = new Set<string>();

  constructor(run: SessionRun) {
    this.run = run;
  }

  /** Carries out, once, what the database has recorded under this id; anything else can be sent from the Temporal UI. */
  async carryOut(request: Partial<OperatorActionInput> | null | undefined): Promise<void> {
    const { action, actionId } = request ?? {};
    if (typeof actionId !== 'string' || this.received.has(actionId)) return;
    this.received.add(actionId);
    // A cancelled session continues until its money is settled, and so do its operator actions.
    await CancellationScope.nonCancellable(() => this.answer(action, actionId));
  }

  private async answer(action: unknown, actionId: string): Promise<void> {
    const { run } = this;
    const { sessionId } = run.session;
    const recorded = await records.findOperatorAction.executeWithOptions(
      { summary: 'Who requests it, and why?' },
      [{ sessionId, actionId }],
    );
    if (recorded.action === null || recorded.action !== action)
      return log.warn(
        'ignored operatorAction signal: no matching action in the database, use sms2pay session',
      );
    const result = await carryOut(run, recorded.action, recorded.requestedAt);
    await records.finishOperatorAction.executeWithOptions(
      { summary: `Record the result of ${recorded.action}` },
      [
        {
          sessionId,
          actionId,
          state: result.done ? 'succeeded' : 'refused',
          detail: result.done ? null : result.why,
        },
      ],
    );
  }
}

/** `at`: when it was requested, however late it is carried out. */
async function carryOut(
  run: SessionRun,
  action: SessionCarriedKind,
  at: Instant,
): Promise<OperatorActionResult> {
  switch (action) {
    case 'endNow':
      return endNow(run, at);
    case 'retryCapture':
      return retryCapture(run);
    case 'waive':
      return await waive(run, at);
    case 'writeOff':
      return await writeOff(run);
  }
}

/** A request to cancel the workflow ends the use now. Its instant is recorded nowhere. */
export async function endWhenCancelled(run: SessionRun): Promise<void> {
  const { at } = await records.currentInstant();
  endNow(run, at);
}

function endNow(run: SessionRun, at: Instant): OperatorActionResult {
  if (isUseOver(run.session.phase.state)) return refused('the use has ended already', run);
  run.push({ type: 'endNow', at });
  return { done: true };
}

function retryCapture(run: SessionRun): OperatorActionResult {
  const use = useToCapture(run.session);
  const isTrying = run.session.moneyStep.running?.step === 'capture';
  if (!use || !(isTrying || use.capture.retryAt)) return refused('no capture waits to be tried again', run);
  run.push({ type: 'retryCapture', at: run.lastInstant() });
  return { done: true };
}

async function waive(run: SessionRun, at: Instant): Promise<OperatorActionResult> {
  if (run.session.phase.state === 'awaitingApproval') {
    return refused('nothing is reserved yet, end it instead', run);
  }
  const isWaived = (): boolean => endedUseOf(run.session)?.isWaived === true;
  const wasWaived = isWaived();
  const waitsForRetry = run.session.payments.some(({ release: { retryAt } }) => retryAt !== null);
  run.push({ type: 'waive', at });
  await condition(() => run.isCaughtUp());
  if (waitsForRetry || (!wasWaived && isWaived())) return { done: true };
  return refused(wasWaived ? 'the price has been waived already' : 'there is no price left to waive', run);
}

async function writeOff(run: SessionRun): Promise<OperatorActionResult> {
  if (isWrittenOff(run)) return refused('it has been written off already', run);
  run.push({ type: 'writeOff', at: run.lastInstant() });
  await condition(() => run.isCaughtUp());
  return isWrittenOff(run) ? { done: true } : refused('no capture is outstanding', run);
}

function isWrittenOff({ session }: SessionRun): boolean {
  return session.phase.state === 'writtenOff';
}

function refused(why: string, { session }: SessionRun): OperatorActionResult {
  return { done: false, why: `${why}: the session is ${session.phase.state}` };
}
