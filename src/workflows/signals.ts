/** The signals and the query of a session. Anybody can send a signal from the Temporal UI, so each payload is checked. */
import { log, setHandler } from '@temporalio/workflow';
import { isInstant, type Instant } from '../domain/instant.ts';
import { CUSTOMER_MESSAGE_KINDS } from '../domain/session/customer-messages.ts';
import type { SessionEvent } from '../domain/session/events.ts';
import { viewOf } from '../domain/session/view.ts';
import { LINK_FAULTS } from '../domain/text-delivery.ts';
import {
  customerMessageSignal,
  linkReportedSignal,
  operatorActionSignal,
  paymentChangedSignal,
  paymentOpenedSignal,
  sessionStateQuery,
  type CustomerMessage,
  type LinkReported,
} from './contract.ts';
import { OperatorActions } from './operator-action.ts';
import type { SessionRun } from './session-run.ts';

/** A signal may come before any business instant is known: the event is made when one is. */
export type AwaitedEvent = (lastInstant: Instant) => SessionEvent;

export function receiveSignals(push: (event: AwaitedEvent) => void): void {
  setHandler(
    customerMessageSignal,
    (message) => {
      if (!isCustomerMessage(message)) return;
      const { kind, inboxId, sentAt, receivedAt } = message;
      push(() => ({ type: 'customerMessage', kind, inboxId, sentAt, at: receivedAt }));
    },
    { description: 'The customer texted the end word, the start word again, or STATUS.' },
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

export function receiveRequests(run: SessionRun): void {
  setHandler(sessionStateQuery, () => viewOf(run.session), {
    description: 'The state of the session, for people, tests and the simulator.',
  });
  setHandler(
    linkReportedSignal,
    (reported) => {
      if (isLinkReport(reported)) run.reportLink(reported.fault);
    },
    { description: 'Whether the payment link has reached the customer. Shown, and decides nothing.' },
  );
  const actions = new OperatorActions(run);
  setHandler(operatorActionSignal, (input) => actions.carryOut(input), {
    description: 'An operator ends the session, tries the capture again, waives the price, or writes it off.',
  });
}

function isLinkReport(reported: unknown): reported is LinkReported {
  const { fault } = Object(reported) as { fault?: unknown };
  return fault === null || LINK_FAULTS.some((known) => known === fault);
}

/** A signal that cannot be read would fail the workflow task again and again, since it stays in the history. */
function isCustomerMessage(message: unknown): message is CustomerMessage {
  const { kind, inboxId, sentAt, receivedAt } = Object(message) as Partial<
    Record<keyof CustomerMessage, unknown>
  >;
  const isNamed = typeof inboxId === 'string' && /^[\w-]{1,64}$/.test(inboxId);
  const isKnown = CUSTOMER_MESSAGE_KINDS.some((known) => known === kind);
  if (isKnown && isNamed && isInstant(sentAt) && isInstant(receivedAt)) return true;
  log.warn('ignored signal: payload is not a customer message');
  return false;
}
