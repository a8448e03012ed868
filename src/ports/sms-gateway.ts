import type { Instant } from '../domain/instant.ts';
import type { DeliveryState } from '../domain/text-delivery.ts';
import type { InboundHttpRequest, RefuseSender, WebhookRefusal } from './webhooks.ts';

/** A text from a customer, as a gateway delivered it. Delivered at least once: `messageId` removes duplicates. */
export interface MoMessage {
  messageId: string;
  /** digits only, with country code, no plus */
  msisdn: string;
  /** the number texted: `27222` in Norway, `SE-72222` in another country */
  shortNumber: string;
  text: string;
  /** the gateway's own timestamp of the message; null when it sent none that can be read */
  sentAt: Instant | null;
}

export interface MtMessage {
  /** ours, `<sessionId>-<kind>-<n>`; gateways echo it in delivery reports but do not remove duplicates by it */
  outboundId: string;
  shortNumber: string;
  /** digits only, no plus */
  msisdn: string;
  text: string;
  /** messageId of the MO that triggered this text, where an operator wants it */
  moReferenceId: string | null;
}

export interface DeliveryReport {
  gatewayMessageId: string;
  /** our outboundId, when the gateway echoes it */
  outboundId: string | null;
  /** 0 for the only or first part */
  part: number;
  state: DeliveryState;
  resultCode: string;
  at: Instant | null;
}

export type SmsFaultKind =
  /** certainly not sent: not connected or refused before processing; may be repeated */
  | 'unavailable'
  /** certainly not sent: the account or its address is wrong (credentials, rights), not the text; may be repeated */
  | 'misconfigured'
  /** this text is permanently refused (bad number); never repeated */
  | 'rejected'
  /** sent, but the answer was lost or proves nothing: a repeat may duplicate the text */
  | 'outcomeUnknown';

/** The only error a gateway throws. `message` never holds a phone number, a text or a secret. */
export class SmsFault extends Error {
  override readonly name = 'SmsFault';
  readonly kind: SmsFaultKind;
  readonly code: string | null;
  constructor(kind: SmsFaultKind, message: string, options: { code?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.code = options.code ?? null;
  }
}

/** The texts of one webhook call. */
interface InboundTexts {
  ok: true;
  messages: MoMessage[];
  /** names of the fields that make other texts of this call permanently unreadable: acknowledged, logged and dropped */
  unreadable: string[];
}

/** An SMS gateway account: sends texts and understands its own webhooks. */
export interface SmsGateway {
  readonly gateway: string;
  /** it reports the delivery of each text it accepts */
  readonly reportsDelivery: boolean;
  /** absent where only the body proves who calls */
  refuseSender?: RefuseSender;
  /** Hands one text to the gateway. Resolves when it is queued there (not delivered). Throws only `SmsFault`. */
  send(message: MtMessage): Promise<{ gatewayMessageId: string }>;
  /** Authenticates and parses an MO webhook; JSON, form or query template; one message or several. */
  parseInbound(request: InboundHttpRequest): InboundTexts | WebhookRefusal;
  /** Authenticates and parses a delivery report webhook. */
  parseDelivery(
    request: InboundHttpRequest,
  ): { ok: true; reports: DeliveryReport[]; unreadable: string[] } | WebhookRefusal;
}
