/**
 * Decides which recorded calls a provider read confirms. It is the only way to settle a call whose last try was interrupted.
 */
import type { PaymentEvent, PaymentEventKind, PaymentSnapshot } from '../domain/payment.ts';
import type { MoneyOperationName, MoneyOperationState } from '../ports/money-store.ts';

/** A call that is not known to have succeeded. */
interface UnconfirmedCall {
  operationId: string;
  operation: MoneyOperationName;
  state: MoneyOperationState;
}

interface Confirmation {
  state: 'succeeded' | 'refused';
  detail: string | null;
}

/** `none`: the provider keeps no log; `silent`: it does, and does not show it just now. */
export type EventLog = readonly PaymentEvent[] | 'none' | 'silent';

export type MovedMoney = 'captured' | 'released' | 'refunded';

const SUCCEEDED: Confirmation = { state: 'succeeded', detail: null };

/** Null where the read confirms nothing. A refund shows in an amount that others change too: its own step judges it. */
export async function confirmCall(
  call: UnconfirmedCall,
  snapshot: PaymentSnapshot,
  readLog: () => Promise<EventLog>,
): Promise<Confirmation | null> {
  switch (call.operation) {
    case 'reserve':
      return SUCCEEDED;
    case 'capture':
      return snapshot.capturedMinor > 0 ? confirmByLog(call, 'captured', await readLog()) : null;
    case 'release':
      return isReleased(snapshot) && snapshot.releasedMinor > 0
        ? confirmByLog(call, 'released', await readLog())
        : null;
    case 'abandon':
      if (snapshot.phase === 'pending') return null;
      return snapshot.phase === 'abandoned' ? SUCCEEDED : { state: 'refused', detail: snapshot.phase };
    case 'refund':
      return null;
  }
}

export function isRefusal(state: MoneyOperationState): boolean {
  return state === 'refused' || state === 'refusedForNow';
}

/**
 * Whose call the amounts show. The key in the provider's log decides; by amounts alone a capture by hand would count as ours.
 * If the log does not decide, a call of ours that may have acted is confirmed, and one that was refused is not.
 */
function confirmByLog(
  { operationId, state }: UnconfirmedCall,
  of: 'captured' | 'released',
  log: EventLog,
): Confirmation | null {
  if (log !== 'none' && log !== 'silent' && keysOf(log, of).includes(operationId)) return SUCCEEDED;
  // The next number was called instead and has a record of its own.
  if (state === 'refusedForNow') return null;
  if (log === 'none') return SUCCEEDED;
  if (isOfOthersAlone(log, of, operationId)) return { state: 'refused', detail: `${of}ByOther` };
  return state === 'refused' ? null : SUCCEEDED;
}

/**
 * Money was moved, and by the log by other calls only. An event without a key confirms nothing: Vipps' own example
 * of a log shows CANCELLED without the key of its call.
 */
export function isOfOthersAlone(log: EventLog, of: MovedMoney, operationId: string): boolean {
  const keys = log === 'none' || log === 'silent' ? [] : keysOf(log, of);
  return keys.length > 0 && !keys.includes(null) && !keys.includes(operationId);
}

/** The log shows the effect that a call was made for. There is one capture and one release at a time; refunds may be several. */
export function isLogged(log: readonly PaymentEvent[], of: MovedMoney, operationId: string): boolean {
  const keys = keysOf(log, of);
  return of === 'refunded' ? keys.includes(operationId) : keys.length > 0;
}

function keysOf(events: readonly PaymentEvent[], of: PaymentEventKind): (string | null)[] {
  return events
    .filter(({ kind, success }) => kind === of && success)
    .map(({ idempotencyKey }) => idempotencyKey);
}

export function isReleased(snapshot: PaymentSnapshot): boolean {
  const { phase, authorizedMinor, capturedMinor, releasedMinor } = snapshot;
  return (
    phase === 'authorized' && authorizedMinor > 0 && authorizedMinor - capturedMinor - releasedMinor <= 0
  );
}
