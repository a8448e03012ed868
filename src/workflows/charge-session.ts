/**
 * ChargeSession: one use, from the CHARGE to the last øre given back. This file is the story; the rules are in
 * domain/session/decide.ts, the calls in activities. It takes decisions only, and holds no personal data.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setHandler,
} from '@temporalio/workflow';
import { isComplete, openSession } from '../domain/session/decide.ts';
import type { SessionEvent } from '../domain/session/events.ts';
import { beginSession } from '../domain/session/state.ts';
import { viewOf, type SessionView } from '../domain/session/view.ts';
import { instantMs, isInstant, type Instant } from '../domain/instant.ts';
import { LINK_FAULTS } from '../domain/text-delivery.ts';
import { records } from './activity-options.ts';
import {
  customerMessageSignal,
  linkReportedSignal,
  operatorActionSignal,
  paymentChangedSignal,
  paymentOpenedSignal,
  sessionStateQuery,
  type AlreadyOver,
  type ChargeSessionInput,
  type ContinuedSession,
  type LinkReported,
} from './contract.ts';
import { isCustomerMessage } from './customer-message.ts';
import { endNow, OperatorPresses } from './operator-action.ts';
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
    cancelRequested.catch(() => void run.watched(endNow(run)));
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

/** A reset of a session that has ended comes here again, and must not tell the customer a second, other end. */
async function begin(
  input: ChargeSessionInput,
  continued?: ContinuedSession,
): Promise<ContinuedSession | AlreadyOver> {
  const revision = continued?.revision ?? 0;
  const begun = await records.beginSession.executeWithOptions(
    { summary: continued ? 'Is it over already?' : 'Copy price and terms into the session' },
    [{ ...input, revision }],
  );
  if (begun.isOver) return { alreadyOver: true, state: begun.state };
  if (continued) return continued;
  const { terms, requestedAt, openedAt, at } = begun;
  const session = beginSession({ ...input, terms, requestedAt, openedAt, at });
  return { session, linkFault: null, revision, at, clockSkewMs: instantMs(at) - Date.now() };
}

/** A signal may come before any business instant is known: the event is made when one is. */
type AwaitedEvent = (lastInstant: Instant) => SessionEvent;

function receiveSignals(push: (event: AwaitedEvent) => void): void {
  setHandler(
    customerMessageSignal,
    (message) => {
      if (!isCustomerMessage(message)) return;
      const { kind, inboxId, sentAt, receivedAt } = message;
      push(() => ({ type: 'customerMessage', kind, inboxId, sentAt, at: receivedAt }));
    },
    { description: 'The customer texted the end word, the start word again, or asked for the status.' },
  );
  setHandler(paymentChangedSignal, () => push((at) => ({ type: 'paymentChanged', at })), {
    description: 'Read the payment at the provider now.',
  });
  setHandler(
    paymentOpenedSignal,
    (opened) => push((at) => ({ type: 'paymentOpened', at: instantOf(opened) ?? at })),
    { description: 'The customer opened the payment page.' },
  );
}

/** None where somebody sent the signal by hand. */
function instantOf(opened: unknown): Instant | null {
  const { at } = Object(opened) as { at?: unknown };
  return isInstant(at) ? at : null;
}

function receiveRequests(run: SessionRun): void {
  setHandler(sessionStateQuery, () => viewOf(run.session), {
    description: 'Everything the session page shows.',
  });
  setHandler(
    linkReportedSignal,
    (reported) => {
      if (isLinkReport(reported)) run.reportLink(reported.fault);
    },
    { description: 'Whether the payment link has reached the customer. Shown, and decides nothing.' },
  );
  const presses = new OperatorPresses(run);
  setHandler(operatorActionSignal, (input) => presses.take(input), {
    description: 'An operator ends the session, tries the capture again, waives the price, or writes it off.',
  });
}

/** Anybody can send a signal from the Temporal UI. */
function isLinkReport(reported: unknown): reported is LinkReported {
  const { fault } = Object(reported) as { fault?: unknown };
  return fault === null || LINK_FAULTS.some((known) => known === fault);
}
