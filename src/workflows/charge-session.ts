/**
 * ChargeSession: one use, from the CHARGE until everything not captured is released. This file opens the session and drives it
 * to its end. What each event changes is decided in domain/session (decide.ts lists the events, then before-use, use, after-use,
 * customer-messages and deadlines), the provider's calls are in activities/payment.ts. No personal data.
 */
import { allHandlersFinished, CancellationScope, condition, continueAsNew } from '@temporalio/workflow';
import { isComplete, openSession } from '../domain/session/decide.ts';
import { beginSession } from '../domain/session/state.ts';
import { viewOf, type SessionView } from '../domain/session/view.ts';
import { instantMs } from '../domain/instant.ts';
import { records } from './activity-options.ts';
import type { AlreadyOver, ChargeSessionInput, ContinuedSession } from './contract.ts';
import { endWhenCancelled } from './operator-action.ts';
import { receiveRequests, receiveSignals, type AwaitedEvent } from './signals.ts';
import { SessionRun } from './session-run.ts';

/** `continued`: what the run before this one, of the same session, has come to. */
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
    else run.carryOut(openSession(begun.session));
    for (const event of early) run.push(event(run.lastInstant()));

    while (!isComplete(run.session)) {
      if (run.isToContinueAsNew()) return await continueAsNew<typeof ChargeSession>(input, run.snapshot());
      await run.step();
    }

    await run.finish();
    await condition(allHandlersFinished);
    return viewOf(run.session);
  });
}

/** A reset of a session that has ended comes here again, and must not notify the customer of a second, other end. */
async function begin(
  input: ChargeSessionInput,
  continued?: ContinuedSession,
): Promise<ContinuedSession | AlreadyOver> {
  const revision = continued?.revision ?? 0;
  const begun = await records.beginSession.executeWithOptions(
    { summary: continued ? 'Has it ended already?' : 'Copy price and terms into the session' },
    [{ ...input, revision }],
  );
  if (begun.isOver) return { alreadyOver: true, state: begun.state };
  if (continued) return continued;
  const { terms, requestedAt, openedAt, at } = begun;
  const session = beginSession({ ...input, terms, requestedAt, openedAt, at });
  return { session, linkFault: null, revision, at, clockSkewMs: instantMs(at) - Date.now() };
}
