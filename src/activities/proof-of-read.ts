/** What a read proves of the calls on record, whichever step made it: a call whose last try was cut off is told by no other. */
import type { PaymentEvent, PaymentEventKind, PaymentSnapshot } from '../domain/payment.ts';
import type { MoneyOperationName } from '../ports/money-store.ts';

/** A call that is not known to have succeeded. */
export interface UnprovenCall {
  operationId: string;
  operation: MoneyOperationName;
}

export interface Proof {
  state: 'succeeded' | 'refused';
  detail: string | null;
}

const SUCCEEDED: Proof = { state: 'succeeded', detail: null };

/** Null where the read proves nothing. A refund shows in an amount that others change too: its own step judges it. */
export async function proofOfRead(
  { operation, operationId }: UnprovenCall,
  snapshot: PaymentSnapshot,
  readEvents: () => Promise<PaymentEvent[]>,
): Promise<Proof | null> {
  switch (operation) {
    case 'reserve':
      return SUCCEEDED;
    case 'capture':
      if (snapshot.capturedMinor === 0) return null;
      return isCapturedByOther(await readEvents(), operationId) ? refusedFor('capturedByOther') : SUCCEEDED;
    case 'release':
      if (!isReleased(snapshot)) return null;
      return isReleasedByOther(await readEvents(), operationId) ? refusedFor('releasedByOther') : SUCCEEDED;
    case 'abandon':
      if (snapshot.phase === 'pending') return null;
      return snapshot.phase === 'abandoned' ? SUCCEEDED : refusedFor(snapshot.phase);
    case 'refund':
      return null;
  }
}

function refusedFor(detail: string): Proof {
  return { state: 'refused', detail };
}

/**
 * Where the provider keeps an event log, the key in it tells whose call took the money; amounts alone would take a capture by
 * hand for ours. Only on the log's own word: one that cannot be read, or that names no keys, proves nothing against us.
 */
export function isCapturedByOther(events: readonly PaymentEvent[], operationId: string): boolean {
  const keys = keysOf(events, 'captured');
  return keys.length > 0 && keys.every((key) => key !== null && key !== operationId);
}

/** A release without a key is the provider's own: the reservation has run out. */
function isReleasedByOther(events: readonly PaymentEvent[], operationId: string): boolean {
  const keys = keysOf(events, 'released');
  return keys.length > 0 && !keys.includes(operationId);
}

function keysOf(events: readonly PaymentEvent[], of: PaymentEventKind): (string | null)[] {
  return events
    .filter(({ kind, success }) => kind === of && success)
    .map(({ idempotencyKey }) => idempotencyKey);
}

export function isReleased(snapshot: PaymentSnapshot): boolean {
  const { phase, authorizedMinor, capturedMinor, releasedMinor } = snapshot;
  return phase === 'authorized' && authorizedMinor - capturedMinor - releasedMinor <= 0;
}
