/** What design.md allows, as data. Nothing here is taken from the code, so that the two can differ. */
import type { SessionTextKind } from '../../src/domain/session/events.ts';
import type { ChargeState } from '../../src/domain/session/charge-state.ts';
import type { AttentionReason, SessionState } from '../../src/domain/session/state.ts';
import type { Payment } from '../../src/domain/session/payment.ts';

/**
 * Section 5, "States". One step may pass through `active`: an approval and an ENDCHARGE after it that are both seen by one
 * read (decided case 2), or a use whose own end has come before its approval was seen (decided case 6).
 */
export const STATE_TRANSITIONS: Record<ChargeState, readonly ChargeState[]> = {
  awaitingApproval: ['active', 'capturing', 'declined', 'expired', 'cancelled'],
  // At once by an operator's release, where nothing can be called, or where somebody has taken money already.
  active: ['capturing', 'released', 'captured'],
  capturing: ['captured', 'released', 'lapsed', 'lost', 'writtenOff'],
  captured: [],
  released: [],
  lapsed: [],
  // Money that is seen to have been taken after all is a capture, whatever was decided about it (section 7: our numbers equal
  // the provider's).
  lost: ['captured'],
  writtenOff: ['captured'],
  declined: [],
  expired: [],
  cancelled: [],
};

/** Decided case 13: an attempt is made, waits, is approved, and is final; final is final. */
export const STAGE_TRANSITIONS: Record<Payment['stage'], readonly Payment['stage'][]> = {
  wanted: ['uncertain', 'pending', 'settled'],
  uncertain: ['pending', 'authorized', 'settled'],
  pending: ['authorized', 'settled'],
  authorized: ['settled'],
  settled: [],
};

/** Section 4.4: the slot is freed once. */
export const SLOT_TRANSITIONS: Record<
  SessionState['inbox']['slot'],
  readonly SessionState['inbox']['slot'][]
> = {
  held: ['freeing'],
  freeing: ['freed'],
  freed: [],
};

/** At most how often, and in which state the session is when it asks for the text. */
export const TEXT_RULES: Record<SessionTextKind, { atMost: number; in: readonly ChargeState[] }> = {
  paymentLink: { atMost: 1, in: ['awaitingApproval'] },
  linkAgain: { atMost: Infinity, in: ['awaitingApproval'] },
  statusWaiting: { atMost: Infinity, in: ['awaitingApproval'] },
  statusActive: { atMost: Infinity, in: ['active', 'capturing'] },
  statusClosing: { atMost: Infinity, in: ['capturing'] },
  cancelled: { atMost: 1, in: ['cancelled'] },
  declined: { atMost: 1, in: ['declined'] },
  expired: { atMost: 1, in: ['expired'] },
  couldNotStart: { atMost: 1, in: ['cancelled'] },
  warning: { atMost: 1, in: ['active'] },
  usedUpContinue: { atMost: 1, in: ['active'] },
  // Waived in the very moment, or seen to be taken by somebody else.
  usedUpEnded: { atMost: 1, in: ['capturing', 'released', 'captured'] },
  nothingCharged: { atMost: 1, in: ['released', 'writtenOff'] },
  lateApprovalReleased: {
    atMost: 1,
    in: [
      'declined',
      'expired',
      'cancelled',
      'active',
      'capturing',
      'captured',
      'released',
      'lapsed',
      'lost',
      'writtenOff',
    ],
  },
  receipt: { atMost: 1, in: ['captured'] },
};

/** The one text that tells how it ended; a capture that failed for good is an operator's matter. */
export const OUTCOME_TEXTS: Record<ChargeState, readonly SessionTextKind[]> = {
  awaitingApproval: [],
  active: [],
  capturing: [],
  captured: ['receipt'],
  released: ['nothingCharged'],
  lapsed: [],
  lost: [],
  writtenOff: ['nothingCharged'],
  declined: ['declined'],
  expired: ['expired'],
  cancelled: ['cancelled', 'couldNotStart'],
};

/** Why a person must look, and when that goes away by itself. */
export const ATTENTION_REASONS: Record<
  AttentionReason,
  { passes: 'withItsCause' | 'whenCaptured' | 'never' }
> = {
  captureDelayed: { passes: 'withItsCause' },
  captureRefused: { passes: 'whenCaptured' },
  captureDeadlinePassed: { passes: 'whenCaptured' },
  capturedAmountDiffers: { passes: 'never' },
  capturedByOther: { passes: 'never' },
  capturedAfterWaiver: { passes: 'never' },
  reservationRefused: { passes: 'never' },
  reservationUncertain: { passes: 'withItsCause' },
  releaseDelayed: { passes: 'withItsCause' },
  releaseRefused: { passes: 'never' },
  releaseDeadlinePassed: { passes: 'never' },
  releaseNotCallable: { passes: 'never' },
  paymentNotReadable: { passes: 'withItsCause' },
};
