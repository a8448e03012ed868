/** Sends one recorded text at most once (case 11); the messaging activity and `app/attention/text-watch.ts` share it. */
import type { SendTextOutcome } from '../domain/text-delivery.ts';
import type { Clock } from './clock.ts';
import { INTERRUPTED, type OutboundMessage, type OutboxStore } from './outbox-store.ts';
import { SmsFault, type SmsGateway } from './sms-gateway.ts';

export interface SendDeps {
  stores: {
    outbox: Pick<OutboxStore, 'startSending' | 'markSent' | 'markFailed'>;
  };
  clock: Clock;
}

export interface SendOptions {
  /** sent again when its outcome is unknown: a doubled payment link is harmless, a doubled receipt is not */
  mayRepeat: boolean;
  moReferenceId: string | null;
  /** the customer's number, digits only */
  msisdn: () => string | Promise<string>;
  /** a row that says `sending` is known to be of an interrupted try, and of no other process */
  isInterrupted: boolean;
}

/**
 * Sends one text at most once, except one that may be repeated. The row says `sending` before the gateway is called. A fault
 * comes back where the same text may be tried again.
 */
export async function sendOnce(
  deps: SendDeps,
  gateway: Pick<SmsGateway, 'send' | 'reportsDelivery'>,
  message: OutboundMessage,
  { mayRepeat, moReferenceId, msisdn: readMsisdn, isInterrupted }: SendOptions,
): Promise<SendTextOutcome | SmsFault> {
  const { outbox } = deps.stores;
  const { outboundId, shortNumber } = message;
  // Read before the row says `sending`: what fails after that may have been sent, and is not tried again.
  const msisdn = await readMsisdn();
  const started = await outbox.startSending(message, { mayRepeat, at: deps.clock.now() });
  if (!started.isStarted) {
    const { state } = started;
    if (state === 'sent' || state === 'rejected' || state === 'suppressed') return state;
    if (isInterrupted) await outbox.markFailed(outboundId, INTERRUPTED, deps.clock.now());
    return 'unknown';
  }
  try {
    const sent = await gateway.send({ outboundId, shortNumber, msisdn, text: started.text, moReferenceId });
    const accepted = { ...sent, isReportRequested: gateway.reportsDelivery };
    await outbox.markSent(outboundId, accepted, deps.clock.now());
    return 'sent';
  } catch (error) {
    if (!(error instanceof SmsFault)) throw error;
    const { kind, code, message: words } = error;
    await outbox.markFailed(outboundId, { kind, code: code ?? words }, deps.clock.now());
    if (kind === 'rejected') return 'rejected';
    return kind === 'outcomeUnknown' && !mayRepeat ? 'unknown' : error;
  }
}
