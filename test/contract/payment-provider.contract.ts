import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PaymentEventKind } from '../../src/domain/payment.ts';
import type { InboundHttpRequest, PaymentCallbacks } from '../../src/ports/webhooks.ts';
import {
  ProviderFault,
  type PaymentIdentity,
  type PaymentProvider,
  type ProviderCapabilities,
  type ProviderFaultKind,
  type ReserveRequest,
} from '../../src/ports/payment-provider.ts';

/** What the provider's own ledger says of a payment, not by way of the adapter. Amounts in minor units. */
export interface TestLedger {
  status: string;
  requestedMinor: number;
  authorizedMinor: number;
  capturedMinor: number;
  releasedMinor: number;
  refundedMinor: number;
}

export type DisturbedOperation = 'reserve' | 'read' | 'capture' | 'callback';

/**
 * `fail`: an error of the provider, nothing done. `refuse`: a definite no. `drop`: the connection is cut, nothing done.
 * `timeoutAfterActing`: done, but no answer. `badSignature`: as though the credentials were wrong, on either side.
 * `lock`, `rateLimit`: not now; a provider without such an answer has an error instead. `loginOver`: what we were let in
 * with so far is refused once, an access token where there are such. `unsuccessful`: a callback, rightly signed, tells of a
 * failure that did not happen.
 */
export type Disturbance =
  | 'fail'
  | 'refuse'
  | 'drop'
  | 'timeoutAfterActing'
  | 'badSignature'
  | 'lock'
  | 'rateLimit'
  | 'loginOver'
  | 'unsuccessful';

/** A provider (or its stand-in) with an adapter on it, and a hand on the customer's phone. */
export interface PaymentProviderHarness {
  provider: PaymentProvider;
  /** the same account through an adapter that gives up soon; for answers that never come */
  impatient: PaymentProvider;
  callbacks: PaymentCallbacks;
  /** the customer's decision in the wallet */
  approve(payment: PaymentIdentity): Promise<void>;
  reject(payment: PaymentIdentity): Promise<void>;
  /** nobody decided in time */
  expire(payment: PaymentIdentity): Promise<void>;
  /** null: the provider has no such payment */
  ledger(payment: PaymentIdentity): Promise<TestLedger | null>;
  disturbNext(operation: DisturbedOperation, kind: Disturbance): Promise<void>;
  /** the callback that `act` leads to, as it reached us */
  callbackOf(act: () => Promise<void>): Promise<InboundHttpRequest>;
  /** `work` with the body of every reply of the provider changed on its way to the adapter */
  withReplies: <T>(change: (body: string) => string, work: () => Promise<T>) => Promise<T>;
  /** HTTP status of the payer's page */
  openPage(redirectUrl: string): Promise<number>;
  close(): Promise<void>;
}

const RESERVED_MINOR = 500;
const USED_MINOR = 100;

/** An adapter to hold against the contract. */
export interface ProviderSubject {
  /** what the adapter declares, needed before it exists: it decides which tests there are */
  capabilities: ProviderCapabilities;
  /** calls are made with an access token of limited life, not signed one by one */
  accessTokens: boolean;
  /** a reply that tells of an approval, with a status in its place that nobody has heard of */
  withUnknownStatus(body: string): string;
  create(): Promise<PaymentProviderHarness>;
}

