/** An ENDCHARGE stamped before this session: it may be a late text of an earlier one. No such text is met with silence. */
import { isReactionTo } from '../gateway-stamp.ts';
import { addMs, earliest, isBefore } from '../instant.ts';
import { text, type Draft } from './draft.ts';
import type { SessionEvent } from './events.ts';
import { isBeforeUse, type SessionState } from './state.ts';
import { isUseOver } from './charge-state.ts';

type EndCharge = Extract<SessionEvent, { inboxId: string }>;

/** Acceptance has moved an older stamp up to the CHARGE unless an earlier session existed then (`domain/gateway-stamp.ts`). */
export function mayBelongToEarlier(session: SessionState, { sentAt, receivedAt }: EndCharge): boolean {
  // Stop on the page and a text without a stamp carry our clock, which may differ from the gateway's of the CHARGE.
  const begunAt = addMs(session.linkExpiresAt, -session.terms.linkLifeMs);
  const isOurClock = sentAt === receivedAt;
  return isBefore(sentAt, isOurClock ? earliest(session.requestedAt, begunAt) : session.requestedAt);
}

/**
 * Leaves the text to the earlier session's review and answers it with the status of this one, which says how to end it. False
 * where this session takes it as its own end: the customer sends it again after that answer, or no status can be sent.
 */
export function leaveToEarlier(draft: Draft, event: EndCharge): boolean {
  const { session } = draft;
  const answeredAt = session.earlierEndAnsweredAt;
  const isAskedAgain = answeredAt !== null && isReactionTo(answeredAt, event.receivedAt);
  if (!isUseOver(session.state) && (isAskedAgain || (isBeforeUse(session) && !mayBeApproved(session))))
    return false;
  draft.commands.push({ command: 'reviewLateMessage', inboxId: event.inboxId });
  if (isUseOver(session.state)) return true;
  session.earlierEndAnsweredAt ??= event.receivedAt;
  text(draft, isBeforeUse(session) ? 'statusWaiting' : 'statusActive');
  return true;
}

/** Before the use, while the link still leads somewhere. */
export function mayBeApproved(session: SessionState): boolean {
  return isBeforeUse(session) && !session.endRequested && isBefore(session.now, session.linkExpiresAt);
}
