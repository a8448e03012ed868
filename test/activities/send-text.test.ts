import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SessionTextKind } from '../../src/domain/session/events.ts';
import { addMs } from '../../src/domain/instant.ts';
import { ActivityBench, HOUR_MS, NOW, type Charge } from './activity-bench.ts';
import { holding, Mortal, ProcessDied } from './interrupted.ts';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.now = NOW;
});

async function begun(): Promise<Charge> {
  return await (await bench.customer()).begin();
}

async function charged(): Promise<Charge> {
  const charge = await begun();
  await charge.customer.run('issueReceipt', charge.receiptInput());
  return charge;
}

async function send(charge: Charge, kind: SessionTextKind, attempt = 1, n = 1) {
  const view = kind === 'receipt' ? charge.capturedView() : charge.view();
  const { outcome } = await charge.customer.run('sendText', charge.textInput(kind, view, n), { attempt });
  return outcome;
}

const onlyStateOf = async (charge: Charge, kind: string) =>
  (await charge.outbox(kind)).map((row) => row.state);

describe('a text', () => {
  it('goes to the customer from the number they texted, under an id that says what it is', async () => {
    const charge = await begun();
    expect(await send(charge, 'paymentLink')).toBe('sent');
    const { msisdn, shortNumber } = charge.customer;
    const outboundId = `${charge.sessionId}-paymentLink-1`;
    const [text] = charge.customer.texts();
    expect(bench.gateway.sent.filter((message) => message.msisdn === msisdn)).toEqual([
      { outboundId, shortNumber, msisdn, text, moReferenceId: null },
    ]);
    expect(await charge.outbox('paymentLink')).toEqual([{ outboundId, state: 'sent', text }]);
  });

  it.each([['receipt'], ['paymentLink'], ['cancelled']] as const)(
    'that is sent is not sent again when executed again: %s',
    async (kind) => {
      const charge = await charged();
      await send(charge, kind);
      expect(await send(charge, kind, 2)).toBe('sent');
      expect(charge.customer.texts()).toHaveLength(1);
    },
  );

  it('of the same kind goes out again when the session sends its second', async () => {
    const charge = await begun();
    await send(charge, 'statusActive', 1, 1);
    await send(charge, 'statusActive', 1, 2);
    expect(charge.customer.texts()).toHaveLength(2);
  });

  it.each([['receipt'], ['paymentLink']] as const)(
    'the gateway certainly did not take is tried until it does: %s',
    async (kind) => {
      const charge = await charged();
      bench.gateway.failNext(charge.sessionId, 'unavailable', { times: 2 });
      await expect(send(charge, kind, 1)).rejects.toMatchObject({ type: 'unavailable', nonRetryable: false });
      await expect(send(charge, kind, 2)).rejects.toMatchObject({ type: 'unavailable' });
      expect(await onlyStateOf(charge, kind)).toEqual(['prepared']);
      expect(await send(charge, kind, 3)).toBe('sent');
      expect(charge.customer.texts()).toHaveLength(1);
    },
  );

  it.each([['receipt'], ['paymentLink'], ['cancelled']] as const)(
    'the gateway refuses for its account is tried until the account is fixed: %s',
    async (kind) => {
      const charge = await charged();
      bench.gateway.failNext(charge.sessionId, 'misconfigured', { times: 2 });
      const failure = { type: 'misconfigured', nonRetryable: false };
      await expect(send(charge, kind, 1)).rejects.toMatchObject(failure);
      await expect(send(charge, kind, 2)).rejects.toMatchObject(failure);
      expect(await onlyStateOf(charge, kind)).toEqual(['prepared']);
      expect(await send(charge, kind, 3)).toBe('sent');
      expect(charge.customer.texts()).toHaveLength(1);
    },
  );

  it.each([['receipt'], ['paymentLink']] as const)(
    'the gateway refuses is recorded as rejected and never tried again: %s',
    async (kind) => {
      const charge = await charged();
      bench.gateway.failNext(charge.sessionId, 'rejected');
      expect(await send(charge, kind)).toBe('rejected');
      expect(await send(charge, kind, 2)).toBe('rejected');
      expect(charge.customer.texts()).toEqual([]);
      expect(await onlyStateOf(charge, kind)).toEqual(['rejected']);
    },
  );

  it('over a gateway that is not set up is given up', async () => {
    const charge = await begun();
    const run = charge.customer.run('sendText', charge.textInput('paymentLink'), {}, { gateways: {} });
    await expect(run).rejects.toMatchObject({ type: 'misconfigured', nonRetryable: true });
  });

  it('of a session that is not there is given up', async () => {
    const charge = await begun();
    const input = { ...charge.textInput('paymentLink'), sessionId: 'no-such-session' };
    const run = charge.customer.run('sendText', input);
    await expect(run).rejects.toMatchObject({ type: 'misconfigured', nonRetryable: true });
  });
});

