import { randomUUID } from 'node:crypto';
import type { SimulatorParts } from '../../parts.ts';
import { outgoingText } from '../link/gateway.ts';
import { fillTemplate, landingUrl, templateValues } from './replies.ts';
import type { PreTransactionRequest } from './requests.ts';
import {
  alreadyProcessed,
  NextDue,
  NO_SUCH_PAYMENT,
  shownPayment,
  type Decision,
  type VendorPayments,
  type ShownOutcome,
  type ShownPayment,
} from '../../payments.ts';
import type { PaymentRow } from '../../records.ts';
import type { Change } from '../../store.ts';

type PaymentOutcome = { ok: true; payment: PaymentRow } | { ok: false; status: 400 | 404 | 409; why: string };

const DEFAULT_RECEIPT_TEXT = 'You have been charged {{amount}} {{currency}}. Receipt: {{receiptPageUrl}}';
const TEXT_ORIGINATOR = 'Paycore';

/** The payments at the provider and what may happen to each: pending, then authorized, captured, declined or expired. */
export class PaycorePayments implements VendorPayments {
  readonly #parts: SimulatorParts;
  readonly #due: NextDue;

  constructor(parts: SimulatorParts) {
    this.#parts = parts;
    this.#due = new NextDue(parts, (nowMs) => this.#expireBy(nowMs));
  }

