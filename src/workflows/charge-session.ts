/**
 * ChargeSession: one use, from the CHARGE to the last øre given back. This file is the story; the rules are in
 * domain/charge-session.ts, the calls in activities. It takes decisions only, and holds no personal data.
 */
import { allHandlersFinished, CancellationScope, condition, setHandler } from '@temporalio/workflow';
import { isComplete, openSession } from '../domain/charge-session.ts';
import type { SessionEvent } from '../domain/charge-session/events.ts';
import { beginSession } from '../domain/charge-session/state.ts';
import { viewOf, type SessionView } from '../domain/charge-session/view.ts';
import { instantMs, isInstant, type Instant } from '../domain/instant.ts';
import { records } from './activity-options.ts';
import {
  chargeRepeatedSignal,
  endChargeSignal,
  operatorActionSignal,
  paymentChangedSignal,
  paymentOpenedSignal,
  sessionStateQuery,
  statusRequestedSignal,
  type ChargeSessionInput,
  type CustomerMessage,
} from './contract.ts';
import { isCustomerMessage } from './customer-message.ts';
import { replayEarlierUpdates } from './earlier-updates.ts';
import { endNow, OperatorPresses } from './operator-action.ts';
import { SessionRun } from './session-run.ts';

export async function ChargeSession(input: ChargeSessionInput): Promise<SessionView> {
  const early: SessionEvent[] = [];
  receiveSignals((event) => early.push(event));
  const cancelRequested = CancellationScope.current().cancelRequested;
  return await CancellationScope.nonCancellable(async () => {
    const { terms, requestedAt, at } = await records.beginSession.executeWithOptions(
      { summary: 'Copy price and terms into the session' },
      [input],
    );
    const session = beginSession({ ...input, terms, requestedAt, at });
    const run = new SessionRun(session, instantMs(at) - Date.now());
    receiveSignals((event) => run.push(event));
    receiveRequests(run);
    cancelRequested.catch(() => void endNow(run));
    run.carryOut(openSession(session));
    for (const event of early) run.push(event);

    while (!isComplete(run.session)) await run.step();

    await run.finish();
    await condition(allHandlersFinished);
    return viewOf(run.session);
  });
}

function receiveSignals(push: (event: SessionEvent) => void): void {
  const fromCustomer =
    (type: 'endCharge' | 'chargeRepeated' | 'statusRequested') =>
    (message: CustomerMessage): void => {
      if (!isCustomerMessage(message)) return;
      const { inboxId, sentAt, receivedAt } = message;
      push({ type, inboxId, sentAt, receivedAt });
    };
  setHandler(endChargeSignal, fromCustomer('endCharge'), {
    description: 'The customer texted the end word.',
  });
  setHandler(chargeRepeatedSignal, fromCustomer('chargeRepeated'), {
    description: 'The customer texted the start word again.',
  });
  setHandler(statusRequestedSignal, fromCustomer('statusRequested'), {
    description: 'The customer asked for the status.',
  });
  setHandler(paymentChangedSignal, () => push({ type: 'paymentChanged' }), {
    description: 'Look at the provider now.',
  });
  setHandler(paymentOpenedSignal, (opened) => push({ type: 'paymentOpened', ...timeOf(opened) }), {
    description: 'The customer opened the payment link.',
  });
}

/** None where the signal comes from an earlier program, or from somebody's hand. */
function timeOf(opened: unknown): { at?: Instant } {
  const { at } = Object(opened) as { at?: unknown };
  return isInstant(at) ? { at } : {};
}

function receiveRequests(run: SessionRun): void {
  setHandler(sessionStateQuery, () => viewOf(run.session), {
    description: 'Everything the session page shows.',
  });
  const presses = new OperatorPresses(run);
  setHandler(operatorActionSignal, (input) => presses.take(input), {
    description: 'An operator ends the session, tries the capture again, waives the price, or writes it off.',
  });
  replayEarlierUpdates(run);
}
