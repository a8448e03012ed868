/** Everything a run must have reached at least once. The records are complete by their types: a new event is missed here first. */
import type { SessionCommand, SessionEvent } from '../../src/domain/session/events.ts';
import type { EndReason } from '../../src/domain/session/state.ts';
import { OPERATOR_EVENTS, type Action, type Ending } from './actions.ts';
import type { Coverage } from './coverage.ts';
import { ATTENTION_REASONS, STAGE_TRANSITIONS, STATE_TRANSITIONS, TEXT_RULES } from './design-tables.ts';
import { ANSWERS } from './money-desk.ts';
import type { CustomerMessageKind } from '../../src/domain/session/customer-messages.ts';

const EVENTS: Record<Exclude<SessionEvent['type'], 'customerMessage'> | CustomerMessageKind, true> = {
  endCharge: true,
  chargeRepeated: true,
  statusRequested: true,
  paymentChanged: true,
  paymentOpened: true,
  endNow: true,
  retryCapture: true,
  waive: true,
  writeOff: true,
  reserved: true,
  reserveRefused: true,
  reserveFailed: true,
  paymentRead: true,
  readFailed: true,
  captured: true,
  captureRefused: true,
  captureFailed: true,
  captureKeyRefused: true,
  released: true,
  releaseRefused: true,
  releaseFailed: true,
  releaseKeyRefused: true,
  abandonTried: true,
  usagePriced: true,
  usedUpAtComputed: true,
  outgoingDone: true,
  slotFreed: true,
  lateEndReviewed: true,
  tick: true,
};

const COMMANDS: Record<SessionCommand['command'], true> = {
  sendText: true,
  issueReceipt: true,
  showReceipt: true,
  computeUsedUpAt: true,
  priceUsage: true,
  reviewLateEnd: true,
  reviewLateMessage: true,
  freeSlot: true,
};

const ACTIONS: Record<Action['do'], true> = {
  text: true,
  repeatText: true,
  callback: true,
  tap: true,
  approve: true,
  decline: true,
  giveBackEarly: true,
  captureElsewhere: true,
  wait: true,
  down: true,
  operator: true,
  carryOut: true,
  answer: true,
  lateAnswer: true,
  finishMessage: true,
  finishRecord: true,
};

const ENDINGS: Record<Ending, true> = {
  healthy: true,
  declined: true,
  silent: true,
  silentButActing: true,
  refusing: true,
  refusingForNow: true,
};

const END_REASONS: Record<EndReason, true> = {
  customer: true,
  limit: true,
  usedUp: true,
  operator: true,
};

function moves(table: Record<string, readonly string[]>): string[] {
  return Object.entries(table).flatMap(([from, to]) => to.map((state) => `${from} -> ${state}`));
}

const EXPECTED: Record<string, readonly string[]> = {
  state: Object.keys(STATE_TRANSITIONS),
  transition: moves(STATE_TRANSITIONS),
  attempt: moves(STAGE_TRANSITIONS),
  attention: Object.keys(ATTENTION_REASONS),
  event: Object.keys(EVENTS),
  'operator action': Object.keys(OPERATOR_EVENTS),
  action: Object.keys(ACTIONS),
  command: Object.keys(COMMANDS),
  text: Object.keys(TEXT_RULES),
  'money step': Object.keys(ANSWERS),
  'provider answer': Object.entries(ANSWERS).flatMap(([step, kinds]) =>
    kinds.map((kind) => `${step} ${kind}`),
  ),
  'end reason': Object.keys(END_REASONS),
  ending: Object.keys(ENDINGS),
  reached: [
    'a second payment',
    'an approval after the expiry',
    'misjudged by a misleading read',
    'given back by the provider',
    'ended by a text',
    'an end left to an earlier session',
  ],
};

/** What was never reached, and what was reached although nobody expects it. */
export function coverageGaps(coverage: Coverage): string[] {
  return Object.entries(EXPECTED).flatMap(([group, names]) => coverage.differences(group, names));
}
