// Owns: the fault matrix as data: every operation x every kind of fault x every provider is either a cell that runs, with
// what must come out, or the reason why it makes no sense. What runs it is in story.ts.
import type { FaultKind, FaultOperation } from '../../src/simulator/records.ts';
import { endOf, type End } from './ends.ts';
import { OUTCOMES, PUSHED, reasonFor } from './outcomes.ts';

export const PROVIDERS = ['paycore', 'vipps'] as const;
export type Provider = (typeof PROVIDERS)[number];

export const OPERATIONS = [
  'reserve',
  'read',
  'capture',
  'release',
  'abandon',
  'refund',
  'send',
  'callback',
  'mo',
] as const satisfies readonly FaultOperation[];
export type Operation = (typeof OPERATIONS)[number];

/** What each kind of fault is, for a request of ours; for what is pushed to us after the semicolon. */
export const KINDS = {
  drop: 'the connection is cut before the call has an effect; a push is lost',
  dropAfterActing: 'the call has its effect, then the connection is cut',
  delay: 'the call has its effect after our time-out; a push comes late',
  timeoutAfterActing:
    'the call has its effect, and the answer comes after our time-out; our answer to a push is lost, so it is repeated',
  fail: '500 once, then success; one delivery of a push is lost',
  failRepeatedly: '500 for longer than one retry round',
  failAfterActing: '500, although the call had its effect',
  refuse: 'a permanent 4xx',
  refuseForNow: 'a 4xx bound to its idempotency key; a call with another key succeeds (Vipps: 6260)',
  refuseUnclear: 'the same, although the vendor says to repeat it with the same key (Vipps: 6280)',
  conflict: '409 once',
  lock: '423 once',
  rateLimit: '429 with Retry-After',
  badSignature: '401 once; pushes with wrong credentials or signature',
  expiredToken: 'our access token expires during the session',
  releaseEarly: 'the bank has released the reservation (Vipps: 6260)',
  double: 'a push comes twice at once',
  reorder: 'a push arrives after the next one',
  unsuccessful: 'a push reports a failure that did not happen',
  approvedLate: 'the customer approves after the session has ended',
  clockJump: 'the clock jumps 40 minutes ahead during the call',
  stampAhead: 'the gateway stamps each text an hour ahead',
  endBeforeStart: 'the gateway stamps the end an hour before its CHARGE',
  stampImpossible: 'the gateway stamps each text with the year 1970',
  stampMissing: 'the gateway stamps no text',
  generalWord: 'the customer ends with STOP',
  ownedWord: "the customer ends with a general word that is another partner's own end word",
  foreignWord: "the customer first sends another partner's end word, then the right one",
  viewed: "each of the customer's pages is viewed thirty times meanwhile",
} as const;
export type Kind = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as Kind[];

/** Where in the story a fault is set. */
export type Moment = 'charge' | 'open' | 'approve' | 'end' | 'refund';

export interface Fault {
  kind: FaultKind;
  ms?: number;
  times?: number;
  code?: number;
}

/** What people and gateways do by themselves: no stand-in carries it out. */
export const UNAIDED = [
  'approvedLate',
  'stampAhead',
  'endBeforeStart',
  'stampImpossible',
  'stampMissing',
  'generalWord',
  'ownedWord',
  'foreignWord',
  'viewed',
] as const satisfies readonly Kind[];
export type Unaided = (typeof UNAIDED)[number];

export type StoryName = 'use' | 'cancel' | 'approveLate' | 'refund' | 'overtaken' | 'sentAgain';

export interface Scenario {
  story: StoryName;
  /** the fault is set at each of these */
  at: readonly Moment[];
  fault: Fault | 'clockJump' | Unaided;
  end: End;
  /** our time-outs are short, because the fault is about waiting */
  impatient: boolean;
}

export type Cell =
  | { operation: Operation; kind: Kind; provider: Provider; scenario: Scenario }
  | { operation: Operation; kind: Kind; provider: Provider; notApplicable: string };
export type RunnableCell = Extract<Cell, { scenario: Scenario }>;

/** Ours, where waiting is the point; the stand-in holds for longer. */
export const IMPATIENT_MS = 1_500;
export const HELD_MS = 2_500;
/** How long the clock-jump cells hold the call while the clock jumps. */
export const UNDER_WAY_MS = 600;

