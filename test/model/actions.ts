/**
 * Everything that can happen to a session, as plain data: a sequence can be printed, pasted into `kept-failures.test.ts`
 * and played again. An action that does not apply just now (an approval without a payment) does nothing.
 */
import type { SessionEvent } from '../../src/domain/session/events.ts';
import type { AnswerKind } from './money-desk.ts';
import { DAY_MS, HOUR_MS, iso, MINUTE_MS } from './model-time.ts';
import type { GoneShownAs, ProviderKind } from './test-ledger.ts';

export type TextType = 'endCharge' | 'chargeRepeated' | 'statusRequested';

/** A new operator action is one line here; types, generator and coverage follow. */
export const OPERATOR_EVENTS = {
  endNow: (nowMs: number): SessionEvent => ({ type: 'endNow', at: iso(nowMs) }),
  retryCapture: (nowMs: number): SessionEvent => ({ type: 'retryCapture', at: iso(nowMs) }),
  release: (nowMs: number): SessionEvent => ({ type: 'waive', at: iso(nowMs) }),
  writeOff: (nowMs: number): SessionEvent => ({ type: 'writeOff', at: iso(nowMs) }),
} as const;
export type OperatorAction = keyof typeof OPERATOR_EVENTS;

export type Action =
  /** stamped `sentAgoMs` before it reached us (a negative one: ahead), and that was `heldUpMs` before the session handles it */
  | { do: 'text'; type: TextType; sentAgoMs: number; heldUpMs: number }
  /** the gateway delivers a text again; `back`: 0 is the last one */
  | { do: 'repeatText'; back: number }
  | { do: 'callback' }
  | { do: 'tap' }
  | { do: 'approve' }
  | { do: 'decline' }
  /** the provider gives a reservation back long before its time */
  | { do: 'giveBackEarly'; shownAs: GoneShownAs }
  /** somebody takes money in the provider's own portal */
  | { do: 'captureElsewhere'; share: 'part' | 'all' }
  /** time passes and the alarm rings for each instant on the way */
  | { do: 'wait'; ms: number }
  /** time passes while we are down: whatever comes next is handled before the alarm */
  | { do: 'down'; ms: number }
  | { do: 'operator'; what: OperatorAction }
  /** the running money step is carried out; its answer is on its way */
  | { do: 'carryOut'; answer: AnswerKind }
  /** the running money step (carried out now, if it was not) is answered */
  | { do: 'answer'; answer: AnswerKind }
  /** an answer that was given long ago comes again; `back`: 0 is the last one */
  | { do: 'lateAnswer'; back: number }
  | { do: 'finishMessage' }
  | { do: 'finishRecord' };

/**
 * How the world behaves when nobody disturbs the session any more. `declined`: healthy, and the customer says no to a payment
 * that still waits, which spares most sequences twenty looks at it.
 */
export type Ending = 'healthy' | 'declined' | 'silent' | 'silentButActing' | 'refusing' | 'refusingForNow';

export interface WorldOptions {
  provider: ProviderKind;
  /** the provider names the instant of an approval */
  saysWhen: boolean;
  /** the provider names the last instant for a capture */
  saysDeadline: boolean;
  captureDeadlineMs: number;
  /** how long after a payment's expiry the provider still takes an approval */
  approvalSlackMs: number;
  linkLifeMs: number;
  sessionLimitMs: number;
  whenUsedUp: 'end' | 'continue';
  priceMinorPerHour: number;
  /** the customer had a session before this one: an end stamped before this one may be meant for that */
  hasEarlier: boolean;
}

export interface Sequence {
  world: WorldOptions;
  actions: readonly Action[];
  ending: Ending;
}

export const ORDINARY_WORLD: WorldOptions = {
  provider: 'onOpen',
  saysWhen: true,
  saysDeadline: false,
  captureDeadlineMs: 7 * DAY_MS,
  approvalSlackMs: 0,
  linkLifeMs: 15 * MINUTE_MS,
  sessionLimitMs: DAY_MS,
  whenUsedUp: 'continue',
  priceMinorPerHour: 100,
  hasEarlier: true,
};

const answered: Action = { do: 'answer', answer: 'ok' };
export const REACH_PENDING: readonly Action[] = [{ do: 'tap' }, answered];
/** Cancelled, and being withdrawn where that can be called. */
export const REACH_WITHDRAWAL: readonly Action[] = [
  ...REACH_PENDING,
  { do: 'text', type: 'endCharge', sentAgoMs: 0, heldUpMs: 0 },
  answered,
];
/** The payment was made, but nobody knows. */
export const REACH_UNCERTAIN: readonly Action[] = [
  { do: 'tap' },
  { do: 'answer', answer: 'noAnswerButDone' },
];
export const REACH_USE: readonly Action[] = [
  ...REACH_PENDING,
  { do: 'approve' },
  { do: 'callback' },
  answered,
  { do: 'finishRecord' },
];
export const REACH_CAPTURE: readonly Action[] = [
  ...REACH_USE,
  { do: 'wait', ms: HOUR_MS },
  { do: 'text', type: 'endCharge', sentAgoMs: 0, heldUpMs: 0 },
  { do: 'finishRecord' },
];
/** Refused for good, and yet somebody has taken money. */
export const REACH_LOST: readonly Action[] = [
  ...REACH_CAPTURE,
  { do: 'answer', answer: 'refused' },
  { do: 'captureElsewhere', share: 'part' },
];
/** A no that the key of the capture keeps, and the wait until it is tried again. */
export const REACH_SPENT_KEY: readonly Action[] = [
  ...REACH_CAPTURE,
  { do: 'answer', answer: 'refusedForNow' },
  { do: 'wait', ms: MINUTE_MS },
];
/** Approved between a look and its answer. */
export const REACH_OLD_LOOK: readonly Action[] = [
  ...REACH_PENDING,
  { do: 'callback' },
  { do: 'carryOut', answer: 'ok' },
  { do: 'approve' },
  { do: 'wait', ms: MINUTE_MS },
];
/** Approved in the last minute of a link of fifteen, between a look and its answer, which comes after the end. */
export const REACH_LOOK_ACROSS_END: readonly Action[] = [
  ...REACH_PENDING,
  { do: 'down', ms: 14 * MINUTE_MS },
  { do: 'wait', ms: 0 },
  answered,
  answered,
  { do: 'callback' },
  { do: 'carryOut', answer: 'ok' },
  { do: 'approve' },
  { do: 'wait', ms: 2 * MINUTE_MS },
];
/** Waived while it is used, although somebody has taken money. */
export const REACH_WAIVED_TOO_LATE: readonly Action[] = [
  ...REACH_USE,
  { do: 'captureElsewhere', share: 'part' },
  { do: 'callback' },
  answered,
  { do: 'operator', what: 'release' },
];
/** No answer about the money until nothing can be captured any more. */
export const REACH_DEADLINE: readonly Action[] = [
  ...REACH_CAPTURE,
  { do: 'down', ms: 8 * DAY_MS },
  { do: 'answer', answer: 'readFails' },
];