describe('a text whose outcome is unknown', () => {
  it.each([
    [true, 1],
    [false, 0],
  ])('is not sent again when it is a receipt (it had been sent: %s)', async (afterSending, count) => {
    const charge = await charged();
    bench.gateway.failNext(charge.sessionId, 'outcomeUnknown', { afterSending });
    expect(await send(charge, 'receipt')).toBe('unknown');
    expect(await send(charge, 'receipt', 2)).toBe('unknown');
    expect(charge.customer.texts()).toHaveLength(count);
    expect(await onlyStateOf(charge, 'receipt')).toEqual(['unknown']);
  });

  it.each([['paymentLink'], ['linkAgain']] as const)(
    'is sent again when it is the way to pay: %s',
    async (kind) => {
      const charge = await begun();
      bench.gateway.failNext(charge.sessionId, 'outcomeUnknown', { afterSending: true });
      await expect(send(charge, kind)).rejects.toMatchObject({ type: 'outcomeUnknown', nonRetryable: false });
      expect(await onlyStateOf(charge, kind)).toEqual(['unknown']);
      expect(await send(charge, kind, 2)).toBe('sent');
      const [first, second] = charge.customer.texts();
      expect(second).toBe(first);
      expect(await onlyStateOf(charge, kind)).toEqual(['sent']);
    },
  );

  it.each([['cancelled'], ['statusActive'], ['warning'], ['nothingCharged'], ['usedUpEnded']] as const)(
    'is not sent again when it only tells something: %s',
    async (kind) => {
      const charge = await begun();
      bench.gateway.failNext(charge.sessionId, 'outcomeUnknown', { afterSending: true });
      expect(await send(charge, kind)).toBe('unknown');
      expect(await send(charge, kind, 2)).toBe('unknown');
      expect(charge.customer.texts()).toHaveLength(1);
    },
  );
});

describe('the receipt switch', () => {
  it.each([['receipt'], ['nothingCharged']] as const)(
    'is read when the text is due: off is silence, and a row that says why: %s',
    async (kind) => {
      const charge = await charged();
      await bench.stores.settings.updatePartner(charge.customer.partnerId, { receiptSmsOn: false });
      expect(await send(charge, kind)).toBe('suppressed');
      expect(charge.customer.texts()).toEqual([]);
      expect(await charge.outbox(kind)).toMatchObject([{ state: 'suppressed', text: '' }]);
    },
  );

  it('that was on when the session began and off when its text was suppressed does not bring the text back', async () => {
    const charge = await charged();
    await bench.stores.settings.updatePartner(charge.customer.partnerId, { receiptSmsOn: false });
    await send(charge, 'receipt');
    await bench.stores.settings.updatePartner(charge.customer.partnerId, { receiptSmsOn: true });
    expect(await send(charge, 'receipt', 2)).toBe('suppressed');
    expect(charge.customer.texts()).toEqual([]);
  });

  it('that is turned off between two tries holds the second one back', async () => {
    const charge = await charged();
    bench.gateway.failNext(charge.sessionId, 'unavailable');
    await expect(send(charge, 'receipt')).rejects.toMatchObject({ type: 'unavailable' });
    await bench.stores.settings.updatePartner(charge.customer.partnerId, { receiptSmsOn: false });
    expect(await send(charge, 'receipt', 2)).toBe('suppressed');
    expect(await onlyStateOf(charge, 'receipt')).toEqual(['suppressed']);
    expect(charge.customer.texts()).toEqual([]);
  });

  it('that is turned on while the session runs counts', async () => {
    const customer = await bench.customer({ partner: { receiptSmsOn: false } });
    const charge = await customer.begin();
    await customer.run('issueReceipt', charge.receiptInput());
    await bench.stores.settings.updatePartner(customer.partnerId, { receiptSmsOn: true });
    expect(await send(charge, 'receipt')).toBe('sent');
  });

  it('does not touch any other text', async () => {
    const customer = await bench.customer({ partner: { receiptSmsOn: false } });
    const charge = await customer.begin();
    for (const kind of ['paymentLink', 'statusActive', 'warning', 'cancelled', 'usedUpContinue'] as const)
      expect(await send(charge, kind)).toBe('sent');
  });

  it('does not touch what has gone out already', async () => {
    const charge = await charged();
    await send(charge, 'receipt');
    await bench.stores.settings.updatePartner(charge.customer.partnerId, { receiptSmsOn: false });
    await send(charge, 'receipt', 2);
    expect(await onlyStateOf(charge, 'receipt')).toEqual(['sent']);
  });
});

