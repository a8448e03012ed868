// Whatever amounts a session ends with: the same ledger never differ, and one øre more on either side always shows.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PaymentSnapshot } from '../../../src/domain/payment.ts';
import type { SessionLedger, ProviderLedger } from '../../../src/domain/reconciliation/ledger.ts';
import { isBroken, mayRelease, compareLedgers } from '../../../src/domain/reconciliation/comparison.ts';
import { checkSession } from '../../../src/domain/reconciliation/checks.ts';
import { amountDifferences } from '../../../src/domain/reconciliation/differences.ts';
import { anEvent, anOperation, aSnapshot, NOW, SESSION, someLedger, someTheirs } from './some-ledger.ts';

interface Amounts {
  reservedMinor: number;
  capturedMinor: number;
  refundedMinor: number;
}

const amounts: fc.Arbitrary<Amounts> = fc
  .integer({ min: 100, max: 1_000_000 })
  .chain((reservedMinor) =>
    fc.record({
      reservedMinor: fc.constant(reservedMinor),
      capturedMinor: fc.integer({ min: 1, max: reservedMinor }),
    }),
  )
  .chain((both) =>
    fc.record({ ...constants(both), refundedMinor: fc.integer({ min: 0, max: both.capturedMinor }) }),
  );

function constants(both: { reservedMinor: number; capturedMinor: number }) {
  return { reservedMinor: fc.constant(both.reservedMinor), capturedMinor: fc.constant(both.capturedMinor) };
}

/** A session that went well with these amounts, on both sides. */
function bothSides({
  reservedMinor,
  capturedMinor,
  refundedMinor,
}: Amounts): [SessionLedger, ProviderLedger] {
  const releasedMinor = reservedMinor - capturedMinor;
  const [payment] = someLedger().payments;
  const released = releasedMinor > 0;
  const refunded = refundedMinor > 0;
  const note = {
    kind: 'creditNote',
    number: 2,
    grossMinor: refundedMinor,
    netMinor: refundedMinor,
    vatMinor: 0,
  } as const;
  const ledger = someLedger({
    reservedMinor,
    computedMinor: capturedMinor,
    capturedMinor,
    releasedMinor,
    refundedMinor,
    minimumCaptureMinor: 1,
    payments: payment ? [{ ...payment, requestedMinor: reservedMinor, authorizedMinor: reservedMinor }] : [],
    operations: [
      anOperation('capture', capturedMinor),
      ...(released ? [anOperation('release', releasedMinor)] : []),
      ...(refunded ? [anOperation('refund', refundedMinor)] : []),
    ],
    documents: [
      { kind: 'sale', number: 1, grossMinor: capturedMinor, netMinor: capturedMinor, vatMinor: 0 },
      ...(refunded ? [note] : []),
    ],
    texts: [{ kind: 'receipt', state: 'sent', delivery: 'delivered', amountsMinor: [capturedMinor] }],
  });
  const theirs = someTheirs(
    {
      requestedMinor: reservedMinor,
      authorizedMinor: reservedMinor,
      capturedMinor,
      releasedMinor,
      refundedMinor,
    },
    {
      events: [
        anEvent('authorized', reservedMinor),
        anEvent('captured', capturedMinor, `${SESSION}-capture-1`),
        ...(released ? [anEvent('released', releasedMinor, `${SESSION}-release-1`)] : []),
        ...(refunded ? [anEvent('refunded', refundedMinor, `${SESSION}-refund-1`)] : []),
      ],
    },
  );
  return [ledger, theirs];
}

test('two sides that agree are equal, and every point of the promise holds', () => {
  fc.assert(
    fc.property(amounts, (given) => {
      const [ledger, theirs] = bothSides(given);
      expect(compareLedgers(ledger, theirs)).toEqual({
        kind: 'equal',
        amounts: [],
        log: [],
        remainingMinor: 0,
        capturedMinor: expect.any(Number),
        isCapturedAsRecorded: true,
        fault: null,
      });
      expect(checkSession(ledger, theirs, NOW).filter(({ status }) => status !== 'holds')).toEqual([]);
    }),
  );
});

test('any amount that is other at the provider is a difference, with both numbers', () => {
  const name = fc.constantFrom('authorized', 'captured', 'released', 'refunded');
  fc.assert(
    fc.property(amounts, name, fc.integer({ min: 1, max: 1_000 }), (given, of, moreMinor) => {
      const [ledger, theirs] = bothSides(given);
      const [their] = theirs.payments;
      if (!their?.snapshot) throw new Error('there is one');
      const key = `${of}Minor` as const;
      const theirsMinor = their.snapshot[key] + moreMinor;
      const other = { ...their, snapshot: { ...their.snapshot, [key]: theirsMinor } };
      const found = amountDifferences(ledger, { ...theirs, payments: [other] });
      const paymentReference = their.snapshot.paymentReference;
      expect(found).toContainEqual({
        paymentReference,
        amount: of,
        oursMinor: their.snapshot[key],
        theirsMinor,
      });
      expect(compareLedgers(ledger, { ...theirs, payments: [other] }).kind).toBe('differs');
      expect(isBroken(checkSession(ledger, { ...theirs, payments: [other] }, NOW))).toBe(true);
    }),
  );
});

test('a second payment of a session may hold nothing and take nothing', () => {
  const [ledger, theirs] = bothSides({ reservedMinor: 500, capturedMinor: 100, refundedMinor: 0 });
  const [payment] = ledger.payments;
  const [their] = theirs.payments;
  if (!payment || !their?.snapshot) throw new Error('there is one');
  const second = { ...payment, paymentNumber: 2, paymentReference: 's2p2', providerReference: 'psp-2' };
  const two = { ...ledger, payments: [payment, second] };
  const unused = {
    ...aSnapshot(),
    phase: 'expired',
    authorizedMinor: 0,
    capturedMinor: 0,
    releasedMinor: 0,
  } as const;
  const standing = (change: Partial<PaymentSnapshot>) =>
    compareLedgers(two, {
      ...theirs,
      payments: [their, { ...their, paymentNumber: 2, events: null, snapshot: { ...unused, ...change } }],
    });
  expect(standing({}).kind).toBe('equal');
  expect(standing({ phase: 'authorized', authorizedMinor: 500, releasedMinor: 500 }).kind).toBe('equal');
  expect(standing({ phase: 'authorized', authorizedMinor: 500 })).toMatchObject({
    kind: 'notReleased',
    remainingMinor: 500,
  });
  expect(
    standing({ phase: 'authorized', authorizedMinor: 500, capturedMinor: 200, releasedMinor: 300 }),
  ).toMatchObject({
    kind: 'differs',
    amounts: [{ paymentReference: 's2p2', amount: 'captured', oursMinor: 0, theirsMinor: 200 }],
  });
});

test.each([
  ['captured', 'call', true],
  ['expired', 'call', true],
  ['cancelled', 'call', true],
  ['awaitingApproval', 'call', true],
  // A use that was not paid for is a person's to decide.
  ['active', 'call', false],
  ['capturing', 'call', false],
  ['lost', 'call', false],
  ['writtenOff', 'call', false],
  // Nothing can be called.
  ['cancelled', 'unknown', false],
  ['cancelled', 'lapses', false],
] as const)(
  'what is held of a session that is %s, with release %s, is given back unasked: %s',
  (state, release, may) => {
    expect(mayRelease({ state, release })).toBe(may);
  },
);
