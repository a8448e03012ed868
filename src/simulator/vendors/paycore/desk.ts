import type { PaycorePayments, PaymentOutcome } from './payments.ts';
import { landingUrl } from './replies.ts';
import type { PaymentDesk, ShownOutcome, ShownPayment } from '../../payments.ts';
import type { PaymentRow } from '../../records.ts';

/** Paycore's payments for a tester. */
export function paycoreDesk(payments: PaycorePayments, baseUrl: () => string): PaymentDesk {
  const shown = (payment: PaymentRow) => shownPayment(baseUrl(), payment);
  const answer = (outcome: PaymentOutcome): ShownOutcome =>
    outcome.ok ? { ok: true, payment: shown(outcome.payment) } : outcome;
  return {
    all: () => payments.all().map(shown),
    byId: (id) => {
      const payment = payments.byId(id);
      return payment === null ? null : shown(payment);
    },
    approve: (id) => answer(payments.approve(id)),
    reject: (id) => answer(payments.reject(id)),
    expire: (id) => answer(payments.expire(id)),
    beginApproval: () => ({
      ok: false,
      status: 409,
      why: 'Paycore does not show that somebody is deciding.',
    }),
    expireDue: () => payments.expireDue(),
    watchExpiry: () => payments.watchExpiry(),
  };
}

function shownPayment(baseUrl: string, payment: PaymentRow): ShownPayment {
  const { id, provider, status, requestedMinor, authorizedMinor, capturedMinor, releasedMinor } = payment;
  const { refundedMinor, currency, createdAt, authorizedAt, reference, description, expiresAt } = payment;
  return {
    id,
    provider,
    status,
    requestedMinor,
    authorizedMinor,
    capturedMinor,
    releasedMinor,
    refundedMinor,
    currency,
    createdAt,
    authorizedAt,
    captures: capturedMinor > 0 ? 1 : 0,
    reference,
    description,
    expiresAt,
    landingUrl: landingUrl(baseUrl, payment),
  };
}
