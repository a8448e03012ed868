// What an activity returns or throws stands in Temporal's history and in logs for weeks: no phone number, no text.
import { inspect } from 'node:util';
import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Activities } from '../../src/activities/contract.ts';
import type { ProviderFaultKind } from '../../src/ports/payment-provider.ts';
import type { SmsFaultKind } from '../../src/ports/sms-gateway.ts';
import { ActivityBench, NO_PAGE, type Charge, type Try } from './activity-bench.ts';
import { Mortal } from './interrupted.ts';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());

const SECRET_WORD = 'HJELPMEGHEMMELIG';

/** Runs activities and keeps everything that would leave for Temporal. */
class Listener {
  readonly charge: Charge;
  private readonly heard: string[] = [];
  private readonly inboxTexts = [SECRET_WORD];
  failures = 0;

  constructor(charge: Charge) {
    this.charge = charge;
  }

  async run<K extends keyof Activities>(
    name: K,
    input: Parameters<Activities[K]>[0],
    info?: Try,
    mortal?: Mortal,
  ): Promise<void> {
    const { customer } = this.charge;
    try {
      const outcome = await customer.run(name, input, info, mortal?.deps(customer.deps));
      this.heard.push(`${name}: ${JSON.stringify(outcome)}`);
    } catch (error) {
      this.failures += 1;
      const sent = defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
      this.heard.push(`${name}: ${JSON.stringify(sent)} ${inspect(error, { depth: 8 })}`);
    }
  }

  async expectNothingPersonal(): Promise<void> {
    const everything = this.heard.join('\n');
    const { msisdn } = this.charge.customer;
    const outbox = await bench.stores.outbox.listForSession(this.charge.sessionId);
    const written = outbox.map((row) => row.text).filter((text) => text !== '');
    expect(everything).not.toContain(msisdn);
    expect(everything).not.toContain(msisdn.slice(2));
    for (const text of [...this.charge.customer.texts(), ...written, ...this.inboxTexts]) {
      expect(text.length).toBeGreaterThan(10);
      expect(everything).not.toContain(text);
    }
    expect(this.heard.length).toBeGreaterThan(0);
  }
}

async function listener(): Promise<Listener> {
  const customer = await bench.customer({ provider: { release: 'call', abandon: true } });
  return new Listener(await customer.begin());
}

async function wholeFlow(heard: Listener, info?: Try): Promise<void> {
  const { charge } = heard;
  await heard.run('reservePayment', charge.reserveInput(), info);
  await heard.run('sendText', charge.textInput('paymentLink'), info);
  await heard.run('readPayment', charge.readInput(), info);
  const { provider } = charge.customer;
  const isPending = charge.callsOf('reserve') > 0 && charge.truth().phase === 'pending';
  if (isPending) provider.approve(charge.reference);
  await heard.run('capturePayment', charge.captureInput(), info);
  await heard.run('releasePayment', charge.releaseInput(400), info);
  await heard.run('abandonPayment', charge.abandonInput(), info);
  await heard.run('issueReceipt', charge.receiptInput(), info);
  await heard.run('sendText', charge.textInput('receipt', charge.capturedView()), info);
  await heard.run(
    'recordSession',
    { projection: { ...charge.view(), revision: 1, handledInboxIds: [], ...NO_PAGE, sinceRevision: 0 } },
    info,
  );
  const inboxId = await charge.customer.text(SECRET_WORD);
  await heard.run('sendReply', { inboxId }, info);
  await heard.run('markHandled', { inboxId }, info);
}

describe('nothing personal leaves an activity', () => {
  it('when all goes well', async () => {
    const heard = await listener();
    await wholeFlow(heard);
    await heard.expectNothingPersonal();
    expect(heard.failures).toBe(0);
    expect(heard.charge.customer.texts()).toHaveLength(3);
    expect(heard.charge.truth()).toMatchObject({ capturedMinor: 100, releasedMinor: 400 });
  });

  it.each([
    'rejected',
    'unsupported',
    'misconfigured',
    'rateLimited',
    'unavailable',
    'outcomeUnknown',
  ] as const)('when the provider fails: %s', async (kind: ProviderFaultKind) => {
    const heard = await listener();
    const { provider } = heard.charge.customer;
    for (const operation of ['reserve', 'find', 'read', 'capture', 'release', 'abandon'] as const)
      provider.failNext(operation, kind, { afterActing: operation === 'reserve' });
    for (const attempt of [1, 2, 3]) await wholeFlow(heard, { attempt });
    expect(heard.failures).toBeGreaterThan(0);
    await heard.expectNothingPersonal();
  });

  it.each(['unavailable', 'misconfigured', 'rejected', 'outcomeUnknown'] as const)(
    'when the gateway fails: %s',
    async (kind: SmsFaultKind) => {
      const heard = await listener();
      bench.gateway.failNext('', kind, { afterSending: kind === 'outcomeUnknown', times: 3 });
      for (const attempt of [1, 2]) await wholeFlow(heard, { attempt });
      // The link may be repeated, so its unknown outcome is a failure too.
      expect(heard.failures).toBe({ unavailable: 3, misconfigured: 3, rejected: 0, outcomeUnknown: 1 }[kind]);
      await heard.expectNothingPersonal();
    },
  );

  it('when the try has no time left or its session is gone', async () => {
    const heard = await listener();
    await wholeFlow(heard, { startToCloseTimeoutMs: 1 });
    const input = heard.charge.textInput('paymentLink');
    await heard.run('sendText', { ...input, sessionId: 'no-such-session' });
    await heard.run('sendReply', { inboxId: 'no-such-message' });
    expect(heard.failures).toBeGreaterThanOrEqual(3);
    await heard.expectNothingPersonal();
  });

  it('when the customer has been erased', async () => {
    const heard = await listener();
    await bench.stores.db
      .updateTable('subscriber')
      .set({ msisdnEncrypted: null, msisdnKeyId: null })
      .where('subscriberId', '=', heard.charge.record.subscriberId)
      .execute();
    await heard.run('reservePayment', heard.charge.reserveInput());
    await heard.run('sendText', heard.charge.textInput('paymentLink'));
    expect(heard.failures).toBe(2);
    await heard.expectNothingPersonal();
  });

  it('when the database fails or the process dies at any call', async () => {
    for (const name of ['reservePayment', 'sendText'] as const) {
      for (let moment = 1; ; moment += 1) {
        const heard = await listener();
        const { charge } = heard;
        const mortal = new Mortal(moment, false);
        if (name === 'sendText') await heard.run(name, charge.textInput('paymentLink'), {}, mortal);
        else await heard.run(name, charge.reserveInput(), {}, mortal);
        await heard.expectNothingPersonal();
        if (mortal.calls < moment) break;
        expect(heard.failures).toBe(1);
      }
    }
  });
});

describe('what the database is left with', () => {
  it('holds neither the number nor the texts in the clear', async () => {
    const heard = await listener();
    await wholeFlow(heard);
    const rows = await bench.stores.db
      .selectFrom('outboundMessage')
      .selectAll()
      .where('subscriberId', '=', heard.charge.record.subscriberId)
      .execute();
    const operations = await bench.stores.money.listOperations(heard.charge.sessionId);
    const readable = JSON.stringify([rows, operations]);
    expect(rows.length).toBeGreaterThanOrEqual(3);
    expect(readable).not.toContain(heard.charge.customer.msisdn);
    for (const text of heard.charge.customer.texts()) expect(readable).not.toContain(text);
  });
});
