/** Stores what an SMS gateway delivers, before it is acknowledged: texts of customers, and delivery reports. */
import type { Clock } from '../../ports/clock.ts';
import type { AcceptedText, InboundText, InboxStore } from '../../ports/inbox-store.ts';
import type { Logger } from '../../ports/logger.ts';
import type { OutboxStore } from '../../ports/outbox-store.ts';
import type { DeliveryReport } from '../../ports/sms-gateway.ts';

export interface AcceptDeps {
  stores: { inbox: Pick<InboxStore, 'accept'>; outbox: Pick<OutboxStore, 'recordDelivery'> };
  clock: Clock;
  log: Logger;
}

/** Stores each text once, all of them or none. */
export async function acceptTexts(
  { stores, log }: Pick<AcceptDeps, 'stores' | 'log'>,
  texts: readonly InboundText[],
): Promise<AcceptedText[]> {
  const accepted = await stores.inbox.accept(texts);
  for (const [index, { inboxId, messageIdReused }] of accepted.entries())
    if (messageIdReused)
      log.warn(
        { event: 'messageIdReused', gateway: texts[index]?.gateway, inboxId },
        'the gateway used the id of another text; both are handled',
      );
  return accepted;
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
