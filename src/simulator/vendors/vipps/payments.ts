import type { SimulatorParts } from '../../parts.ts';
import type { VippsSalesUnit } from '../../options.ts';
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
import type { PaymentStatus } from '../../records.ts';
import type { Change } from '../../store.ts';
import { type Approval, approve, close, nextDueMs, whenDue } from './payment-rules.ts';
import type { VippsPaymentRow } from './records.ts';
import { landingUrl, modificationBody, webhookBody } from './replies.ts';
import { webhookEventName } from './webhook-pushes.ts';

type Parts = SimulatorParts & { salesUnit: VippsSalesUnit };

/** Index entries beyond those of kept payments before they are gone through. */
const INDEX_SLACK = 1_000;

/** The payments at Vipps: stores them, sends each new event by webhook, and expires what is due by the clock. */
export class VippsPayments implements VendorPayments {
  readonly #parts: Parts;
  readonly #idByReference = new Map<string, string>();
  readonly #idByToken = new Map<string, string>();
  readonly #due: NextDue;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#due = new NextDue(parts, (nowMs) => this.#expireBy(nowMs));
    for (const payment of parts.store.vippsPayments.values()) this.#index(payment);
  }

  byReference(reference: string): VippsPaymentRow | null {
    return this.#current(this.#idByReference.get(reference));
  }

  byToken(token: string): VippsPaymentRow | null {
    return this.#current(this.#idByToken.get(token));
  }

  /** A new version of a payment, the webhooks of its new events, and what else belongs to it are one commit. */
  put(payment: VippsPaymentRow, more: Change[] = []): void {
    const { store, deliveries } = this.#parts;
    const reported = store.vippsPayments.get(payment.id)?.events.length ?? 0;
    const planned = payment.events.slice(reported).flatMap((event) => this.#pushes(payment, event));
    store.commit(
      { table: 'vippsPayment', put: payment },
      ...planned.map((delivery) => delivery.change),
      ...more,
    );
    this.#index(payment);
    for (const delivery of planned) deliveries.arm(delivery.id);
    this.#due.add(nextDueMs(payment) ?? Infinity);
  }

  all(): ShownPayment[] {
    this.#due.expire();
    return Array.from(this.#parts.store.vippsPayments.values(), (payment) => this.#shown(payment));
  }

  byId(id: string): ShownPayment | null {
    const payment = this.#current(id);
    return payment === null ? null : this.#shown(payment);
  }

  decide(id: string, decision: Decision): ShownOutcome {
    const payment = this.#current(id);
    if (payment === null) return NO_SUCH_PAYMENT;
    if (payment.state !== 'CREATED' || payment.approvalKnownAt !== null)
      return alreadyProcessed(statusOf(payment));
    const decided = decidedPayment(payment, decision, this.#parts.clock.nowMs());
    this.put(decided.payment);
    return decided.ok
      ? { ok: true, payment: this.#shown(decided.payment) }
      : { ok: false, status: 409, why: decided.why };
  }

  /** The bank releases the reservation. Vipps does not know yet: the next capture finds no money (6260). */
  releaseEarly(reference: string): void {
    const payment = this.byReference(reference);
    if (payment?.state === 'AUTHORIZED') this.put({ ...payment, isReservationReleased: true });
  }

  expireDue(): void {
    this.#due.expire();
    this.#due.watch();
  }

  #expireBy(nowMs: number): number {
    const payments = this.#parts.store.vippsPayments.values();
    return Array.from(payments, (payment) => this.#advance(payment, nowMs) ?? Infinity).reduce(
      (nextMs, dueMs) => Math.min(nextMs, dueMs),
      Infinity,
    );
  }

  /** All that is due by now, one after another; gives when the next is due. */
  #advance(payment: VippsPaymentRow, nowMs: number): number | null {
    let current = payment;
    for (let dueMs = nextDueMs(current); dueMs !== null; dueMs = nextDueMs(current)) {
      if (dueMs > nowMs) return dueMs;
      const { unknownCapture } = current;
      current = whenDue(current, dueMs);
      this.put(current, unknownCapture === null ? [] : [replyOf(unknownCapture, current)]);
    }
    return null;
  }

  #current(id: string | undefined): VippsPaymentRow | null {
    this.#due.expire();
    return (id === undefined ? undefined : this.#parts.store.vippsPayments.get(id)) ?? null;
  }

  #pushes(payment: VippsPaymentRow, event: VippsPaymentRow['events'][number]) {
    const { store, deliveries, salesUnit } = this.#parts;
    const name = webhookEventName(event.name);
    const body = JSON.stringify(webhookBody(salesUnit.merchantSerialNumber, payment, event));
    return [...store.vippsWebhooks.values()]
      .filter((webhook) => webhook.events.includes(name))
      .map(({ id, url }) =>
        deliveries.plan({ kind: 'event', subject: payment.id, url, body, registration: id }),
      );
  }

  #index(payment: VippsPaymentRow): void {
    this.#idByReference.set(payment.reference, payment.id);
    this.#idByToken.set(payment.token, payment.id);
    const { vippsPayments } = this.#parts.store;
    if (this.#idByReference.size < 2 * vippsPayments.size + INDEX_SLACK) return;
    // Of payments that the store no longer keeps.
    for (const index of [this.#idByReference, this.#idByToken])
      for (const [name, id] of index) if (!vippsPayments.has(id)) index.delete(name);
  }

  #shown(payment: VippsPaymentRow): ShownPayment {
    const { reference, expiresAt, events } = payment;
    return shownPayment(payment, {
      provider: 'vipps',
      status: statusOf(payment),
      // A terminated payment's cancelled amount was never authorized.
      releasedMinor: payment.state === 'AUTHORIZED' ? payment.cancelledMinor : 0,
      captures: events.filter(({ name, success }) => name === 'CAPTURED' && success).length,
      reference,
      expiresAt,
      landingUrl: landingUrl(this.#parts.baseUrl(), payment),
    });
  }
}

function decidedPayment(payment: VippsPaymentRow, decision: Decision, nowMs: number): Approval {
  switch (decision) {
    case 'approve':
      return approve(payment, nowMs);
    case 'reject':
      return { ok: true, payment: close(payment, 'ABORTED', nowMs) };
    case 'expire':
      return { ok: true, payment: close(payment, 'EXPIRED', nowMs) };
    case 'approving':
      return { ok: true, payment: { ...payment, approving: true } };
  }
}

/** The vendor has no state CAPTURED: the aggregate shows it. */
function statusOf(payment: VippsPaymentRow): PaymentStatus {
  switch (payment.state) {
    case 'CREATED':
      return 'pending';
    case 'ABORTED':
      return 'declined';
    case 'EXPIRED':
      return 'expired';
    case 'TERMINATED':
      return 'released';
    case 'AUTHORIZED':
      if (payment.capturedMinor > 0) return 'captured';
      return payment.cancelledMinor > 0 ? 'released' : 'authorized';
  }
}

function replyOf(
  { replyId, bodyHash }: { replyId: string; bodyHash: string },
  payment: VippsPaymentRow,
): Change {
  const body = JSON.stringify(modificationBody(payment));
  return { table: 'vippsReply', put: { id: replyId, bodyHash, status: 200, body } };
}
