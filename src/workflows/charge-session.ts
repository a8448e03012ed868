/**
 * ChargeSession: one use, from the CHARGE until everything not captured is released. This file opens the session and drives it
 * to its end. domain/session decides what each event changes: events.ts lists the events, decide.ts applies them. The
 * provider's calls are in activities/payment.ts. No personal data.
 */
import { allHandlersFinished, CancellationScope, condition, continueAsNew } from '@temporalio/workflow';
import { isComplete, decideFirst } from '../domain/session/decide.ts';
import { newSession } from '../domain/session/state.ts';
import { viewOf, type SessionView } from '../domain/session/view.ts';
import { instantMs } from '../domain/instant.ts';
import { records } from './activity-options.ts';
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
    const begun = await begin(input, continued);
    if ('alreadyOver' in begun) return begun;
    const run = new SessionRun(begun);
    receiveSignals((event) => run.push(event(run.lastInstant())));
    receiveRequests(run);
    cancelRequested.catch(() => void run.watched(endWhenCancelled(run)));
    if (continued) run.goOn();
    else run.carryOut(decideFirst(begun.session));
    for (const event of early) run.push(event(run.lastInstant()));

    while (!isComplete(run.session)) {
      if (run.isToContinueAsNew())
        return await continueAsNew<typeof ChargeSession>(input, run.continuedState());
      await run.step();
    }

    await run.finish();
    await condition(allHandlersFinished);
    return viewOf(run.session);
  });
}

/** A workflow that was reset after its session's end must not notify the customer of a second, different end. */
async function begin(
  input: ChargeSessionInput,
  continued?: ContinuedSession,
): Promise<ContinuedSession | AlreadyOver> {
  const revision = continued?.revision ?? 0;
  const begun = await records.createSession.executeWithOptions(
    { summary: continued ? 'Has it ended already?' : 'Copy price and terms into the session' },
    [{ ...input, revision }],
  );
  if (begun.isOver) return { alreadyOver: true, state: begun.state };
  if (continued) return continued;
  const { terms, requestedAt, openedAt, at } = begun;
  const session = newSession({ ...input, terms, requestedAt, openedAt, at });
  return { session, linkFault: null, revision, at, clockSkewMs: instantMs(at) - Date.now() };
}
