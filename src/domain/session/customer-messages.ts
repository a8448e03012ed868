/** The customer's texts to an open session: the end, a repeated start, STATUS. Decided cases 1, 2, 3, 10. */
import { isReplyTo } from '../gateway-stamp.ts';
import { earliest, isBefore, type Instant } from '../instant.ts';
import { beforeUseOf, endBeforeUse } from './before-use.ts';
import { isUseOver, type ChargeState } from './charge-state.ts';
import { text, type CustomerMessageEvent, type Draft, type SessionTextKind } from './events.ts';
import { endedUseOf, linkExpiresAt, useOf, usedPaymentOf, type SessionState } from './state.ts';
import { customerEnd, endUse } from './use.ts';

/**
 * Every request that a customer's text can make of an open session, with its answer in each state of the session. Routing, the
 * inbox row and the signal use the same set. A text without an answer here is left to the next session; an end ends the use.
 */
const ANSWERS = {
  endCharge: {},
  chargeRepeated: { awaitingApproval: 'linkAgain', active: 'statusActive' },
  statusRequested: { awaitingApproval: 'statusWaiting', active: 'statusActive', capturing: 'statusClosing' },
} as const satisfies Record<string, Partial<Record<ChargeState, SessionTextKind>>>;

export type CustomerMessageKind = keyof typeof ANSWERS;

export const CUSTOMER_MESSAGE_KINDS = Object.keys(ANSWERS) as CustomerMessageKind[];

/** Further texts wait until the session is over: what a session keeps must fit into one message of Temporal. */
const MAX_SESSION_TEXTS = 10_000;

/**
 * A message that arrives while the slot is being freed stays unhandled: freeing puts it back, and it is routed again. The same
 * for a CHARGE or STATUS after the use, its cancellation or its link's expiry.
 */
export function onCustomerMessage(draft: Draft, event: CustomerMessageEvent & { at: Instant }): void {
  const { session } = draft;
  const { inbox, phase } = session;
  const { kind, inboxId } = event;
  if (inbox.slot !== 'held' || inbox.handledIds.includes(inboxId)) return;
  if (kind === 'endCharge') {
    inbox.handledIds.push(inboxId);
    return onEndCharge(draft, event);
  }
  const answers: Partial<Record<ChargeState, SessionTextKind>> = ANSWERS[kind];
  const answer = answers[phase.state];
  const isTooLate = phase.state === 'awaitingApproval' && !canBeApproved(session);
  if (!answer || isTooLate || inbox.handledIds.length >= MAX_SESSION_TEXTS) return;
  inbox.handledIds.push(inboxId);
  text(draft, answer);
}

function onEndCharge(draft: Draft, event: CustomerMessageEvent & { at: Instant }): void {
  const { session } = draft;
  const { inbox } = session;
  if (mayBelongToEarlier(session, event) && isLeftToEarlier(draft, event)) return;
  const requestedAt = earliest(event.sentAt, event.at);
  if (inbox.lastEndAt === null || isBefore(inbox.lastEndAt, requestedAt)) inbox.lastEndAt = requestedAt;
  const waiting = beforeUseOf(session);
  if (waiting) return endBeforeUse(draft, waiting, { at: requestedAt, by: 'customer' });
  const end = customerEnd(useOf(session), event.sentAt, event.at);
  reviewLateEnd(draft, end);
  endUse(draft, end, 'customer');
}

/** Case 10: the amount is not changed by itself; whether it was too much is for an operator to decide. */
function reviewLateEnd({ session, commands }: Draft, lateEndAt: Instant): void {
  const use = endedUseOf(session);
  if (!use || !isBefore(lateEndAt, use.endedAt)) return;
  const { startedAt, endedAt } = use;
  const reservedMinor = usedPaymentOf(session)?.authorizedMinor ?? 0;
  commands.push({ command: 'reviewLateEnd', startedAt, endedAt, lateEndAt, reservedMinor });
}

/**
 * An ENDCHARGE stamped before this session may be a late text of an earlier one. Acceptance has moved an older stamp up to the
 * CHARGE unless an earlier session existed then (`domain/gateway-stamp.ts`).
 */
function mayBelongToEarlier(
  { requestedAt, openedAt }: SessionState,
  { sentAt, at }: CustomerMessageEvent & { at: Instant },
): boolean {
  // Stop on the page and a text without a stamp carry our clock, which may differ from the gateway's of the CHARGE.
  const isOurClock = sentAt === at;
  return isBefore(sentAt, isOurClock ? earliest(requestedAt, openedAt) : requestedAt);
}

/**
 * Leaves the text to the earlier session's review and answers it with the status of this one, which names its end word. False:
 * this session accepts it as its own end, because the customer sent it again after that answer or no status can be sent.
 */
function isLeftToEarlier(draft: Draft, event: CustomerMessageEvent & { at: Instant }): boolean {
  const { session, commands } = draft;
  const { inbox, phase } = session;
  const isOver = isUseOver(phase.state);
  const isWaiting = phase.state === 'awaitingApproval';
  const isSentAgain = inbox.earlierEndAnsweredAt !== null && isReplyTo(inbox.earlierEndAnsweredAt, event.at);
  if (!isOver && (isSentAgain || (isWaiting && !canBeApproved(session)))) return false;
  commands.push({ command: 'reviewLateMessage', inboxId: event.inboxId });
  if (isOver) return true;
  inbox.earlierEndAnsweredAt ??= event.at;
  text(draft, isWaiting ? 'statusWaiting' : 'statusActive');
  return true;
}

/** Before the use, with no end requested and the payment link not expired. */
function canBeApproved(session: SessionState): boolean {
  const waiting = beforeUseOf(session);
  return waiting !== null && !waiting.endRequested && isBefore(session.now, linkExpiresAt(session));
}
