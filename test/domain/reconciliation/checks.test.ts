// Each point of the promise, broken on purpose one at a time.
import { describe, expect, test } from 'vitest';
import type { PaymentSnapshot } from '../../../src/domain/payment.ts';
import type { LedgerText, SessionLedger } from '../../../src/domain/reconciliation/ledger.ts';
import { checkSession, type CheckId } from '../../../src/domain/reconciliation/checks.ts';
import {
  anEvent,
  anOperation,
  assumedBooks,
  hiddenTheirs,
  LOG,
  NOW,
  SESSION,
  someLedger,
  someTheirs,
} from './some-ledger.ts';

function statuses(ledger = someLedger(), theirs = someTheirs()): Record<string, string> {
  return Object.fromEntries(checkSession(ledger, theirs, NOW).map(({ id, status }) => [id, status]));
}

const ALL_HOLD = statuses();

test('a session as it should be is proven in every point', () => {
  expect(new Set(Object.values(ALL_HOLD))).toEqual(new Set(['holds']));
  expect(Object.keys(ALL_HOLD)).toHaveLength(11);
});

test('where the provider shows only what was captured, the rest is assumed and its log is not there', () => {
  expect(statuses(assumedBooks(), hiddenTheirs())).toEqual({
    ...ALL_HOLD,
    givenBack: 'noted',
    eventLog: 'noted',
  });
});

const sale = { kind: 'sale', number: 1, grossMinor: 100, netMinor: 80, vatMinor: 20 } as const;
const receiptText: LedgerText = {
  kind: 'receipt',
  state: 'sent',
  delivery: 'delivered',
  amountsMinor: [100],
};

const BROKEN_HERE: [string, CheckId[], Partial<SessionLedger>][] = [
  [
    'more captured than reserved',
    ['bounds', 'fairAmount', 'givenBack', 'sameAmounts'],
    { reservedMinor: 50 },
  ],
  ['more reserved than asked for', ['bounds', 'givenBack', 'sameAmounts'], { reservedMinor: 600 }],
  [
    'two captures that succeeded',
    ['oneCapture', 'eventLog'],
    { operations: [...someLedger().operations, anOperation('capture', 100, 2)] },
  ],
  ['more captured than used', ['fairAmount'], { computedMinor: 50 }],
  ['less captured than used, without a reason', ['fairAmount'], { computedMinor: 300 }],
  ['money captured though nothing was used', ['fairAmount'], { computedMinor: null }],
  ['a rest that went nowhere', ['givenBack', 'sameAmounts'], { releasedMinor: 300 }],
  [
    'a capture that the provider does not have',
    ['fairAmount', 'givenBack', 'sameAmounts', 'receipt', 'texts'],
    { capturedMinor: 200 },
  ],
  ['a refund nobody made', ['sameAmounts', 'refunds'], { refundedMinor: 50 }],
  ['a capture without receipt', ['receipt'], { documents: [] }],
  [
    'a receipt of another amount',
    ['receipt'],
    { documents: [{ ...sale, grossMinor: 80, netMinor: 64, vatMinor: 16 }] },
  ],
  ['two receipts', ['receipt'], { documents: [sale, { ...sale, number: 2 }] }],
  ['VAT that does not add up', ['receipt'], { documents: [{ ...sale, vatMinor: 19 }] }],
  ['two receipt texts', ['texts'], { texts: [receiptText, { ...receiptText, state: 'unknown' }] }],
  ['a receipt text with another amount', ['texts'], { texts: [{ ...receiptText, amountsMinor: [500] }] }],
  [
    'a text of the customer nobody handled',
    ['messages'],
    { messages: { count: 2, unhandled: 1, ignored: [] } },
  ],
  ['no workflow', ['ends'], { attention: ['workflowMissing'] }],
];

test.each(BROKEN_HERE)('%s breaks %j and nothing else', (_, broken, change) => {
  const found = statuses(someLedger(change));
  expect(
    Object.keys(found)
      .filter((id) => found[id] === 'broken')
      .toSorted(byName),
  ).toEqual(broken.toSorted(byName));
});

