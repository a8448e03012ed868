/** Why a session needs an operator: a set of reasons, each raised and cleared by the rule that knows its cause. */

/** The one shown first where only one is shown stands first. */
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

/** The reason that a row, a page or the Temporal UI shows; null: no attention needed. */
export function shownReason({ attention }: Attended): AttentionReason | null {
  return ATTENTION_REASONS.find((reason) => attention.includes(reason)) ?? null;
}