describe.each([
  ['before the call acts', false],
  ['after the call has acted', true],
])('a worker that dies %s', (_, afterActing) => {
  /** Dies at every moment in turn, then tries again until it comes through. */
  async function atEveryMoment(
    kind: SessionTextKind,
    check: (charge: Charge, mortal: Mortal) => Promise<void>,
  ) {
    for (let moment = 1; ; moment += 1) {
      const charge = await charged();
      const mortal = new Mortal(moment, afterActing);
      const view = kind === 'receipt' ? charge.capturedView() : charge.view();
      const first = await charge.customer
        .run('sendText', charge.textInput(kind, view), {}, mortal.deps(charge.customer.deps))
        .catch((error: unknown) => error);
      if (mortal.calls < moment) {
        expect(moment).toBeGreaterThan(4);
        return;
      }
      expect(first).toBeInstanceOf(ProcessDied);
      await send(charge, kind, 2);
      await check(charge, mortal);
    }
  }

  it('never doubles a receipt, and loses one only when the gateway may have had it', async () => {
    await atEveryMoment('receipt', async (charge, mortal) => {
      const count = charge.customer.texts().length;
      const [state] = await onlyStateOf(charge, 'receipt');
      const leftInDoubt =
        mortal.diedAt === 'send' ||
        (mortal.diedAt === 'startSending' && afterActing) ||
        (mortal.diedAt === 'markSent' && !afterActing);
      expect({ diedAt: mortal.diedAt, state }).toEqual({
        diedAt: mortal.diedAt,
        state: leftInDoubt ? 'unknown' : 'sent',
      });
      expect(count).toBeLessThanOrEqual(1);
      if (!leftInDoubt) expect(count).toBe(1);
    });
  });

  it('never keeps the payment link from the customer', async () => {
    await atEveryMoment('paymentLink', async (charge) => {
      const texts = charge.customer.texts();
      expect(texts.length).toBeGreaterThanOrEqual(1);
      expect(texts.length).toBeLessThanOrEqual(2);
      expect(await onlyStateOf(charge, 'paymentLink')).toEqual(['sent']);
    });
  });
});

describe('two tries of a receipt at once', () => {
  it('send one text: the second leaves it to the first, whose answer is what is recorded', async () => {
    const charge = await charged();
    const { held, reached, letGo } = holding(bench.gateway, 'send');
    const input = charge.textInput('receipt', charge.capturedView());
    const first = charge.customer.run('sendText', input, { attempt: 1 }, { gateways: { link: held } });
    await reached;
    expect(await send(charge, 'receipt', 2)).toBe('unknown');
    letGo();
    expect(await first).toMatchObject({ outcome: 'sent' });
    expect(charge.customer.texts()).toHaveLength(1);
    expect(await onlyStateOf(charge, 'receipt')).toEqual(['sent']);
  });

  it('send one text when the first hangs before it begins to send', async () => {
    const charge = await charged();
    const { held, reached, letGo } = holding(bench.stores.outbox, 'startSending');
    const deps = { stores: { ...bench.stores, outbox: held } };
    const input = charge.textInput('receipt', charge.capturedView());
    const first = charge.customer.run('sendText', input, { attempt: 1 }, deps);
    await reached;
    expect(await send(charge, 'receipt', 2)).toBe('sent');
    letGo();
    await first;
    expect(charge.customer.texts()).toHaveLength(1);
    expect(await onlyStateOf(charge, 'receipt')).toEqual(['sent']);
  });
});

describe('a text that is retried much later', () => {
  it('says what it said first: a doubled link is the same link, a status is not rewritten', async () => {
    const charge = await begun();
    bench.gateway.failNext(charge.sessionId, 'unavailable');
    await expect(send(charge, 'statusActive')).rejects.toMatchObject({ type: 'unavailable' });
    const [prepared] = await charge.outbox('statusActive');
    bench.now = addMs(NOW, 3 * HOUR_MS);
    await send(charge, 'statusActive', 2);
    expect(charge.customer.texts()).toEqual([prepared?.text]);
  });
});