/** The behaviours of `PaymentProvider` that every adapter must show; what differs is read from its capabilities. */
export function paymentProviderContract(name: string, subject: ProviderSubject): void {
  const { capabilities } = subject;
  const [currency = 'NOK'] = capabilities.currencies;
  const canRelease = capabilities.release === 'call' || capabilities.release === 'automaticAfterCapture';

  describe(`${name}: the contract of a payment provider`, () => {
    let harness: PaymentProviderHarness;
    beforeAll(async () => {
      harness = await subject.create();
    });
    afterAll(() => harness.close());

    test('is run with the capabilities the adapter declares', () => {
      expect(harness.provider.capabilities).toEqual(capabilities);
    });

    function aReserveRequest(change: Partial<ReserveRequest> = {}): ReserveRequest {
      const id = randomBytes(16).toString('hex');
      return {
        paymentReference: `s2p${id}`,
        idempotencyKey: `${id}-reserve-1`,
        amountMinor: RESERVED_MINOR,
        currency,
        description: 'Parking at the square',
        msisdn: '4790000001',
        returnUrl: 'https://sms2pay.example/p/token/done',
        expiresAt: new Date(Date.now() + 15 * 60_000).toISOString(),
        termsUrl: null,
        privacyUrl: null,
        ...change,
      };
    }

    async function aPending(): Promise<PaymentIdentity & { redirectUrl: string }> {
      const request = aReserveRequest();
      const { providerReference, redirectUrl } = await harness.provider.reserve(request);
      return { paymentReference: request.paymentReference, providerReference, redirectUrl };
    }

    async function anAuthorized(): Promise<PaymentIdentity> {
      const { paymentReference, providerReference } = await aPending();
      await harness.approve({ paymentReference, providerReference });
      return { paymentReference, providerReference };
    }

    const keyOf = ({ paymentReference }: PaymentIdentity, key: string) =>
      `${paymentReference.slice(3)}-${key}`;

    const aCapture = (payment: PaymentIdentity, amountMinor = USED_MINOR, key = 'capture-1') => ({
      paymentReference: payment.paymentReference,
      providerReference: payment.providerReference,
      idempotencyKey: keyOf(payment, key),
      amountMinor,
      authorizedMinor: RESERVED_MINOR,
      currency,
    });

    async function capturedByBooks(payment: PaymentIdentity): Promise<number | undefined> {
      return (await harness.ledger(payment))?.capturedMinor;
    }

    describe('reserving', () => {
      test('makes a payment that waits, holds nothing yet, and can be opened in a browser', async () => {
        const payment = await aPending();
        expect(await harness.provider.read(payment)).toMatchObject({
          paymentReference: payment.paymentReference,
          // A provider that names no id of its own when it makes a payment may do so later.
          providerReference: payment.providerReference ?? expect.anything(),
          phase: 'pending',
          currency,
          requestedMinor: RESERVED_MINOR,
          authorizedMinor: 0,
          capturedMinor: 0,
          releasedMinor: 0,
          refundedMinor: 0,
          authorizedAt: null,
        });
        expect(await harness.ledger(payment)).toMatchObject({
          status: 'pending',
          requestedMinor: RESERVED_MINOR,
          authorizedMinor: 0,
        });
        expect(payment.redirectUrl).toMatch(/^https?:\/\//);
        expect(await harness.openPage(payment.redirectUrl)).toBe(200);
      });

      test('keeps amounts that binary fractions cannot hold', async () => {
        const request = aReserveRequest({ amountMinor: 11_529 });
        const { providerReference } = await harness.provider.reserve(request);
        const payment = { paymentReference: request.paymentReference, providerReference };
        expect(await harness.provider.read(payment)).toMatchObject({ requestedMinor: 11_529 });
        expect(await harness.ledger(payment)).toMatchObject({ requestedMinor: 11_529 });
      });

      test('twice with one reference makes one payment', async () => {
        const request = aReserveRequest();
        const first = await harness.provider.reserve(request);
        const again = await settled(harness.provider.reserve(request));
        expect(again).toEqual(
          capabilities.idempotencyKeys ? first : aFault('rejected', { code: 'duplicateReference' }),
        );
        expect(await harness.provider.findReservation(request.paymentReference)).toMatchObject({
          providerReference: first.providerReference ?? expect.anything(),
        });
      });

      test('that was done without an answer is unknown to the caller and then found', async () => {
        const request = aReserveRequest();
        await harness.disturbNext('reserve', 'timeoutAfterActing');
        expect(await settled(harness.impatient.reserve(request))).toEqual(aFault('outcomeUnknown'));
        const found = await harness.provider.findReservation(request.paymentReference);
        expect(found?.redirectUrl).toMatch(/^https?:\/\//);
        const payment = {
          paymentReference: request.paymentReference,
          providerReference: found?.providerReference ?? null,
        };
        expect(await harness.provider.read(payment)).toMatchObject({ phase: 'pending' });
        expect(await harness.ledger(payment)).toMatchObject({ status: 'pending' });
      });

      test.each(['fail', 'drop'] as const)(
        'that may have been done (%s) is unknown, and then found absent',
        async (kind) => {
          const request = aReserveRequest();
          await harness.disturbNext('reserve', kind);
          expect(await settled(harness.provider.reserve(request))).toEqual(aFault('outcomeUnknown'));
          expect(await harness.provider.findReservation(request.paymentReference)).toBeNull();
          await expect(harness.provider.reserve(request)).resolves.toHaveProperty('redirectUrl');
        },
      );

      test('that was refused, or came with wrong credentials, made nothing', async () => {
        const request = aReserveRequest();
        await harness.disturbNext('reserve', 'refuse');
        expect(await settled(harness.provider.reserve(request))).toEqual(aFault('rejected'));
        await harness.disturbNext('reserve', 'badSignature');
        expect(await settled(harness.provider.reserve(request))).toEqual(aFault('misconfigured'));
        expect(await harness.provider.findReservation(request.paymentReference)).toBeNull();
      });
    });

    describe('reading', () => {
      test('a reference the provider has never seen is null', async () => {
        const { paymentReference } = aReserveRequest();
        expect(await harness.provider.findReservation(paymentReference)).toBeNull();
        expect(await harness.provider.read({ paymentReference, providerReference: null })).toBeNull();
        const providerReference = '00000000-0000-4000-8000-000000000000';
        expect(await harness.provider.read({ paymentReference, providerReference })).toBeNull();
      });

      test('by our reference alone finds the same payment', async () => {
        const payment = await anAuthorized();
        const byReference = await harness.provider.read({ ...payment, providerReference: null });
        expect(byReference).toEqual(await harness.provider.read(payment));
        expect(byReference?.phase).toBe('authorized');
      });

      test('shows an approval with its amount and, if any, an instant that has passed', async () => {
        const payment = await anAuthorized();
        const snapshot = await harness.provider.read(payment);
        expect(snapshot).toMatchObject({
          phase: 'authorized',
          requestedMinor: RESERVED_MINOR,
          authorizedMinor: RESERVED_MINOR,
          capturedMinor: 0,
        });
        const authorizedAtMs = Date.parse(snapshot?.authorizedAt ?? new Date(0).toISOString());
        expect(authorizedAtMs).toBeLessThan(Date.now() + 60_000);
      });

      test('shows a refusal of the customer as declined, with nothing held', async () => {
        const payment = await aPending();
        await harness.reject(payment);
        expect(await harness.provider.read(payment)).toMatchObject({ phase: 'declined', authorizedMinor: 0 });
      });

      test('shows a payment nobody decided on as expired, with nothing held', async () => {
        const payment = await aPending();
        await harness.expire(payment);
        expect(await harness.provider.read(payment)).toMatchObject({ phase: 'expired', authorizedMinor: 0 });
      });

      test.each([
        ['fail', 'unavailable'],
        ['drop', 'unavailable'],
        ['badSignature', 'misconfigured'],
      ] as const)(
        'that was disturbed (%s) is %s, never an answer, and may be repeated',
        async (kind, fault) => {
          const payment = await anAuthorized();
          await harness.disturbNext('read', kind);
          expect(await settled(harness.provider.read(payment))).toEqual(aFault(fault));
          expect(await harness.provider.read(payment)).toMatchObject({ phase: 'authorized' });
        },
      );

      test('a status that it does not know is still pending: no success, no failure, nothing taken', async () => {
        const payment = await anAuthorized();
        let changed = 0;
        const shown = await harness.withReplies(
          (body) => {
            const other = subject.withUnknownStatus(body);
            if (other !== body) changed += 1;
            return other;
          },
          () => harness.provider.read(payment),
        );
        expect(changed).toBeGreaterThan(0);
        expect(shown).toMatchObject({ phase: 'pending', authorizedMinor: 0, capturedMinor: 0 });
        expect(await harness.provider.read(payment)).toMatchObject({ phase: 'authorized' });
      });

      test('without an answer in time is unavailable', async () => {
        const payment = await anAuthorized();
        await harness.disturbNext('read', 'timeoutAfterActing');
        expect(await settled(harness.impatient.read(payment))).toEqual(aFault('unavailable'));
      });
    });

    describe('capturing', () => {
      test('a part takes exactly that part', async () => {
        const payment = await anAuthorized();
        await harness.provider.capture(aCapture(payment));
        const snapshot = await harness.provider.read(payment);
        expect(snapshot).toMatchObject({ phase: 'authorized', capturedMinor: USED_MINOR, refundedMinor: 0 });
        expect(snapshot?.authorizedMinor).toBe(
          capabilities.showsReservationAfterCapture ? RESERVED_MINOR : USED_MINOR,
        );
        expect(await harness.ledger(payment)).toMatchObject({
          authorizedMinor: RESERVED_MINOR,
          capturedMinor: USED_MINOR,
        });
      });

      test('the whole takes all of it', async () => {
        const payment = await anAuthorized();
        await harness.provider.capture(aCapture(payment, RESERVED_MINOR));
        expect(await harness.provider.read(payment)).toMatchObject({
          capturedMinor: RESERVED_MINOR,
          authorizedMinor: RESERVED_MINOR,
        });
        expect(await capturedByBooks(payment)).toBe(RESERVED_MINOR);
      });

      test('works with our reference alone', async () => {
        const payment = await anAuthorized();
        await harness.provider.capture({ ...aCapture(payment), providerReference: null });
        expect(await capturedByBooks(payment)).toBe(USED_MINOR);
      });

      test.each([RESERVED_MINOR + 1, 0, -1, 0.5])(
        '%d of 500 is refused and takes nothing',
        async (amountMinor) => {
          const payment = await anAuthorized();
          expect(await settled(harness.provider.capture(aCapture(payment, amountMinor)))).toEqual(
            aFault('rejected'),
          );
          expect(await capturedByBooks(payment)).toBe(0);
        },
      );

      test('more than the provider itself has reserved is refused there, too', async () => {
        const payment = await anAuthorized();
        const wrong = { ...aCapture(payment, RESERVED_MINOR + 1), authorizedMinor: RESERVED_MINOR * 2 };
        expect(await settled(harness.provider.capture(wrong))).toEqual(aFault('rejected'));
        expect(await capturedByBooks(payment)).toBe(0);
      });

      test('twice with one key takes the money once', async () => {
        const payment = await anAuthorized();
        await harness.provider.capture(aCapture(payment));
        const again = await settled(harness.provider.capture(aCapture(payment)));
        expect(again).toEqual(capabilities.idempotencyKeys ? undefined : aFault('rejected'));
        expect(await capturedByBooks(payment)).toBe(USED_MINOR);
      });

      test('once more with another key never takes more than was reserved', async () => {
        const payment = await anAuthorized();
        await harness.provider.capture(aCapture(payment));
        const again = await settled(harness.provider.capture(aCapture(payment, RESERVED_MINOR, 'capture-2')));
        expect(again).toEqual(aFault('rejected'));
        expect(await capturedByBooks(payment)).toBe(USED_MINOR);
      });

      test.each(['pending', 'declined', 'expired'] as const)(
        'a payment that is %s is refused',
        async (phase) => {
          const payment = await aPending();
          if (phase === 'declined') await harness.reject(payment);
          if (phase === 'expired') await harness.expire(payment);
          expect(await settled(harness.provider.capture(aCapture(payment)))).toEqual(aFault('rejected'));
          expect(await capturedByBooks(payment)).toBe(0);
        },
      );

      test('a payment the provider does not know is refused', async () => {
        const { paymentReference } = aReserveRequest();
        const unknown = { paymentReference, providerReference: null };
        expect(await settled(harness.provider.capture(aCapture(unknown)))).toEqual(aFault('rejected'));
      });

      test('that was done without an answer is unknown to the caller and shown by a read', async () => {
        const payment = await anAuthorized();
        await harness.disturbNext('capture', 'timeoutAfterActing');
        expect(await settled(harness.impatient.capture(aCapture(payment)))).toEqual(aFault('outcomeUnknown'));
        expect(await harness.provider.read(payment)).toMatchObject({ capturedMinor: USED_MINOR });
      });

      test.each(['fail', 'drop'] as const)(
        'that may have been done (%s) is unknown; a read shows it was not',
        async (kind) => {
          const payment = await anAuthorized();
          await harness.disturbNext('capture', kind);
          expect(await settled(harness.provider.capture(aCapture(payment)))).toEqual(
            aFault('outcomeUnknown'),
          );
          expect(await harness.provider.read(payment)).toMatchObject({
            phase: 'authorized',
            capturedMinor: 0,
          });
          await harness.provider.capture(aCapture(payment));
          expect(await capturedByBooks(payment)).toBe(USED_MINOR);
        },
      );

      test.each(['lock', 'rateLimit'] as const)(
        'that is put off (%s) is no refusal, and the same call later takes the money once',
        async (kind) => {
          const payment = await anAuthorized();
          await harness.disturbNext('capture', kind);
          const fault = await settled(harness.provider.capture(aCapture(payment)));
          expect(['unavailable', 'outcomeUnknown', 'rateLimited']).toContain(fault?.kind);
          if (fault?.kind === 'rateLimited') expect(fault.retryAfterMs).toBeGreaterThan(0);
          expect(await capturedByBooks(payment)).toBe(0);
          await harness.provider.capture(aCapture(payment));
          expect(await capturedByBooks(payment)).toBe(USED_MINOR);
        },
      );

      test(`that was refused ${capabilities.idempotencyKeys ? 'stays refused under its key, and is possible under the next' : 'may be asked for again: there is no key that remembers'}`, async () => {
        const payment = await anAuthorized();
        await harness.disturbNext('capture', 'refuse');
        expect(await settled(harness.provider.capture(aCapture(payment)))).toEqual(aFault('rejected'));
        const again = await settled(harness.provider.capture(aCapture(payment)));
        if (capabilities.idempotencyKeys) {
          expect(again).toEqual(aFault('rejected'));
          expect(await capturedByBooks(payment)).toBe(0);
          await harness.provider.capture(aCapture(payment, USED_MINOR, 'capture-2'));
        }
        expect(await capturedByBooks(payment)).toBe(USED_MINOR);
      });

      const loginOver = subject.accessTokens
        ? 'with an access token takes the money once, without anybody noticing'
        : 'signed by itself is told as such: no token could be renewed';
      test(`whose login ends in the middle, ${loginOver}`, async () => {
        const payment = await anAuthorized();
        await harness.disturbNext('capture', 'loginOver');
        const outcome = await settled(harness.provider.capture(aCapture(payment)));
        if (!subject.accessTokens) {
          expect(outcome).toEqual(aFault('misconfigured'));
          expect(await capturedByBooks(payment)).toBe(0);
          await harness.provider.capture(aCapture(payment));
        }
        expect(await capturedByBooks(payment)).toBe(USED_MINOR);
      });

      test('that was refused, or came with wrong credentials, took nothing', async () => {
        const payment = await anAuthorized();
        await harness.disturbNext('capture', 'refuse');
        expect(await settled(harness.provider.capture(aCapture(payment)))).toEqual(aFault('rejected'));
        await harness.disturbNext('capture', 'badSignature');
        expect(
          await settled(harness.provider.capture(aCapture(payment, USED_MINOR, 'capture-2'))),
        ).toMatchObject({
          kind: 'misconfigured',
        });
        expect(await capturedByBooks(payment)).toBe(0);
      });
    });

    describe('giving back', () => {
      const release = (payment: PaymentIdentity) =>
        settled(harness.provider.release({ ...payment, idempotencyKey: keyOf(payment, 'release-1') }));

      test(`a whole reservation is ${canRelease ? 'released' : 'unsupported and stays held'}`, async () => {
        const payment = await anAuthorized();
        expect(await release(payment)).toEqual(canRelease ? undefined : aFault('unsupported'));
        const releasedMinor = canRelease ? RESERVED_MINOR : 0;
        expect(await harness.provider.read(payment)).toMatchObject({ phase: 'authorized', releasedMinor });
        expect(await harness.ledger(payment)).toMatchObject({ releasedMinor, capturedMinor: 0 });
      });

      test(`a capture after an attempt to release is ${canRelease ? 'refused' : 'still possible'}`, async () => {
        const payment = await anAuthorized();
        await release(payment);
        const outcome = await settled(harness.provider.capture(aCapture(payment)));
        expect(outcome).toEqual(canRelease ? aFault('rejected') : undefined);
        expect(await capturedByBooks(payment)).toBe(canRelease ? 0 : USED_MINOR);
      });

      test('the rest after a partial capture, as far as the provider says it does', async () => {
        const payment = await anAuthorized();
        await harness.provider.capture(aCapture(payment));
        if (capabilities.release === 'call') await release(payment);
        const ledger = await harness.ledger(payment);
        const restMinor = RESERVED_MINOR - USED_MINOR;
        expect(ledger?.releasedMinor).toBeLessThanOrEqual(restMinor);
        expect(ledger?.releasedMinor).toBeGreaterThanOrEqual(canRelease ? restMinor : 0);
        expect(ledger?.capturedMinor).toBe(USED_MINOR);
        if (capabilities.release !== 'call') return;
        expect(await harness.provider.read(payment)).toMatchObject({
          phase: 'authorized',
          authorizedMinor: RESERVED_MINOR,
          capturedMinor: USED_MINOR,
          releasedMinor: restMinor,
        });
        expect(await release(payment)).toBeUndefined();
        expect(await harness.ledger(payment)).toMatchObject({ releasedMinor: restMinor });
      });

      test('an approved payment is never withdrawn by an attempt to abandon it', async () => {
        const payment = await anAuthorized();
        const outcome = await settled(
          harness.provider.abandon({ ...payment, idempotencyKey: keyOf(payment, 'abandon-1') }),
        );
        expect(outcome).toEqual(aFault(capabilities.abandon ? 'rejected' : 'unsupported'));
        expect(await harness.provider.read(payment)).toMatchObject({ phase: 'authorized', releasedMinor: 0 });
      });

      test(`a payment that waits is ${capabilities.abandon ? 'withdrawn' : 'unsupported and goes on waiting'}`, async () => {
        const payment = await aPending();
        const { paymentReference, providerReference } = payment;
        const outcome = await settled(
          harness.provider.abandon({
            paymentReference,
            providerReference,
            idempotencyKey: keyOf(payment, 'abandon-1'),
          }),
        );
        expect(outcome).toEqual(capabilities.abandon ? undefined : aFault('unsupported'));
        const snapshot = await harness.provider.read(payment);
        expect(snapshot?.phase).toBe(capabilities.abandon ? 'abandoned' : 'pending');
      });

      test(`captured money is ${capabilities.refund ? 'refunded' : 'unsupported and stays captured'}`, async () => {
        const payment = await anAuthorized();
        await harness.provider.capture(aCapture(payment));
        const outcome = await settled(harness.provider.refund(aCapture(payment, USED_MINOR, 'refund-1')));
        expect(outcome).toEqual(capabilities.refund ? undefined : aFault('unsupported'));
        expect(await harness.ledger(payment)).toMatchObject({
          capturedMinor: USED_MINOR,
          refundedMinor: capabilities.refund ? USED_MINOR : 0,
        });
      });
    });

    if (capabilities.refund) refundContract();
    function refundContract(): void {
      async function aCaptured(): Promise<PaymentIdentity> {
        const payment = await anAuthorized();
        await harness.provider.capture(aCapture(payment));
        return payment;
      }

      test('a refund goes in parts, and never above what was captured', async () => {
        const payment = await aCaptured();
        await harness.provider.refund(aCapture(payment, USED_MINOR / 2, 'refund-1'));
        expect(await harness.provider.read(payment)).toMatchObject({ refundedMinor: USED_MINOR / 2 });
        const tooMuch = harness.provider.refund(aCapture(payment, USED_MINOR, 'refund-2'));
        expect(await settled(tooMuch)).toEqual(aFault('rejected'));
        await harness.provider.refund(aCapture(payment, USED_MINOR / 2, 'refund-3'));
        expect(await harness.ledger(payment)).toMatchObject({
          capturedMinor: USED_MINOR,
          refundedMinor: USED_MINOR,
        });
      });

      test('a refund twice with one key returns the money once', async () => {
        const payment = await aCaptured();
        const part = aCapture(payment, USED_MINOR / 2, 'refund-1');
        await harness.provider.refund(part);
        expect(await settled(harness.provider.refund(part))).toEqual(
          capabilities.idempotencyKeys ? undefined : aFault('rejected'),
        );
        expect(await harness.ledger(payment)).toMatchObject({ refundedMinor: USED_MINOR / 2 });
      });
    }

    describe('the event log', () => {
      test(`is ${capabilities.eventLog ? 'there' : 'not there, and nothing pretends it is'}`, () => {
        expect(typeof harness.provider.readEvents === 'function').toBe(capabilities.eventLog);
      });

      if (capabilities.eventLog) eventLogContract();
    });

    function eventLogContract(): void {
      const eventsOf = async ({ paymentReference }: PaymentIdentity) =>
        (await harness.provider.readEvents?.({ paymentReference, providerReference: null })) ?? [];
      const sumOf = async (payment: PaymentIdentity, kind: PaymentEventKind) =>
        (await eventsOf(payment))
          .filter((event) => event.kind === kind && event.success)
          .reduce((sumMinor, event) => sumMinor + event.amountMinor, 0);

      test('adds up to the amounts, each call under its key, oldest first', async () => {
        const payment = await anAuthorized();
        await harness.provider.capture(aCapture(payment));
        if (capabilities.release === 'call')
          await harness.provider.release({ ...payment, idempotencyKey: keyOf(payment, 'release-1') });
        if (capabilities.refund) await harness.provider.refund(aCapture(payment, USED_MINOR / 2, 'refund-1'));
        const snapshot = await harness.provider.read(payment);
        expect({
          authorizedMinor: await sumOf(payment, 'authorized'),
          capturedMinor: await sumOf(payment, 'captured'),
          releasedMinor: await sumOf(payment, 'released'),
          refundedMinor: await sumOf(payment, 'refunded'),
        }).toEqual({
          authorizedMinor: snapshot?.authorizedMinor,
          capturedMinor: snapshot?.capturedMinor,
          releasedMinor: snapshot?.releasedMinor,
          refundedMinor: snapshot?.refundedMinor,
        });
        const events = await eventsOf(payment);
        expect(events.slice(0, 3).map(({ kind }) => kind)).toEqual(['created', 'authorized', 'captured']);
        const keyOfEvent = (kind: PaymentEventKind) =>
          events.find((event) => event.kind === kind)?.idempotencyKey ?? null;
        if (!capabilities.idempotencyKeys) return;
        expect(keyOfEvent('captured')).toBe(keyOf(payment, 'capture-1'));
        expect(keyOfEvent('refunded')).toBe(capabilities.refund ? keyOf(payment, 'refund-1') : null);
      });

      test.each([
        ['reject', 'declined'],
        ['expire', 'expired'],
      ] as const)('tells how a payment ended that was never held (%s)', async (end, kind) => {
        const payment = await aPending();
        await harness[end](payment);
        expect((await eventsOf(payment)).map((event) => event.kind)).toEqual(['created', kind]);
      });

      test('of a payment nobody knows is refused, not empty', async () => {
        const { paymentReference } = aReserveRequest();
        const log = harness.provider.readEvents?.({ paymentReference, providerReference: null });
        expect(await settled(Promise.resolve(log))).toEqual(aFault('rejected', { code: 'unknownPayment' }));
      });
    }

    describe('a callback', () => {
      test.each(['approve', 'reject'] as const)(
        "follows the customer's decision (%s) and names the payment, as often as it comes",
        async (decision) => {
          const { paymentReference, providerReference } = await aPending();
          const payment = { paymentReference, providerReference };
          const callback = await harness.callbackOf(() => harness[decision](payment));
          const parsed = harness.callbacks.parse(callback);
          const hints = parsed.ok ? parsed.hints : [];
          expect(hints).toHaveLength(1);
          expect(harness.callbacks.parse(callback)).toEqual(parsed);
          const named = Object.entries(hints[0] ?? {}).filter(([, reference]) => reference !== null);
          expect(named.length).toBeGreaterThan(0);
          expect(payment).toMatchObject(Object.fromEntries(named));
        },
      );

      test('that comes late, or after a newer one, says no more than it ever did: look at this payment', async () => {
        const { paymentReference, providerReference } = await aPending();
        const payment = { paymentReference, providerReference };
        const approval = await harness.callbackOf(() => harness.approve(payment));
        const early = harness.callbacks.parse(approval);
        await harness.provider.capture(aCapture(payment));
        expect(harness.callbacks.parse(approval)).toEqual(early);
        expect(early.ok && Object.keys(early.hints[0] ?? {}).toSorted()).toEqual([
          'paymentReference',
          'providerReference',
        ]);
        expect(await harness.provider.read(payment)).toMatchObject({ capturedMinor: USED_MINOR });
      });

      test('that tells of a failure which did not happen is the same hint: the read says what is so', async () => {
        const { paymentReference, providerReference } = await aPending();
        const payment = { paymentReference, providerReference };
        await harness.disturbNext('callback', 'unsuccessful');
        const callback = await harness.callbackOf(() => harness.approve(payment));
        const parsed = harness.callbacks.parse(callback);
        expect(parsed.ok && parsed.hints).toHaveLength(1);
        expect(await harness.provider.read(payment)).toMatchObject({ phase: 'authorized' });
      });

      test('with wrong credentials is refused', async () => {
        const payment = await aPending();
        await harness.disturbNext('callback', 'badSignature');
        const callback = await harness.callbackOf(() => harness.approve(payment));
        expect(harness.callbacks.parse(callback)).toMatchObject({ ok: false, status: 401 });
      });
    });
  });
}

/** Matches the fault of a call, by what a caller decides by. */
function aFault(kind: ProviderFaultKind, more: { code?: string } = {}): unknown {
  return expect.objectContaining({ name: 'ProviderFault', kind, ...more });
}

/** What a call came to: its value, or the fault it threw. Anything else it threw is a broken contract. */
async function settled<T>(call: Promise<T>): Promise<T | ProviderFault> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ProviderFault) return error;
    throw error;
  }
}