const FAULTS: Record<Exclude<Kind, 'clockJump' | Unaided>, Fault> = {
  drop: { kind: 'drop' },
  dropAfterActing: { kind: 'dropAfterActing' },
  delay: { kind: 'delay', ms: HELD_MS },
  timeoutAfterActing: { kind: 'timeoutAfterActing', ms: HELD_MS },
  fail: { kind: 'fail' },
  failRepeatedly: { kind: 'fail', times: 7 },
  failAfterActing: { kind: 'failAfterActing' },
  refuse: { kind: 'refuse' },
  refuseForNow: { kind: 'refuse', code: 6260 },
  refuseUnclear: { kind: 'refuse', code: 6280 },
  conflict: { kind: 'conflict' },
  lock: { kind: 'lock' },
  rateLimit: { kind: 'rateLimit' },
  badSignature: { kind: 'badSignature' },
  expiredToken: { kind: 'expiredToken' },
  releaseEarly: { kind: 'releaseEarly' },
  double: { kind: 'double' },
  reorder: { kind: 'reorder' },
  unsuccessful: { kind: 'unsuccessful' },
};

function cellOf(operation: Operation, kind: Kind, provider: Provider): Cell {
  const outcome = OUTCOMES[operation][kind];
  const end = typeof outcome === 'object' ? outcome[provider] : outcome;
  if (end === undefined)
    return { operation, kind, provider, notApplicable: reasonFor(operation, kind, provider) };
  return { operation, kind, provider, scenario: scenarioOf(operation, kind, provider, endOf(end, provider)) };
}

const MOMENTS: Record<Operation, Record<Provider, readonly Moment[]>> = {
  reserve: { paycore: ['charge'], vipps: ['open'] },
  read: { paycore: ['approve'], vipps: ['approve'] },
  capture: { paycore: ['end'], vipps: ['end'] },
  release: { paycore: [], vipps: ['end'] },
  abandon: { paycore: ['end'], vipps: ['end'] },
  refund: { paycore: [], vipps: ['refund'] },
  send: { paycore: ['charge', 'end'], vipps: ['charge', 'end'] },
  callback: { paycore: ['approve'], vipps: ['approve'] },
  mo: { paycore: ['charge', 'end'], vipps: ['charge', 'end'] },
};

/** Vipps' published codes of permanent refusals. */
const REFUSAL_CODES: Partial<Record<Operation, number>> = {
  reserve: 5070,
  capture: 6100,
  release: 6030,
  abandon: 6060,
  refund: 6220,
};

function scenarioOf(operation: Operation, kind: Kind, provider: Provider, end: End): Scenario {
  return {
    story: storyOf(operation, kind),
    at: momentsOf(operation, kind, provider),
    fault: faultOf(operation, kind, provider),
    end:
      operation === 'capture' && kind === 'releaseEarly' && provider === 'vipps' ? untilDeadline(end) : end,
    impatient: ['delay', 'timeoutAfterActing'].includes(kind) && !PUSHED.includes(operation),
  };
}

function storyOf(operation: Operation, kind: Kind): StoryName {
  if (kind === 'approvedLate') return 'approveLate';
  if (operation === 'abandon') return 'cancel';
  if (operation === 'refund') return 'refund';
  if (operation === 'mo' && kind === 'reorder') return 'overtaken';
  return operation === 'mo' && kind === 'drop' ? 'sentAgain' : 'use';
}

function momentsOf(operation: Operation, kind: Kind, provider: Provider): readonly Moment[] {
  // Without the link there would be no use; the link's own repeats are in the other cells.
  if (operation === 'mo' && kind === 'reorder') return ['charge'];
  if (ABOUT_THE_END.includes(kind)) return ['end'];
  if (operation === 'callback' && kind === 'viewed') return ['charge', 'open', 'approve', 'end'];
  const isRefusedText = operation === 'send' && kind === 'refuse';
  const isAboutTheEnd = kind === 'clockJump' || (operation === 'mo' && kind === 'drop');
  if (isRefusedText || (isAboutTheEnd && ['send', 'mo'].includes(operation))) return ['end'];
  return MOMENTS[operation][provider];
}

const ABOUT_THE_END: readonly Kind[] = ['endBeforeStart', 'generalWord', 'ownedWord', 'foreignWord'];

function faultOf(operation: Operation, kind: Kind, provider: Provider): Scenario['fault'] {
  if (kind === 'clockJump' || isUnaided(kind)) return kind;
  const fault = FAULTS[kind];
  const code = REFUSAL_CODES[operation];
  if (kind === 'refuse' && provider === 'vipps' && code !== undefined) return { ...fault, code };
  // As often as it is tried: what comes out must not need one good push.
  if (operation === 'callback' && kind === 'badSignature') return { ...fault, times: 1_000 };
  return fault;
}

export function isUnaided(fault: Kind | Scenario['fault']): fault is Unaided {
  return UNAIDED.some((kind) => kind === fault);
}

/** The bank may put the money back, so it is tried until it can no longer be captured. */
function untilDeadline(end: End): End {
  return { ...end, attention: 'captureDeadlinePassed' };
}

export const CELLS: readonly Cell[] = PROVIDERS.flatMap((provider) =>
  OPERATIONS.flatMap((operation) => KIND_NAMES.map((kind) => cellOf(operation, kind, provider))),
);
