// Owns: which end each fault must have, and why a fault that has none makes no sense. All else is derived.
import type { EndName } from './ends.ts';
import type { Kind, Operation, Provider } from './table.ts';

/** What comes out of each fault. A provider of its own where the two differ. */
type Outcome = EndName | Partial<Record<Provider, EndName>>;
const inVipps = (name: EndName): Outcome => ({ vipps: name });

/** Every repeatable fault of a call that moves money ends the same way. */
const repeatable = {
  drop: 'charged',
  dropAfterActing: 'charged',
  delay: 'charged',
  timeoutAfterActing: 'charged',
  fail: 'charged',
  failAfterActing: 'charged',
  lock: inVipps('charged'),
  rateLimit: 'charged',
  expiredToken: inVipps('charged'),
} as const satisfies Partial<Record<Kind, Outcome>>;

function everywhere(name: EndName, kinds: readonly Kind[]): Partial<Record<Kind, Outcome>> {
  return Object.fromEntries(kinds.map((kind) => [kind, inVipps(name)]));
}
const ofACall: readonly Kind[] = [
  'drop',
  'dropAfterActing',
  'delay',
  'timeoutAfterActing',
  'fail',
  'failRepeatedly',
  'failAfterActing',
  'conflict',
  'lock',
  'rateLimit',
  'badSignature',
  'expiredToken',
  'clockJump',
];

export const OUTCOMES: Record<Operation, Partial<Record<Kind, Outcome>>> = {
  reserve: {
    ...repeatable,
    failRepeatedly: 'notStarted',
    refuse: { paycore: 'refused', vipps: 'notStarted' },
    conflict: { paycore: 'notStarted', vipps: 'charged' },
    badSignature: { paycore: 'notStarted', vipps: 'charged' },
    clockJump: { paycore: 'refused', vipps: 'expired' },
    viewed: 'charged',
  },
  read: {
    drop: 'charged',
    delay: 'charged',
    timeoutAfterActing: 'charged',
    fail: 'charged',
    failRepeatedly: 'charged',
    rateLimit: 'charged',
    badSignature: 'charged',
    expiredToken: inVipps('charged'),
    clockJump: 'dearer',
    viewed: 'charged',
  },
  capture: {
    ...repeatable,
    failRepeatedly: 'charged',
    refuse: 'lost',
    refuseForNow: inVipps('charged'),
    refuseUnclear: inVipps('charged'),
    conflict: 'charged',
    badSignature: 'charged',
    releaseEarly: { paycore: 'lapsed', vipps: 'lost' },
    clockJump: 'charged',
    viewed: 'charged',
  },
  release: { ...everywhere('charged', ofACall), refuse: inVipps('restStays') },
  abandon: {
    ...everywhere('cancelled', ofACall),
    refuse: inVipps('cancelled'),
    approvedLate: 'givenBack',
    viewed: 'cancelled',
  },
  refund: { ...everywhere('refunded', ofACall), refuse: inVipps('notRefunded') },
  send: {
    drop: 'unreceipted',
    dropAfterActing: 'charged',
    delay: 'charged',
    timeoutAfterActing: 'charged',
    fail: 'unreceipted',
    failRepeatedly: 'unreceipted',
    failAfterActing: 'charged',
    refuse: 'unreceipted',
    rateLimit: 'charged',
    badSignature: 'charged',
    clockJump: 'charged',
  },
  callback: {
    drop: 'charged',
    delay: 'charged',
    timeoutAfterActing: 'charged',
    fail: 'charged',
    badSignature: 'charged',
    double: 'charged',
    reorder: 'charged',
    unsuccessful: 'charged',
    clockJump: 'dearer',
    viewed: 'charged',
  },
  mo: {
    drop: 'charged',
    delay: 'charged',
    timeoutAfterActing: 'charged',
    fail: 'charged',
    badSignature: 'charged',
    double: 'charged',
    reorder: 'nothingStarts',
    clockJump: 'charged',
    stampAhead: 'charged',
    endBeforeStart: 'free',
    stampImpossible: 'charged',
    stampMissing: 'charged',
    generalWord: 'charged',
    ownedWord: 'charged',
    foreignWord: 'charged',
  },
};

export const PUSHED: readonly Operation[] = ['callback', 'mo'];

/** Why there is no such cell. */
export function reasonFor(operation: Operation, kind: Kind, provider: Provider): string {
  const isPushed = PUSHED.includes(operation);
  if (kind.startsWith('stamp') || kind === 'endBeforeStart') return 'only texts of the customer have a stamp';
  if (kind.endsWith('Word')) return 'only texts of the customer have a word';
  const hasNoCall = provider === 'paycore' && ['release', 'abandon', 'refund'].includes(operation);
  if (hasNoCall) return 'Paycore documents no such call, so none is made';
  if (['double', 'reorder', 'unsuccessful'].includes(kind))
    return operation === 'mo'
      ? 'a text tells of nothing that could have failed'
      : 'only what is pushed to us comes twice, in another order or with false news';
  if (kind === 'viewed')
    return 'its moment is another cell: see reserve, read, capture, abandon and callback';
  if (kind === 'approvedLate') return 'it is about a payment that we withdraw: see abandon';
  if (kind === 'releaseEarly') return 'it shows when the reservation is to be captured: see capture';
  if (kind === 'expiredToken')
    return isPushed || operation === 'send'
      ? 'no token is used: Basic credentials or a signature'
      : 'Paycore is called with a signature of each request, there is no token';
  if (isPushed)
    return kind === 'failRepeatedly' ? 'all tries lost is drop' : 'it is we who answer, so this is no answer';
  if (kind === 'lock' || kind === 'conflict')
    return operation === 'read'
      ? 'a read changes nothing, so nothing is in its way'
      : 'the vendor documents no such answer';
  if (kind === 'refuseForNow' || kind === 'refuseUnclear')
    return operation === 'read' ? 'a read has no key' : 'the vendor documents no such answer';
  if (operation === 'read')
    return kind === 'refuse'
      ? 'a read is not refused; an unknown payment is "not there", and badSignature is a cell'
      : 'a read does nothing, so this is the same as drop or fail';
  throw new Error(`${provider} ${operation} ${kind} is neither a cell nor explained`);
}
