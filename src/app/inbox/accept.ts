/** Stores what an SMS gateway delivers, before it is acknowledged: texts of customers, and delivery reports. */
import type { Clock } from '../../ports/clock.ts';
import type { InboxStore } from '../../ports/inbox-store.ts';
import type { Logger } from '../../ports/logger.ts';
import type { OutboxStore } from '../../ports/outbox-store.ts';
import type { DeliveryReport, MoMessage } from '../../ports/sms-gateway.ts';

interface AcceptDeps {
  stores: { inbox: Pick<InboxStore, 'accept'>; outbox: Pick<OutboxStore, 'recordDelivery'> };
  clock: Clock;
  log: Logger;
}

/** Stores each text once. Returns the ids of the rows that are not yet dispatched. */
export async function acceptTexts(
  { stores, clock, log }: AcceptDeps,
  gateway: string,
  messages: readonly MoMessage[],
): Promise<string[]> {
  const undispatched: string[] = [];
  for (const message of messages) {
    const { inboxId, dispatched, messageIdReused } = await stores.inbox.accept(gateway, message, clock.now());
    if (!dispatched) undispatched.push(inboxId);
    if (messageIdReused)
      log.warn(
        { event: 'messageIdReused', gateway, inboxId },
        'the gateway used the id of another text; both are handled',
      );
  }
  return undispatched;
}

/** Records each report at its text. A report of an unknown text is logged: repeating it would not make the text known. */
export async function acceptDeliveries(
  { stores, log }: AcceptDeps,
  gateway: string,
  reports: readonly DeliveryReport[],
): Promise<void> {
  for (const report of reports) {
    const known = await stores.outbox.recordDelivery(gateway, report);
    if (!known) log.info({ event: 'deliveryOfUnknownText' }, 'a delivery report matches no text');
  }
}
