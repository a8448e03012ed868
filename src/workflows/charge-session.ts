/**
 * ChargeSession: one use, from the CHARGE until everything not captured is released. This file opens the session and drives it
 * to its end. domain/session decides what each event changes: events.ts lists the events, decide.ts applies them. The
 * provider's calls are in activities/payment.ts. No personal data.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  workflowInfo,
} from '@temporalio/workflow';
import { isComplete, decideFirst } from '../domain/session/decide.ts';
import { newSession } from '../domain/session/state.ts';
import { viewOf, type SessionView } from '../domain/session/view.ts';
import { instantFromMs, instantMs } from '../domain/instant.ts';
import type { AlreadyOver, ChargeSessionInput, ContinuedSession } from './contract.ts';
import { endWhenCancelled } from './operator-action.ts';
import { receiveRequests, receiveSignals, type AwaitedEvent } from './signals.ts';
import { SessionRun } from './session-run.ts';

/** `continued`: the state in which the previous run of this session ended. */
export async function ChargeSession(
  input: ChargeSessionInput,
  continued?: ContinuedSession,
): Promise<SessionView | AlreadyOver> {
  const early: AwaitedEvent[] = [];
  receiveSignals((event) => early.push(event));
  const cancelRequested = CancellationScope.current().cancelRequested;
  return await CancellationScope.nonCancellable(async () => {
    const begun = continued ?? beginAt(input);
    const run = new SessionRun(begun);
    receiveSignals((event) => run.push(event(run.lastInstant())));
    receiveRequests(run);
    cancelRequested.catch(() => void run.watched(endWhenCancelled(run)));
    if (continued) run.goOn();
    else run.carryOut(decideFirst(begun.session));
    for (const event of early) run.push(event(run.lastInstant()));

    while (!isComplete(run.session)) {
      const over = run.alreadyOver();
      if (over) return over;
      if (run.isToContinueAsNew())
        return await continueAsNew<typeof ChargeSession>(input, run.continuedState());
      await run.step();
    }

    await run.finish();
    await condition(allHandlersFinished);
    return run.alreadyOver() ?? viewOf(run.session);
  });
}

/** Begins at the first task, which may run long after the start: the life of the payment link counts from here. */
function beginAt({ at: startedAt, ...given }: ChargeSessionInput): ContinuedSession {
  const clockSkewMs = instantMs(startedAt) - workflowInfo().startTime.getTime();
  const at = instantFromMs(Date.now() + clockSkewMs);
  const session = newSession({ ...given, openedAt: at, at });
  return { session, linkFault: null, revision: 0, clockSkewMs, at };
}
