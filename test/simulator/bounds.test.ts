import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Bound, tableBounds } from '../../src/simulator/bounds.ts';
import { Exchanges, type Exchange } from '../../src/simulator/exchanges.ts';
import { Journal } from '../../src/simulator/journal.ts';
import type { PaymentRow, TextRow } from '../../src/simulator/records.ts';
import { Store } from '../../src/simulator/store.ts';

const SETTINGS = { clockOffsetMs: 0, paycoreSendsReceipts: false, paycoreReleasesRest: false };

function aText(number: number): TextRow {
  return {
    id: `text-${number}`,
    direction: 'in',
    from: `+47${90_000_000 + number}`,
    to: '27222',
    text: 'CHARGE',
    at: '2026-11-30T10:00:00.000Z',
    messageId: `message-${number}`,
    state: 'delivered',
    segments: 1,
    attempts: 1,
  };
}

function aPayment(number: number, status: PaymentRow['status']): PaymentRow {
  return { id: `payment-${number}`, status, reference: `reference-${number}` } as PaymentRow;
}

function smallBounds() {
  return {
    ...tableBounds(),
    text: new Bound<TextRow>(100),
    payment: new Bound<PaymentRow>(100, ({ status }) => status !== 'pending' && status !== 'authorized'),
  };
}

test('of texts the newest are kept, in memory and in the journal of the next start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'simulator.jsonl');
  const store = new Store(new Journal(path), SETTINGS, undefined, smallBounds());
  for (let number = 0; number < 1_000; number += 1) {
    store.commit({ table: 'text', put: aText(number) });
    expect(store.texts.size).toBeLessThanOrEqual(111);
  }
  expect([...store.texts.keys()].at(-1)).toBe('text-999');
  expect(store.texts.has('text-0')).toBe(false);
  store.close();

  const next = new Store(new Journal(path), SETTINGS, undefined, smallBounds());
  expect([...next.texts.keys()].slice(-100)).toEqual([...store.texts.keys()].slice(-100));
  expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(115);
});

test('a payment that is not final is kept whatever its age, and a reference goes with its payment', () => {
  const store = new Store(null, SETTINGS, undefined, smallBounds());
  store.commit({ table: 'payment', put: aPayment(0, 'authorized') });
  store.commit({ table: 'payment', put: aPayment(1, 'pending') });
  for (let number = 2; number < 1_000; number += 1)
    store.commit({ table: 'payment', put: aPayment(number, 'captured') });
  expect(store.payments.size).toBeLessThanOrEqual(111);
  expect(store.paymentByReference('reference-0')?.id).toBe('payment-0');
  expect(store.payments.has('payment-1')).toBe(true);
  expect(store.payments.has('payment-2')).toBe(false);
  expect(store.paymentByReference('reference-2')).toBeNull();

  store.commit({ table: 'payment', put: aPayment(2, 'captured') });
  expect(store.paymentByReference('reference-2')?.id).toBe('payment-2');
});

test('the real bounds let final Vipps payments go and no open one', () => {
  const { vippsPayment } = tableBounds();
  const payment = (number: number, state: string, cancelledMinor: number) => ({
    id: `vipps-${number}`,
    state,
    authorizedAt: '2026-11-30T10:00:00.000Z',
    authorizedMinor: 500,
    capturedMinor: 0,
    cancelledMinor,
    unknownCapture: null,
    approvalKnownAt: null,
    expiresAt: '2026-11-30T10:15:00.000Z',
  });
  const rows = new Map<string, never>();
  for (let number = 0; number < 22_100; number += 1) {
    const row = number < 5 ? payment(number, 'AUTHORIZED', 0) : payment(number, 'AUTHORIZED', 500);
    rows.set(row.id, row as never);
  }
  expect(vippsPayment.trim(rows).length).toBe(2_100);
  expect([...rows.keys()].slice(0, 6)).toEqual([0, 1, 2, 3, 4, 2_105].map((number) => `vipps-${number}`));
});

test('of exchanges with large bodies fewer are kept: 24 million characters in all', () => {
  const exchanges = new Exchanges(null);
  const record = (id: number, responseBody: string): void =>
    exchanges.record({
      id: String(id),
      requestHeaders: {},
      requestBody: '',
      responseBody,
    } as unknown as Exchange);
  const large = 'x'.repeat(64_000);
  for (let id = 1; id <= 1_000; id += 1) record(id, large);
  const kept = exchanges.list(null, 10_000);
  expect(kept.length).toBe(374);
  expect(kept.at(-1)?.id).toBe('1000');
  // Recorded again, smaller: there is room for others.
  for (let id = 627; id <= 1_000; id += 1) record(id, '');
  for (let id = 1_001; id <= 1_374; id += 1) record(id, large);
  expect(exchanges.list(null, 10_000).length).toBe(748);
});
