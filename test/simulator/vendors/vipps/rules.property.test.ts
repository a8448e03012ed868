// Whatever is asked in whatever order: money is neither made nor lost, and the event log tells the whole story.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as rules from '../../../../src/simulator/vendors/vipps/payment-rules.ts';
import type { VippsPaymentRow } from '../../../../src/simulator/vendors/vipps/records.ts';

const startMs = Date.parse('2026-11-23T10:00:00Z');
const hourMs = 3_600_000;

const amounts = fc.oneof(fc.integer({ min: 0, max: 600 }), fc.constantFrom(123, 124, 151, 182, 201));
const step = fc.oneof(
  fc.record({ kind: fc.constant('approve' as const) }),
  fc.record({ kind: fc.constant('reject' as const) }),
  fc.record({ kind: fc.constant('capture' as const), amount: amounts }),
  fc.record({ kind: fc.constant('refund' as const), amount: amounts }),
  fc.record({ kind: fc.constant('cancel' as const), only: fc.boolean() }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 100 * 24 * hourMs }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const nothing = { authorized: 0, captured: 0, cancelled: 0, refunded: 0 };

/** The aggregate as the successful events alone give it. */
function ledger(payment: VippsPaymentRow) {
  const sums = { ...nothing };
  for (const event of payment.events) {
    if (!event.success) continue;
    if (event.name === 'AUTHORIZED') sums.authorized += event.amountMinor;
    if (event.name === 'CAPTURED') sums.captured += event.amountMinor;
    if (event.name === 'CANCELLED' || event.name === 'TERMINATED') sums.cancelled += event.amountMinor;
    if (event.name === 'REFUNDED') sums.refunded += event.amountMinor;
  }
  return sums;
}

function take(payment: VippsPaymentRow, given: Step, nowMs: number): VippsPaymentRow {
  const call = { idempotencyKey: `k-${payment.events.length}`, nowMs };
  const after = (result: rules.Step) => result.payment ?? payment;
  switch (given.kind) {
    case 'approve':
      if (payment.state !== 'CREATED' || payment.approvalKnownAt !== null) return payment;
      return rules.approve(payment, nowMs).payment;
    case 'reject':
      if (payment.state !== 'CREATED' || payment.approvalKnownAt !== null) return payment;
      return rules.close(payment, 'ABORTED', nowMs);
    case 'capture':
      return after(rules.capture(payment, given.amount, { ...call, replyId: 'r', bodyHash: 'h' }));
    case 'refund':
      return after(rules.refund(payment, given.amount, call));
    case 'cancel':
      return after(rules.cancel(payment, given.only, call));
    case 'wait':
      return payment;
  }
}

function settled(payment: VippsPaymentRow, nowMs: number): VippsPaymentRow {
  const dueMs = rules.nextDueMs(payment);
  return dueMs === null || dueMs > nowMs ? payment : settled(rules.whenDue(payment, dueMs), nowMs);
}

function expectSound(payment: VippsPaymentRow): void {
  const { requestedMinor, authorizedMinor, capturedMinor, cancelledMinor, refundedMinor } = payment;
  expect([0, requestedMinor]).toContain(authorizedMinor);
  expect(capturedMinor).toBeLessThanOrEqual(authorizedMinor);
  expect(refundedMinor).toBeLessThanOrEqual(capturedMinor);
  if (payment.state === 'AUTHORIZED') {
    expect(capturedMinor + cancelledMinor).toBeLessThanOrEqual(authorizedMinor);
  } else {
    expect([authorizedMinor, capturedMinor, refundedMinor]).toEqual([0, 0, 0]);
  }
  expect(ledger(payment)).toEqual({
    authorized: authorizedMinor,
    captured: capturedMinor,
    cancelled: cancelledMinor,
    refunded: refundedMinor,
  });
  const references = payment.events.map(({ pspReference }) => pspReference);
  expect(new Set(references).size).toBe(references.length);
  const times = payment.events.map(({ timestamp }) => timestamp);
  expect(times).toEqual(times.toSorted());
}

it('no order of calls makes or loses money, and every reservation ends', () => {
  const steps = fc.array(step, { maxLength: 20 });
  const requested = fc.constantFrom(500, 500, 500, 151, 201);
  fc.assert(
    fc.property(requested, steps, (amountMinor, given) => {
      let nowMs = startMs;
      const request = { reference: 'reference-1', currency: 'NOK', description: '', amountMinor };
      const created = { ...request, returnUrl: null, metadata: null };
      let payment = rules.createPayment(created, { idempotencyKey: 'create', nowMs });
      for (const one of given) {
        payment = settled(take(payment, one, nowMs), nowMs);
        if (one.kind === 'wait') nowMs += one.ms;
        payment = settled(payment, nowMs);
        expectSound(payment);
      }
      payment = settled(payment, nowMs + 181 * 24 * hourMs);
      expectSound(payment);
      expect(payment.state).not.toBe('CREATED');
      if (payment.state === 'AUTHORIZED') {
        expect(payment.capturedMinor + payment.cancelledMinor).toBe(payment.authorizedMinor);
      }
    }),
    { numRuns: 300 },
  );
});
