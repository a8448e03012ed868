/** Why a session needs an operator: a set of reasons, each raised and cleared by the rule that knows its cause. */

/** The most urgent first. */
export const ATTENTION_REASONS = [
  'capturedAfterWaiver',
  'capturedAmountDiffers',
  'captureRefused',
  'captureDeadlinePassed',
  'reservationRefused',
  'reservationUncertain',
  'releaseRefused',
  'releaseDeadlinePassed',
  'capturedByOther',
  'releaseNotCallable',
  'paymentNotReadable',
  'captureDelayed',
  'releaseDelayed',
] as const;

export type AttentionReason = (typeof ATTENTION_REASONS)[number];

interface Attended {
  attention: AttentionReason[];
}

export function raise(session: Attended, reason: AttentionReason): void {
  if (!session.attention.includes(reason)) session.attention.push(reason);
}

export function clear(session: Attended, ...reasons: AttentionReason[]): void {
  session.attention = session.attention.filter((raised) => !reasons.includes(raised));
}

/** The session's reasons, the most urgent first. */
export function inDisplayOrder({ attention }: Attended): AttentionReason[] {
  return ATTENTION_REASONS.filter((reason) => attention.includes(reason));
}
