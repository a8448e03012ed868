import { log } from '@temporalio/workflow';
import { isInstant } from '../domain/instant.ts';
import type { CustomerMessage } from './contract.ts';
import { CUSTOMER_MESSAGE_KINDS } from '../domain/session/customer-messages.ts';

/**
 * Whether a signal carries a message. Anybody can send a signal from the Temporal UI: one that is taken although it cannot be
 * read would fail the workflow task for ever, since it stays in the history.
 */
export function isCustomerMessage(message: unknown): message is CustomerMessage {
  const { kind, inboxId, sentAt, receivedAt } = Object(message) as Partial<
    Record<keyof CustomerMessage, unknown>
  >;
  const isNamed = typeof inboxId === 'string' && /^[\w-]{1,64}$/.test(inboxId);
  const isKnown = CUSTOMER_MESSAGE_KINDS.some((known) => known === kind);
  if (isKnown && isNamed && isInstant(sentAt) && isInstant(receivedAt)) return true;
  log.warn('ignored signal: payload is not a customer message');
  return false;
}
