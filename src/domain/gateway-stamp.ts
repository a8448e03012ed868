/**
 * A gateway's stamp becomes an instant of ours once, when the text is accepted. Everything after that relies on it: never later
 * than the receipt, and an end is never before the session it belongs to (docs/adr/0020).
 */
import { instantFromMs, instantMs, isBefore, type Instant } from './instant.ts';

/** What shows that a gateway's clock is off; `behind` may also be a text that came late. */
export type StampFault = 'ahead' | 'behind' | 'impossible' | 'endBeforeStart';

interface AcceptedStamp {
  sentAt: Instant;
  /** stamp minus receipt in whole seconds; null where the gateway sent none */
  offsetSeconds: number | null;
  fault: StampFault | null;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const AHEAD_TOLERANCE_MS = 2 * MINUTE_MS;
const BEHIND_TOLERANCE_MS = 10 * MINUTE_MS;
/** No gateway keeps a text for so long: a stamp further away says nothing about when it was sent. */
const IMPOSSIBLE_MS = 7 * 24 * 60 * MINUTE_MS;
/** The column is a 32-bit integer. */
const MAX_SECONDS = 2 ** 31 - 1;

/** Within this time after an answer a further text may have been on its way already. */
const ANSWER_UNREAD_MS = 30 * SECOND_MS;

/** A start word that comes so long after the answer `sendAgain` is the requested repetition. */
export const SENT_AGAIN_WITHIN = { fromMs: ANSWER_UNREAD_MS, toMs: 10 * MINUTE_MS };

/** The stamp of a text that was first received at `receivedAt`. A missing or impossible one is replaced by the receipt. */
export function acceptStamp(stamp: Instant | null, receivedAt: Instant): AcceptedStamp {
  const stampMs = stamp === null ? Number.NaN : Date.parse(stamp);
  if (Number.isNaN(stampMs)) return { sentAt: receivedAt, offsetSeconds: null, fault: null };
  const receivedMs = instantMs(receivedAt);
  const offsetMs = stampMs - receivedMs;
  const offsetSeconds = Math.max(-MAX_SECONDS, Math.min(MAX_SECONDS, Math.round(offsetMs / SECOND_MS)));
  if (Math.abs(offsetMs) > IMPOSSIBLE_MS) return { sentAt: receivedAt, offsetSeconds, fault: 'impossible' };
  const sentAt = instantFromMs(Math.min(stampMs, receivedMs));
  if (offsetMs > AHEAD_TOLERANCE_MS) return { sentAt, offsetSeconds, fault: 'ahead' };
  return { sentAt, offsetSeconds, fault: offsetMs < -BEHIND_TOLERANCE_MS ? 'behind' : null };
}

/**
 * The stamp of an end whose session was requested at `requestedAt`. An older one still belongs to the session, unless an
 * earlier session of the same slot existed at that instant: then it may be a late text of that one, and stays as it is.
 */
export function clampEnd(
  sentAt: Instant,
  session: { requestedAt: Instant; hasEarlier: boolean },
): { sentAt: Instant; fault: 'endBeforeStart' | null } {
  if (session.hasEarlier || !isBefore(sentAt, session.requestedAt)) return { sentAt, fault: null };
  return { sentAt: session.requestedAt, fault: 'endBeforeStart' };
}

/** Whether a text that came at `receivedAt` is the customer's reaction to our answer of `answeredAt`, whatever its stamp. */
export function isReplyTo(answeredAt: Instant, receivedAt: Instant): boolean {
  return instantMs(receivedAt) - instantMs(answeredAt) >= ANSWER_UNREAD_MS;
}
