import type { InboundHttpRequest, RefuseSender, WebhookRefusal } from './http-message.ts';

/** "Read this payment now": a hint, never a fact. At least one of the references is set. */
export interface PaymentHint {
  paymentReference: string | null;
  providerReference: string | null;
}

/** Proves that a callback comes from the provider, and names the payments that it is about. */
export interface PaymentCallbacks {
  /** absent where only the body proves who calls */
  refuseSender?: RefuseSender;
  parse(request: InboundHttpRequest): { ok: true; hints: PaymentHint[] } | WebhookRefusal;
}
