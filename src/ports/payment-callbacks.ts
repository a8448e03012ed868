import type { InboundHttpRequest, RefuseSender, WebhookRefusal } from './http-message.ts';

/** "Look at this payment now": a hint, never a fact. At least one of the references is set. */
export interface PaymentHint {
  paymentReference: string | null;
  providerReference: string | null;
}

/** Checks that a callback comes from the provider and says which payments it is about. */
export interface PaymentCallbacks {
  /** absent where only the body shows who calls */
  refuseSender?: RefuseSender;
  parse(request: InboundHttpRequest): { ok: true; hints: PaymentHint[] } | WebhookRefusal;
}
