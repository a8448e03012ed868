import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SmsGatewayVendor } from '../../src/config/vendors.ts';
import type { InboundHttpRequest } from '../../src/ports/webhooks.ts';
import { SmsFault, type MtMessage, type SmsGateway } from '../../src/ports/sms-gateway.ts';

export type DisturbedSms = 'send' | 'mo' | 'delivery';
/** As in the payment contract; `refuse` is for `send` alone. `unsuccessful`: the report says that the text did not arrive. */
export type SmsDisturbance =
  'fail' | 'refuse' | 'drop' | 'timeoutAfterActing' | 'badSignature' | 'unsuccessful';

/** A gateway (or its stand-in) with an adapter on it, and a hand on the customer's phone. */
export interface SmsGatewayHarness {
  gateway: SmsGateway;
  /** the same account through an adapter that gives up soon; for answers that never come */
  impatient: SmsGateway;
  shortNumber: string;
  /** texts that reached this phone, oldest first */
  onPhone(msisdn: string): Promise<{ from: string; text: string }[]>;
  /** the customer texts; the webhook call it led to, as it reached us */
  textFrom(msisdn: string, text: string): Promise<InboundHttpRequest>;
  /** the first delivery report call that `act` leads to, as it reached us */
  deliveryReportOf(act: () => Promise<void>): Promise<InboundHttpRequest>;
  disturbNext(operation: DisturbedSms, kind: SmsDisturbance): Promise<void>;
  close(): Promise<void>;
}

/** As registered: the account's settings to its gateway. */
export type CreateGateway = (account: Parameters<SmsGatewayVendor['create']>[0]) => SmsGateway;

export interface SmsGatewaySubject {
  open(createGateway: CreateGateway): Promise<SmsGatewayHarness>;
}