test('texts that were ignored while it was open are noted, each with its reason', () => {
  const ignored = [
    { reason: 'reaction', count: 1 },
    { reason: 'tooManySessionTexts', count: 3 },
  ] as const;
  const ledger = someLedger({ messages: { count: 2, unhandled: 0, ignored: [...ignored] } });
  expect(checkSession(ledger, someTheirs(), NOW).find(({ id }) => id === 'messages')).toEqual({
    id: 'messages',
    status: 'noted',
    facts:
      '2 received, 2 handled; ignored meanwhile: 1 a reaction of the phone, 3 more of the same than the limit',
  });
});

describe('a receipt text', () => {
  const verdict = (change: Partial<LedgerText>) =>
    checkSession(someLedger({ texts: [{ ...receiptText, ...change }] }), someTheirs(), NOW).find(
      ({ id }) => id === 'texts',
    );

  test.each<[Partial<LedgerText>, string]>([
    [{ state: 'rejected', delivery: null }, '0 sent, no receipt among them; receipt: rejected'],
    [{ delivery: 'failed' }, '0 sent, no receipt among them; receipt: not delivered'],
    [{ state: 'unknown', delivery: null }, '0 sent, no receipt among them; receipt: unknown'],
  ])('with %j is not counted as sent', (change, facts) => {
    expect(verdict(change)).toEqual({ id: 'texts', status: 'noted', facts });
  });

  test('whose answer was lost is sent once its delivery is reported', () => {
    const facts = '1 sent, the receipt among them';
    expect(verdict({ state: 'unknown' })).toEqual({ id: 'texts', status: 'holds', facts });
  });

  test('that was reported failed may say what it likes: nobody has read it', () => {
    expect(verdict({ delivery: 'failed', amountsMinor: [500] })).toMatchObject({ status: 'noted' });
  });
});

function byName(a: string, b: string): number {
  return a < b ? -1 : 1;
}

test.each<[string, CheckId[], Partial<PaymentSnapshot>]>([
  ['captured more', ['sameAmounts', 'eventLog'], { capturedMinor: 200, releasedMinor: 300 }],
  ['captured nothing', ['sameAmounts', 'givenBack', 'eventLog'], { capturedMinor: 0 }],
  ['refunded by somebody', ['sameAmounts', 'eventLog'], { refundedMinor: 100 }],
  ['holds the rest', ['sameAmounts', 'givenBack', 'eventLog'], { releasedMinor: 0 }],
  ['took more than it had', ['bounds', 'sameAmounts', 'eventLog'], { authorizedMinor: 50, releasedMinor: 0 }],
])('a provider that %s breaks %j', (_, broken, change) => {
  const found = statuses(someLedger(), someTheirs(change));
  expect(
    Object.keys(found)
      .filter((id) => found[id] === 'broken')
      .toSorted(byName),
  ).toEqual(broken.toSorted(byName));
});

