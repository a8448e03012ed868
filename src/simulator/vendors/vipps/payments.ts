import type { Deliveries } from '../../deliveries.ts';
import type { VippsSalesUnit } from '../../options.ts';
import type { PaymentDesk, ShownOutcome, ShownPayment } from '../../payments.ts';
import type { PaymentStatus } from '../../records.ts';
import type { SimulatorClock } from '../../simulator-clock.ts';
import type { Change, Store } from '../../store.ts';
import type { Timers } from '../../timers.ts';
import { approve, close, nextDueMs, whenDue } from './payment-rules.ts';
import type { VippsPaymentRow } from './records.ts';
import { landingUrl, modificationBody, webhookBody } from './replies.ts';
import { webhookEventName } from './webhook-events.ts';

const LONGEST_NAP_MS = 3_600_000;

interface Parts {
  store: Store;
  clock: SimulatorClock;
  timers: Timers;
  deliveries: Deliveries;
  salesUnit: VippsSalesUnit;
  baseUrl: () => string;
}

/** The payments at Vipps: stores them, sends each new event by webhook, and expires what is due by the clock. */
export class VippsPayments implements PaymentDesk {
  readonly #parts: Parts;
  readonly #idByReference = new Map<string, string>();
  readonly #idByToken = new Map<string, string>();
  /** Not later than the earliest due time of any payment; unknown at start, so the first read scans. */
  #nextDueMs = -Infinity;
  #cancelNap: () => void = () => undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
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
    const dueMs = nextDueMs(payment);
    if (dueMs !== null && dueMs < this.#nextDueMs) {
      this.#nextDueMs = dueMs;
      this.watchExpiry();
    }
  }

  all(): ShownPayment[] {
    this.expireDue();
    return Array.from(this.#parts.store.vippsPayments.values(), (payment) => this.#shown(payment));
  }

  byId(id: string): ShownPayment | null {
    const payment = this.#current(id);
    return payment === null ? null : this.#shown(payment);
  }

  approve(id: string): ShownOutcome {
    return this.#decide(id, (payment) => {
      const approval = approve(payment, this.#parts.clock.nowMs());
      return approval.ok ? approval : { ...approval, failed: approval.payment };
    });
  }

  reject(id: string): ShownOutcome {
    return this.#decide(id, (payment) => ({
      ok: true,
      payment: close(payment, 'ABORTED', this.#parts.clock.nowMs()),
    }));
  }

  expire(id: string): ShownOutcome {
    return this.#decide(id, (payment) => ({
      ok: true,
      payment: close(payment, 'EXPIRED', this.#parts.clock.nowMs()),
    }));
  }

  beginApproval(id: string): ShownOutcome {
    return this.#decide(id, (payment) => ({ ok: true, payment: { ...payment, approving: true } }));
  }

  /** The bank releases the reservation. Vipps does not know yet: the next capture finds no money (6260). */
  letGo(reference: string): void {
    const payment = this.byReference(reference);
    if (payment?.state === 'AUTHORIZED') this.put({ ...payment, isFundsGone: true });
  }

  expireDue(): void {
    const { store, clock } = this.#parts;
    const nowMs = clock.nowMs();
    if (nowMs < this.#nextDueMs) return;
    this.#nextDueMs = Infinity;
    for (const payment of store.vippsPayments.values()) {
      const leftMs = this.#settle(payment, nowMs);
      if (leftMs !== null) this.#nextDueMs = Math.min(this.#nextDueMs, leftMs);
    }
    this.watchExpiry();
  }

  watchExpiry(): void {
    this.#cancelNap();
    if (this.#nextDueMs === Infinity) return;
    const leftMs = Math.max(this.#nextDueMs - this.#parts.clock.nowMs(), 0);
    this.#cancelNap = this.#parts.timers.after(Math.min(leftMs, LONGEST_NAP_MS), () => {
      this.expireDue();
      this.watchExpiry();
    });
  }

  /** All that is due by now, one after another; gives when the next is due. */
  #settle(payment: VippsPaymentRow, nowMs: number): number | null {
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
    this.expireDue();
    return (id === undefined ? undefined : this.#parts.store.vippsPayments.get(id)) ?? null;
  }

  #decide(
    id: string,
    change: (
      payment: VippsPaymentRow,
    ) => { ok: true; payment: VippsPaymentRow } | { ok: false; failed: VippsPaymentRow; why: string },
  ): ShownOutcome {
    const payment = this.#current(id);
    if (payment === null) return { ok: false, status: 404, why: 'No such payment.' };
    if (payment.state !== 'CREATED' || payment.approvalKnownAt !== null) {
      const why = `The payment has already been processed: it is ${statusOf(payment)}.`;
      return { ok: false, status: 409, why };
    }
    const decided = change(payment);
    this.put(decided.ok ? decided.payment : decided.failed);
    if (!decided.ok) return { ok: false, status: 409, why: decided.why };
    return { ok: true, payment: this.#shown(decided.payment) };
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
  }

  #shown(payment: VippsPaymentRow): ShownPayment {
    const { id, requestedMinor, authorizedMinor, capturedMinor, refundedMinor, currency } = payment;
    const { createdAt, authorizedAt, reference, description, expiresAt } = payment;
    return {
      id,
      provider: 'vipps',
      status: statusOf(payment),
      requestedMinor,
      authorizedMinor,
      capturedMinor,
      // A terminated payment's cancelled amount was never held.
      releasedMinor: payment.state === 'AUTHORIZED' ? payment.cancelledMinor : 0,
      refundedMinor,
      currency,
      createdAt,
      authorizedAt,
      captures: payment.events.filter(({ name, success }) => name === 'CAPTURED' && success).length,
      reference,
      description,
      expiresAt,
      landingUrl: landingUrl(this.#parts.baseUrl(), payment),
    };
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