const AN_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The behaviours of `SmsGateway` that every registered account must show. */
export function smsGatewayContract(name: string, vendor: SmsGatewayVendor, subject: SmsGatewaySubject): void {
  describe(`${name}: the contract of an SMS gateway`, () => {
    let harness: SmsGatewayHarness;
    beforeAll(async () => {
      harness = await subject.open((account) => vendor.create(account, name));
    });
    afterAll(() => harness.close());

    const aPhone = () => `479${randomInt(0, 10_000_000).toString().padStart(7, '0')}`;
    const aMessage = (change: Partial<MtMessage> = {}): MtMessage => ({
      outboundId: `${randomUUID()}-link-1`,
      shortNumber: harness.shortNumber,
      msisdn: aPhone(),
      text: 'Pay 5.00 NOK: https://p.example/p/x',
      moReferenceId: null,
      ...change,
    });

    test('has the name it is registered under', () => {
      expect(harness.gateway.gateway).toBe(name);
    });

    describe('sending', () => {
      test.each([
        'Pay 5.00 NOK',
        'Kvittering på ærlig øl: 12,50 kr (inkl. mva) {€}',
        'Ж 漢字',
        `long ${'x'.repeat(400)}`,
      ])('brings "%s" to the phone unchanged, once, from our number', async (text) => {
        const message = aMessage({ text });
        const { gatewayMessageId } = await harness.gateway.send(message);
        expect(gatewayMessageId).not.toBe('');
        expect(await harness.onPhone(message.msisdn)).toEqual([{ from: harness.shortNumber, text }]);
      });

      test('gives every text an id of its own', async () => {
        const message = aMessage();
        const first = await harness.gateway.send(message);
        const second = await harness.gateway.send({ ...message, outboundId: `${message.outboundId}1` });
        expect(second.gatewayMessageId).not.toBe(first.gatewayMessageId);
      });

      test.each([
        ['refuse', 'rejected'],
        ['badSignature', 'misconfigured'],
        ['fail', 'outcomeUnknown'],
        ['drop', 'outcomeUnknown'],
      ] as const)('that is disturbed (%s) is %s and reached nobody', async (kind, fault) => {
        const message = aMessage();
        await harness.disturbNext('send', kind);
        expect(await faultOf(harness.gateway.send(message))).toMatchObject({ kind: fault });
        expect(await harness.onPhone(message.msisdn)).toEqual([]);
      });

      test('that was done without an answer is unknown to the caller, who must not take it for failed', async () => {
        const message = aMessage();
        await harness.disturbNext('send', 'timeoutAfterActing');
        expect(await faultOf(harness.impatient.send(message))).toMatchObject({ kind: 'outcomeUnknown' });
        expect(await harness.onPhone(message.msisdn)).toHaveLength(1);
      });

      test('to what is no number is rejected for good, without telling it', async () => {
        const fault = await faultOf(harness.gateway.send(aMessage({ msisdn: '12' })));
        expect(fault.kind).toBe('rejected');
        expect(fault.message).not.toContain('+12');
      });

      test('is followed by a delivery report that names the text', async () => {
        const message = aMessage();
        let gatewayMessageId = '';
        const report = await harness.deliveryReportOf(async () => {
          ({ gatewayMessageId } = await harness.gateway.send(message));
        });
        expect(harness.gateway.parseDelivery(report)).toEqual({
          ok: true,
          reports: [
            {
              gatewayMessageId,
              outboundId: message.outboundId,
              part: 0,
              state: 'delivered',
              resultCode: expect.stringMatching(/./),
              at: expect.stringMatching(AN_INSTANT),
            },
          ],
          unreadable: [],
        });
      });
    });

    test('a report of a text that did not arrive says so', async () => {
      const message = aMessage();
      await harness.disturbNext('delivery', 'unsuccessful');
      const report = await harness.deliveryReportOf(async () => {
        await harness.gateway.send(message);
      });
      expect(harness.gateway.parseDelivery(report)).toMatchObject({
        reports: [{ outboundId: message.outboundId, state: 'failed' }],
      });
    });

    describe('receiving', () => {
      test.each(['CHARGE', ' end  charge ', 'Æ ø å €', 'a&b=c+d%20"{}"'])(
        'understands "%s" as it was written',
        async (text) => {
          const msisdn = aPhone();
          const before = Date.now();
          const parsed = harness.gateway.parseInbound(await harness.textFrom(msisdn, text));
          if (!parsed.ok) throw new Error(`refused with ${parsed.status}: ${parsed.detail}`);
          expect(parsed.messages).toEqual([
            {
              messageId: expect.stringMatching(/./),
              msisdn,
              shortNumber: harness.shortNumber,
              text,
              sentAt: expect.stringMatching(AN_INSTANT),
            },
          ]);
          const sentAtMs = Date.parse(parsed.messages[0]?.sentAt ?? '');
          expect(Math.abs(sentAtMs - before)).toBeLessThan(60_000);
        },
      );

      test('gives every text an id of its own', async () => {
        const msisdn = aPhone();
        const ids = [];
        for (const text of ['CHARGE', 'CHARGE']) {
          const parsed = harness.gateway.parseInbound(await harness.textFrom(msisdn, text));
          ids.push(...(parsed.ok ? parsed.messages.map((message) => message.messageId) : []));
        }
        expect(new Set(ids).size).toBe(2);
      });

      test('refuses a call with wrong credentials', async () => {
        await harness.disturbNext('mo', 'badSignature');
        const request = await harness.textFrom(aPhone(), 'CHARGE');
        expect(harness.gateway.parseInbound(request)).toMatchObject({ ok: false, status: 401 });
      });
    });
  });
}

/** The fault of a call that must fail. */
async function faultOf(call: Promise<unknown>): Promise<SmsFault> {
  const outcome: unknown = await call.catch((error: unknown) => error);
  if (outcome instanceof SmsFault) return outcome;
  throw new Error(`expected an SmsFault, got ${String(outcome)}`);
}