  create(request: PreTransactionRequest): PaymentOutcome {
    const { store, clock, baseUrl } = this.#parts;
    const reference = request.referenceId ?? null;
    if (reference !== null && store.paymentByReference(reference) !== null) {
      return { ok: false, status: 409, why: 'The referenceId exists already.' };
    }
    const expiresAt = request.expiryUtc ?? null;
    if (expiresAt !== null && Date.parse(expiresAt) <= clock.nowMs()) {
      return { ok: false, status: 400, why: 'The expiryUtc has passed.' };
    }
    const drafted = newPayment(request, clock.now());
    const description = fillTemplate(drafted.description, templateValues(baseUrl(), drafted));
    const payment: PaymentRow = { ...drafted, description };
    const texts = request.sendSms ? [this.#text(payment, request.smsNotificationText ?? '')] : [];
    store.commit({ table: 'payment', put: payment }, ...texts);
    if (expiresAt !== null) this.#due.add(Date.parse(expiresAt));
    return { ok: true, payment };
  }

  all(): ShownPayment[] {
    return this.rows().map((payment) => this.#shown(payment));
  }

  byId(id: string): ShownPayment | null {
    const payment = this.row(id);
    return payment === null ? null : this.#shown(payment);
  }

  rows(): PaymentRow[] {
    this.#due.expire();
    return [...this.#parts.store.payments.values()];
  }

  row(id: string): PaymentRow | null {
    this.#due.expire();
    return this.#parts.store.payments.get(id.toLowerCase()) ?? null;
  }

  byReference(reference: string): PaymentRow | null {
    this.#due.expire();
    return this.#parts.store.paymentByReference(reference);
  }

  decide(id: string, decision: Decision): ShownOutcome {
    const payment = this.row(id);
    if (payment === null) return NO_SUCH_PAYMENT;
    if (decision === 'approving')
      return { ok: false, status: 409, why: 'Paycore does not show that somebody is deciding.' };
    if (payment.status !== 'pending') return alreadyProcessed(payment.status);
    const decided: PaymentRow =
      decision === 'approve'
        ? {
            ...payment,
            status: 'authorized',
            authorizedMinor: payment.requestedMinor,
            authorizedAt: this.#parts.clock.now(),
          }
        : { ...payment, status: decision === 'reject' ? 'declined' : 'expired' };
    this.#commit(decided);
    return { ok: true, payment: this.#shown(decided) };
  }

  /** Releases the whole reservation, if there is one. */
  release(id: string): void {
    const payment = this.row(id);
    if (payment?.status !== 'authorized') return;
    this.#commit({ ...payment, status: 'released', releasedMinor: payment.authorizedMinor });
  }

  /** `amountMinor` null captures everything. There is one capture per payment. */
  capture(id: string, amountMinor: number | null): PaymentOutcome {
    const payment = this.row(id);
    if (payment === null) return { ok: false, status: 404, why: 'No such transaction.' };
    if (payment.status === 'captured')
      return { ok: false, status: 409, why: 'The transaction is captured already.' };
    if (payment.status !== 'authorized')
      return { ok: false, status: 409, why: 'The transaction is not authorized.' };
    const capturedMinor = amountMinor ?? payment.authorizedMinor;
    if (capturedMinor <= 0) return { ok: false, status: 400, why: 'The amount must be above 0.' };
    if (capturedMinor > payment.authorizedMinor) {
      return { ok: false, status: 400, why: 'The amount is above the reserved amount.' };
    }
    const { paycoreReleasesRest, paycoreSendsReceipts } = this.#parts.store.settings;
    const releasedMinor = paycoreReleasesRest ? payment.authorizedMinor - capturedMinor : 0;
    const captured: PaymentRow = { ...payment, status: 'captured', capturedMinor, releasedMinor };
    const receipt = this.#text(captured, captured.smsReceiptText ?? DEFAULT_RECEIPT_TEXT);
    this.#commit(captured, paycoreSendsReceipts && captured.msisdn !== null ? [receipt] : []);
    return { ok: true, payment: captured };
  }

  expireDue(): void {
    this.#due.expire();
    this.#due.watch();
  }

  #expireBy(nowMs: number): number {
    const { store } = this.#parts;
    let nextMs = Infinity;
    for (const id of store.pendingPayments) {
      const payment = store.payments.get(id);
      if (payment === undefined || payment.expiresAt === null) continue;
      const expiryMs = Date.parse(payment.expiresAt);
      if (expiryMs <= nowMs) this.#commit({ ...payment, status: 'expired' });
      else nextMs = Math.min(nextMs, expiryMs);
    }
    return nextMs;
  }

  /** A new state and the callback that reports it are one commit. */
  #commit(payment: PaymentRow, more: Change[] = []): void {
    const { store, deliveries, baseUrl } = this.#parts;
    const changes: Change[] = [{ table: 'payment', put: payment }, ...more];
    if (payment.statusCallbackUrl === null) {
      store.commit(...changes);
      return;
    }
    const values = templateValues(baseUrl(), payment);
    const url = fillTemplate(payment.statusCallbackUrl, values, encodeURIComponent);
    const callback = deliveries.plan({ kind: 'callback', subject: payment.id, url });
    store.commit(...changes, callback.change);
    deliveries.arm(callback.id);
  }

  #text(payment: PaymentRow, template: string): Change {
    const { store, clock, baseUrl } = this.#parts;
    const put = outgoingText(store, {
      from: payment.smsOriginator ?? TEXT_ORIGINATOR,
      to: payment.msisdn ?? '',
      text: fillTemplate(template, templateValues(baseUrl(), payment)),
      at: clock.now(),
    });
    return { table: 'text', put };
  }

  #shown(payment: PaymentRow): ShownPayment {
    const { provider, status, releasedMinor, reference, expiresAt } = payment;
    const captures = payment.capturedMinor > 0 ? 1 : 0;
    const url = landingUrl(this.#parts.baseUrl(), payment);
    const own = { provider, status, releasedMinor, captures, reference, expiresAt, landingUrl: url };
    return shownPayment(payment, own);
  }
}

function newPayment(request: PreTransactionRequest, createdAt: string): PaymentRow {
  return {
    id: randomUUID(),
    provider: 'paycore',
    partnerId: request.partnerId,
    status: 'pending',
    requestedMinor: request.amount,
    authorizedMinor: 0,
    capturedMinor: 0,
    releasedMinor: 0,
    refundedMinor: 0,
    currency: request.currency,
    createdAt,
    authorizedAt: null,
    expiresAt: request.expiryUtc ?? null,
    reference: request.referenceId ?? null,
    correlationId: request.correlationId ?? null,
    ocr: request.ocr ?? null,
    msisdn: request.msisdn ?? null,
    description: request.description ?? '',
    returnUrl: request.returnUrl ?? null,
    statusCallbackUrl: request.statusCallbackUrl ?? null,
    smsOriginator: request.smsNotificationOriginator ?? null,
    smsNotificationSent: request.sendSms,
    smsReceiptText: request.smsReceiptText ?? null,
    // A wallet's ids are digits; 10 of a random UUID's do for a stand-in.
    paymentTransactionId: String(Number.parseInt(randomUUID().replaceAll('-', '').slice(0, 12), 16)),
  };
}