describe('the event log', () => {
  const withLog = (events: typeof LOG) => someTheirs({}, { events: [...events] });
  const factsOf = (events: typeof LOG) =>
    checkSession(someLedger(), withLog(events), NOW).find(({ id }) => id === 'eventLog');

  test.each([
    [
      'a capture under a key of somebody else',
      LOG.map((event) => (event.kind === 'captured' ? { ...event, idempotencyKey: 'portal' } : event)),
      'captured 1.00 by somebody else',
    ],
    [
      'a refund nobody here asked for',
      [...LOG, anEvent('refunded', 100, null)],
      'refunded 1.00 by somebody else',
    ],
    ['no capture', LOG.filter(({ kind }) => kind !== 'captured'), 'our captured 1.00 is not in it'],
    [
      'a capture of another amount',
      LOG.map((e) => (e.kind === 'captured' ? { ...e, amountMinor: 90 } : e)),
      'adds up to 0.90, not 1.00',
    ],
  ])('with %s is told', (_, events, facts) => {
    expect(factsOf(events)).toMatchObject({ status: 'broken' });
    expect(factsOf(events)?.facts).toContain(facts);
  });

  test.each([
    ['what failed', [...LOG, { ...anEvent('captured', 100, 'x'), success: false }]],
    ['what has no meaning here', [...LOG, anEvent('other', 100, 'x')]],
  ])('counts no %s', (_, events) => {
    expect(factsOf(events)?.status).toBe('holds');
  });

  test('takes a release without a key for the end of the reservation, not for somebody', () => {
    const events = LOG.map((event) =>
      event.kind === 'released' ? { ...event, idempotencyKey: null } : event,
    );
    const operations = someLedger().operations.filter(({ operation }) => operation !== 'release');
    const ledger = someLedger({ operations, releaseSource: 'provider' });
    const found = checkSession(ledger, withLog(events), NOW).find(({ id }) => id === 'eventLog');
    expect(found?.status).toBe('holds');
  });

  test('never repeats the key of somebody else', () => {
    const events = [...LOG, anEvent('refunded', 100, '+4790000001')];
    expect(JSON.stringify(checkSession(someLedger(), withLog(events), NOW))).not.toContain('90000001');
  });
});

describe('what is not over', () => {
  const active = {
    state: 'active',
    computedMinor: null,
    capturedMinor: 0,
    releasedMinor: 0,
    releaseSource: null,
  } as const;
  const nothingYet = { documents: [], texts: [], operations: [anOperation('reserve', 500)] };
  const running = { capturedMinor: 0, releasedMinor: 0 };

  test('is not called broken for what is still to come', () => {
    const nextDueAt = '2026-11-26T12:00:00.000Z';
    const found = statuses(someLedger({ ...active, ...nothingYet, nextDueAt }), someTheirs(running));
    expect(Object.values(found)).not.toContain('broken');
    expect(found).toMatchObject({ ends: 'open', sameAmounts: 'open', givenBack: 'open' });
  });

  test.each([
    ['2026-11-26T09:55:00.000Z', 'open'],
    ['2026-11-26T09:54:59.999Z', 'broken'],
  ])('due at %s is %s at ten', (nextDueAt, status) => {
    const found = statuses(someLedger({ ...active, ...nothingYet, nextDueAt }), someTheirs(running));
    expect(found['ends']).toBe(status);
  });
});

describe('a reason on record', () => {
  const lost = someLedger({
    state: 'lost',
    capturedMinor: 0,
    releasedMinor: 500,
    releaseSource: 'assumed',
    attention: ['captureRefused'],
    shortfallMinor: 100,
    documents: [],
    texts: [],
    operations: [anOperation('reserve', 500)],
  });
  const held = someTheirs({ capturedMinor: 0, releasedMinor: 0 }, { events: LOG.slice(0, 2) });

  test('makes a lost capture noted, and what runs out by itself too', () => {
    expect(statuses(lost, held)).toMatchObject({ fairAmount: 'noted', givenBack: 'noted', receipt: 'holds' });
  });

  test('is not made up where there is none', () => {
    const silent = { ...lost, state: 'released' as const, attention: [] };
    expect(statuses(silent, held)).toMatchObject({ fairAmount: 'broken', givenBack: 'broken' });
  });

  test('is not needed below the smallest amount the provider takes', () => {
    const small = { ...lost, state: 'released' as const, attention: [], computedMinor: 99 };
    expect(statuses(small, held)['fairAmount']).toBe('holds');
  });
});

test('a provider that could not be read leaves open what it would have proven', () => {
  const unread = someTheirs({}, { snapshot: null, events: null, fault: 'unavailable' });
  const found = statuses(someLedger(), unread);
  expect(found).toMatchObject({ sameAmounts: 'open', eventLog: 'open', givenBack: 'open', bounds: 'holds' });
});

test('names are those of the numbers', () => {
  const [bounds] = checkSession(someLedger(), someTheirs(), NOW);
  expect(bounds).toEqual({ id: 'bounds', status: 'holds', facts: 'ours 1.00 of 5.00 of 5.00' });
  expect(SESSION).toHaveLength(32);
});
