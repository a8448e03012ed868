import { randomUUID } from 'node:crypto';
import type { SimulatorParts } from '../../parts.ts';
import { deliveryReports, incomingMessage, type SendRequest } from './messages.ts';
import type { LinkAccount } from '../../options.ts';
import type { TextRow } from '../../records.ts';
import { countSegments } from '../../segments.ts';
import { digitsOf, type Store } from '../../store.ts';

/** How long the network needs to deliver a text to the phone and report it. */
const DELIVERY_MS = 300;

interface PhoneText {
  /** the phone, as its owner writes it */
  from: string;
  /** digits */
  to: string;
  text: string;
  messageId?: string | undefined;
  sentAt?: string | undefined;
}

type Parts = SimulatorParts & { link: LinkAccount };

/** What the gateway does with texts, apart from HTTP. */
export class Gateway {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A phone sends a text. Naming the messageId of an earlier equal one delivers that one again. */
  fromPhone(message: PhoneText): { textId: string; deliveryId: string } {
    const { store, clock, deliveries, link } = this.#parts;
    const sentAt = message.sentAt ?? clock.now();
    const text: TextRow = this.#sameAsBefore(message) ?? {
      id: randomUUID(),
      direction: 'in',
      from: message.from,
      to: message.to,
      text: message.text,
      at: sentAt,
      messageId: message.messageId ?? randomUUID(),
      state: 'pending',
      segments: countSegments(message.text),
      attempts: 0,
    };
    const body = incomingMessage(
      {
        messageId: text.messageId,
        from: digitsOf(text.from),
        to: text.to,
        text: text.text,
        sentAt: text.at,
        queuedAt: clock.now(),
      },
      link,
    );
    const delivery = deliveries.plan({ kind: 'mo', subject: text.id, body });
    store.commit({ table: 'text', put: { ...text, state: 'pending', attempts: 0 } }, delivery.change);
    deliveries.arm(delivery.id);
    return { textId: text.id, deliveryId: delivery.id };
  }

  /** sms2pay sends a text: the phone has it at once, the reports follow. */
  toPhone(request: SendRequest): { messageId: string; segments: number } {
    const { store, clock, deliveries } = this.#parts;
    const at = clock.now();
    const text = outgoingText(store, {
      from: request.source,
      to: request.destination,
      text: request.userData,
      at,
    });
    const reports = request.useDeliveryReport
      ? deliveryReports({
          messageId: text.messageId,
          refId: request.refId ?? null,
          segments: text.segments,
          sentAt: at,
          deliveredAt: new Date(clock.nowMs() + DELIVERY_MS).toISOString(),
        })
      : [];
    const planned = reports.map((body) =>
      deliveries.plan({ kind: 'delivery', subject: text.id, body, afterMs: DELIVERY_MS }),
    );
    store.commit({ table: 'text', put: text }, ...planned.map((delivery) => delivery.change));
    for (const delivery of planned) deliveries.arm(delivery.id);
    return { messageId: text.messageId, segments: text.segments };
  }

  #sameAsBefore(message: PhoneText): TextRow | undefined {
    if (message.messageId === undefined) return undefined;
    return [...this.#parts.store.texts.values()].find(
      (text) =>
        text.direction === 'in' &&
        text.messageId === message.messageId &&
        text.text === message.text &&
        text.to === message.to &&
        digitsOf(text.from) === digitsOf(message.from),
    );
  }
}

/** A text that reaches a phone. */
export function outgoingText(
  store: Store,
  message: { from: string; to: string; text: string; at: string },
): TextRow {
  return {
    id: randomUUID(),
    direction: 'out',
    from: message.from,
    to: store.phoneAsWritten(digitsOf(message.to)),
    text: message.text,
    at: message.at,
    messageId: randomUUID(),
    state: 'delivered',
    segments: countSegments(message.text),
    attempts: 0,
  };
}
