// A refund returns money a second time if it is called a second time: nothing at the provider stops it but what is left.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ActivityBench, NOW } from './activity-bench.ts';
import { holding, isDeath, Mortal, ProcessDied } from './interrupted.ts';
import { aSale, EVERYTHING, type Refund } from './sale-bench.ts';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.now = NOW;
});

describe('a refund', () => {
  it('reads, writes once with its amount and key, reads back and tells what it read', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    expect(await refund.tryOnce()).toEqual({ outcome: 'refunded', snapshot: sale.truth(), at: NOW });
    const calls = sale.provider.calls.slice(-3);
    expect(calls.map((call) => call.operation)).toEqual(['read', 'refund', 'read']);
    expect(calls[1]).toMatchObject({ amountMinor: 50, key: `${sale.sessionId}-refund-1` });
    expect(sale.truth()).toMatchObject({ capturedMinor: 100, refundedMinor: 50 });
    expect(await refund.operation()).toEqual({ state: 'succeeded', tries: 1, detail: null });
  });

  it('executed again after it was made makes no call', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    await refund.tryOnce();
    expect(await refund.tryOnce(2)).toMatchObject({ outcome: 'refunded', snapshot: { refundedMinor: 50 } });
    expect(refund.callsMade()).toBe(1);
  });

  it('writes the record before the call', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    const { held, reached, letGo } = holding(sale.provider, 'refund');
    const deps = { providers: { [sale.charge.customer.partnerId]: held } };
    const running = refund.tryOnce(1, {}, deps);
    await reached;
    expect(refund.callsMade()).toBe(0);
    expect(await refund.operation()).toMatchObject({ state: 'started', tries: 1 });
    letGo();
    await running;
  });

  it('comes in parts, each with its own key, up to what was captured', async () => {
    const sale = await aSale(bench);
    await sale.refunded(50);
    await sale.refunded(50);
    expect(sale.truth()).toMatchObject({ capturedMinor: 100, refundedMinor: 100 });
    await expect(sale.request(1)).rejects.toThrow('tooMuch');
    const keys = sale.provider.calls.filter((call) => call.operation === 'refund').map((call) => call.key);
    expect(keys).toEqual([`${sale.sessionId}-refund-1`, `${sale.sessionId}-refund-2`]);
  });

  it.each([[0], [-50], [0.5], [Number.NaN]])('is never of %d: no call is made', async (amountMinor) => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    const run = sale.run('refundPayment', { ...refund.input(), amountMinor });
    await expect(run).rejects.toThrow(/whole number|refunded > 0/);
    expect(refund.callsMade()).toBe(0);
  });

  it('is never more than is left at the provider, whatever our records say', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    await sale.refundElsewhere(70);
    expect(await refund.tryOnce()).toEqual({ outcome: 'refused', code: 'nothingLeftToRefund', at: NOW });
    expect(refund.callsMade()).toBe(0);
    expect(await refund.operation()).toBeNull();
    expect(sale.truth().refundedMinor).toBe(70);
  });

  it('in another currency than the session is a matter for a person', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    const run = sale.run('refundPayment', { ...refund.input(), currency: 'EUR' });
    await expect(run).rejects.toMatchObject({ type: 'misconfigured', nonRetryable: true });
    expect(refund.callsMade()).toBe(0);
  });
});

describe('a refund that failed in between', () => {
  it('by a lost answer after the provider acted is found by the next try, not repeated', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    sale.provider.failNext('refund', 'outcomeUnknown', { afterActing: true });
    await expect(refund.tryOnce(1)).rejects.toMatchObject({ type: 'outcomeUnknown', nonRetryable: false });
    expect(await refund.operation()).toEqual({ state: 'unknown', tries: 1, detail: 'madeToFail' });
    expect(await refund.tryOnce(2)).toMatchObject({ outcome: 'refunded', snapshot: { refundedMinor: 50 } });
    expect(refund.callsMade()).toBe(1);
    expect(await refund.operation()).toMatchObject({ state: 'succeeded', tries: 1 });
  });

  it('by a lost answer is found in the next round too, although that has a step number of its own', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    sale.provider.failNext('refund', 'outcomeUnknown', { afterActing: true });
    await expect(refund.tryOnce()).rejects.toMatchObject({ type: 'outcomeUnknown' });
    await refund.begin();
    expect(await refund.tryOnce()).toMatchObject({ outcome: 'refunded' });
    expect(refund.callsMade()).toBe(1);
  });

  it('without acting is repeated under the same key', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    sale.provider.failNext('refund', 'outcomeUnknown');
    sale.provider.failNext('refund', 'unavailable');
    await expect(refund.tryOnce(1)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    await expect(refund.tryOnce(2)).rejects.toMatchObject({ type: 'unavailable' });
    expect(await refund.tryOnce(3)).toMatchObject({ outcome: 'refunded' });
    expect(refund.callsMade()).toBe(3);
    expect(sale.truth().refundedMinor).toBe(50);
  });

  it('with a no that its key keeps is refused: who wants it asks for another', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    sale.provider.failNext('refund', 'misconfigured', { code: '5100', keyBinding: 'bound' });
    await expect(refund.tryOnce()).rejects.toMatchObject({ type: 'misconfigured', nonRetryable: true });
    expect(await refund.operation()).toMatchObject({ state: 'refusedForNow', detail: '5100' });
    await refund.begin();
    expect(await refund.tryOnce()).toMatchObject({ outcome: 'refused', code: '5100' });
    expect(refund.callsMade()).toBe(1);
    expect(await refund.operation()).toMatchObject({ state: 'refused', detail: '5100' });
    expect(sale.truth().refundedMinor).toBe(0);
  });

  it('with a no that the key may not keep is tried with the same key: it may be an echo', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      sale.provider.failNext('refund', 'outcomeUnknown', { code: '6210', keyBinding: 'perhaps' });
      await expect(refund.tryOnce(attempt)).rejects.toMatchObject({
        type: 'outcomeUnknown',
        nonRetryable: false,
      });
    }
    expect(await refund.operation()).toMatchObject({ state: 'refusedUnclear', tries: 6 });
  });

  it('at a provider without keys is not called again: it waits until a read shows it', async () => {
    const sale = await aSale(bench, 100, { provider: { ...EVERYTHING, idempotencyKeys: false } });
    const refund = await sale.refund(50);
    sale.provider.failNext('refund', 'outcomeUnknown');
    await expect(refund.tryOnce(1)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    await expect(refund.tryOnce(2)).rejects.toMatchObject({ type: 'notVisibleYet', nonRetryable: false });
    expect(refund.callsMade()).toBe(1);
    await sale.refundElsewhere(50);
    expect(await refund.tryOnce(3)).toMatchObject({ outcome: 'refunded' });
  });

  it('is not written when it cannot be read first', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    sale.provider.failNext('read', 'unavailable');
    await expect(refund.tryOnce()).rejects.toMatchObject({ type: 'unavailable' });
    expect(refund.callsMade()).toBe(0);
    expect(await sale.run('reviewAction', refund.identity)).toEqual({ call: 'notMade' });
  });

  it('is unclear, for the workflow, from the first call on', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    sale.provider.failNext('refund', 'unavailable');
    await expect(refund.tryOnce()).rejects.toMatchObject({ type: 'unavailable' });
    expect(await sale.run('reviewAction', refund.identity)).toEqual({ call: 'unclear' });
  });

  it('is not written with a capture that the provider does not show just now', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    const unread = Object.assign(Object.create(sale.provider) as typeof sale.provider, {
      read: () => Promise.resolve(null),
    });
    const deps = { providers: { [sale.charge.customer.partnerId]: unread } };
    await expect(refund.tryOnce(1, {}, deps)).rejects.toMatchObject({ type: 'notVisibleYet' });
    expect(refund.callsMade()).toBe(0);
  });

  it('before its own deadline: nothing is called when no time is left to wait for an answer', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    const late = refund.tryOnce(1, { startToCloseTimeoutMs: 10 });
    await expect(late).rejects.toMatchObject({ type: 'tooLate', nonRetryable: false });
    expect(refund.callsMade()).toBe(0);
  });
});

describe('a refund that the provider refuses', () => {
  it('is told and recorded, and not called for again, in no round', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    sale.provider.failNext('refund', 'rejected', { code: '6220' });
    expect(await refund.tryOnce(1)).toEqual({ outcome: 'refused', code: '6220', at: NOW });
    expect(await refund.operation()).toEqual({ state: 'refused', tries: 1, detail: '6220' });
    expect(await refund.tryOnce(2)).toEqual({ outcome: 'refused', code: '6220', at: NOW });
    await refund.begin();
    expect(await refund.tryOnce(1)).toEqual({ outcome: 'refused', code: '6220', at: NOW });
    expect(refund.callsMade()).toBe(1);
    expect(sale.truth().refundedMinor).toBe(0);
  });

  it('is not made good by a refund of somebody else', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    sale.provider.failNext('refund', 'rejected', { code: '6220' });
    await refund.tryOnce(1);
    await sale.refundElsewhere(50);
    expect(await refund.tryOnce(2)).toMatchObject({ outcome: 'refused', code: '6220' });
  });

  it('after an unclear try is not told as refused before a later read', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    sale.provider.lagReads(sale.charge.reference, 3);
    sale.provider.failNext('refund', 'outcomeUnknown', { afterActing: true });
    sale.provider.failNext('refund', 'rejected', { code: 'alreadyDone' });
    await expect(refund.tryOnce(1)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    await expect(refund.tryOnce(2)).rejects.toMatchObject({ type: 'notVisibleYet' });
    expect(await refund.tryOnce(3)).toMatchObject({ outcome: 'refunded', snapshot: { refundedMinor: 50 } });
  });

  it('is unsupported where there is no such call', async () => {
    const sale = await aSale(bench, 100, { provider: { release: 'call' } });
    const refund = await sale.refund(50);
    expect(await refund.tryOnce()).toMatchObject({ outcome: 'refused', code: 'unsupported' });
  });
});

describe('a refund among others', () => {
  it('that was confirmed is waited for, not called for again, while reads lag behind', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    sale.provider.lagReads(sale.charge.reference, 4);
    await expect(refund.tryOnce(1)).rejects.toMatchObject({ type: 'notVisibleYet', nonRetryable: false });
    await expect(refund.tryOnce(2)).rejects.toMatchObject({ type: 'notVisibleYet' });
    expect(await refund.tryOnce(3)).toMatchObject({ outcome: 'refunded' });
    expect(refund.callsMade()).toBe(1);
  });

  it('takes no earlier refund for itself, also when its own first read did not show that one yet', async () => {
    const sale = await aSale(bench, 200);
    await sale.refunded(50);
    const second = await sale.refund(50);
    const { provider } = sale;
    let reads = 0;
    const lagging = Object.assign(Object.create(provider) as typeof provider, {
      read: async (payment: Parameters<typeof provider.read>[0]) => {
        const snapshot = await provider.read(payment);
        reads += 1;
        return snapshot && reads === 1 ? { ...snapshot, refundedMinor: 0 } : snapshot;
      },
    });
    const deps = { providers: { [sale.charge.customer.partnerId]: lagging } };
    provider.failNext('refund', 'outcomeUnknown');
    await expect(second.tryOnce(1, {}, deps)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    expect(await second.tryOnce(2, {}, deps)).toMatchObject({ outcome: 'refunded' });
    expect(sale.truth().refundedMinor).toBe(100);
    expect(second.callsMade()).toBe(2);
  });

  it('takes no refund made elsewhere after its unclear call for itself, where the log says whose it was', async () => {
    const sale = await aSale(bench, 200, { provider: { ...EVERYTHING, eventLog: true } });
    const refund = await sale.refund(50);
    sale.provider.failNext('refund', 'outcomeUnknown');
    await expect(refund.tryOnce(1)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    await sale.refundElsewhere(50);
    expect(await refund.tryOnce(2)).toMatchObject({ outcome: 'refunded', snapshot: { refundedMinor: 100 } });
    expect(refund.callsMade()).toBe(2);
    expect(sale.truth().refundedMinor).toBe(100);
  });

  it('takes no refund made elsewhere before its first call for itself', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    const dying = { ...bench.stores.money, startOperation: () => Promise.reject(new ProcessDied()) };
    const deps = { stores: { ...bench.stores, money: dying } };
    await expect(refund.tryOnce(1, {}, deps)).rejects.toSatisfy(isDeath);
    await sale.refundElsewhere(50);
    expect(await refund.tryOnce(2)).toMatchObject({ outcome: 'refunded' });
    expect(refund.callsMade()).toBe(1);
    expect(sale.truth().refundedMinor).toBe(100);
  });

  it('whose try hangs before its call while a later action has begun makes no call any more', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    const { held, reached, letGo } = holding(bench.stores.money, 'startOperation');
    const hanging = refund
      .tryOnce(1, {}, { stores: { ...bench.stores, money: held } })
      .catch((error: unknown) => error);
    await reached;
    await sale.run('finishAction', {
      ...refund.identity,
      state: 'failed',
      detail: 'outcomeUnknown',
      snapshot: null,
      attention: 'refundUncertain',
    });
    await sale.refunded(100);
    letGo();
    expect(await hanging).toMatchObject({ type: 'staleToken', nonRetryable: true });
    expect(refund.callsMade()).toBe(0);
    expect(sale.truth().refundedMinor).toBe(100);
  });

  it('that was found not to be made is not made afterwards by a try that was only cut off', async () => {
    const sale = await aSale(bench);
    const refund = await sale.refund(50);
    const { held, reached, letGo } = holding(sale.provider, 'read');
    const cutOff = refund
      .tryOnce(5, {}, { providers: { [sale.charge.customer.partnerId]: held } })
      .catch((error: unknown) => error);
    await reached;
    expect(await sale.run('reviewAction', refund.identity)).toEqual({ call: 'notMade' });
    letGo();
    expect(await cutOff).toMatchObject({ type: 'staleToken', nonRetryable: true });
    expect(refund.callsMade()).toBe(0);
    expect(sale.truth().refundedMinor).toBe(0);
  });

  it("stops a money step that the session's own ended workflow has left behind", async () => {
    const sale = await aSale(bench);
    const { customer } = sale.charge;
    const { held, reached, letGo } = holding(bench.stores.money, 'startOperation');
    const deps = { stores: { ...bench.stores, money: held } };
    const left = customer
      .run('releasePayment', sale.charge.releaseInput(400), {}, deps)
      .catch((error: unknown) => error);
    await reached;
    await sale.refunded(50);
    letGo();
    expect(await left).toMatchObject({ type: 'staleToken' });
    expect(sale.truth()).toMatchObject({ refundedMinor: 50, releasedMinor: 0 });
  });
});

describe('a refund whose process dies', () => {
  /** Tries until one comes through, as the retry policy does. */
  async function comesThrough(refund: Refund): Promise<void> {
    for (let attempt = 2; attempt <= 6; attempt += 1) {
      const result = await refund.tryOnce(attempt).catch((error: unknown) => ({ failed: error }));
      if ('outcome' in result) return expect(result).toMatchObject({ outcome: 'refunded' });
      expect(result.failed).toMatchObject({ nonRetryable: false });
    }
    throw new Error('five tries were not enough');
  }

  describe.each([
    ['before the call acts', false],
    ['after the call has acted', true],
  ])('%s', (_, afterActing) => {
    it.each([
      ['reads at once', 0],
      ['reads late', 3],
    ])('at any moment, at a provider that %s, is made once', async (_reads, lag) => {
      let deaths = 0;
      for (let moment = 1; ; moment += 1) {
        const sale = await aSale(bench);
        const refund = await sale.refund(50);
        const mortal = new Mortal(moment, afterActing);
        sale.provider.lagReads(sale.charge.reference, lag);
        const died = await refund
          .tryOnce(1, {}, mortal.deps(sale.charge.customer.deps))
          .catch((error: unknown) => error);
        if (mortal.calls < moment) break;
        expect(died).toSatisfy(isDeath);
        deaths += 1;
        await comesThrough(refund);
        expect(sale.truth().refundedMinor).toBe(50);
        expect(await refund.operation()).toMatchObject({ state: 'succeeded' });
        expect(refund.callsMade()).toBeLessThanOrEqual(2);
      }
      expect(deaths).toBeGreaterThan(6);
    });
  });

  it('between refund and credit note, at any moment of the note, has exactly one note', async () => {
    for (const afterActing of [false, true])
      for (let moment = 1; ; moment += 1) {
        const sale = await aSale(bench);
        const refund = await sale.refund(50);
        await refund.tryOnce();
        const mortal = new Mortal(moment, afterActing);
        const deps = mortal.deps(sale.charge.customer.deps);
        await sale.run('issueCreditNote', refund.identity, {}, deps).catch(() => {});
        if (mortal.calls < moment) break;
        const note = await sale.run('issueCreditNote', refund.identity);
        expect(note).toEqual({ receiptNumber: 2 });
        await refund.succeed();
        expect((await sale.documents()).map(({ number }) => number)).toEqual([2]);
      }
  });
});

describe('a credit note', () => {
  it('states what the sale stated, with the amounts of the refund', async () => {
    const sale = await aSale(bench);
    const [original] = await sale.documents('sale');
    bench.now = '2026-12-01T08:00:00.000Z';
    const refund = await sale.refunded(50);
    const [note] = await sale.documents();
    expect(note).toMatchObject({
      kind: 'creditNote',
      number: 2,
      operationId: refund.action.operationId,
      issuedAt: '2026-12-01T08:00:00.000Z',
      partnerId: sale.charge.customer.partnerId,
    });
    expect(note?.token).not.toBe(original?.token);
    const amounts = { grossMinor: 50, capturedMinor: 50, netMinor: 40, vatMinor: 10 };
    expect(note?.data).toEqual({ ...original?.data, ...amounts });
  });

  it('keeps what the sale stated, also when the partner has changed since', async () => {
    const sale = await aSale(bench);
    const { partnerId } = sale.charge.customer;
    await bench.stores.settings.updatePartner(partnerId, { name: 'Renamed' });
    await sale.refunded(50);
    const [note] = await sale.documents();
    expect(note?.data.merchantName).toBe('Reference partner');
  });

  it("takes numbers of the partner's one series, without gaps, refused refunds included", async () => {
    const sale = await aSale(bench);
    const refused = await sale.refund(50);
    sale.provider.failNext('refund', 'rejected');
    await refused.tryOnce();
    const end = { state: 'refused', detail: 'x', snapshot: null, attention: null } as const;
    await sale.run('finishAction', { ...refused.identity, ...end });
    await sale.refunded(30);
    await sale.refunded(70);
    expect((await sale.documents()).map(({ number }) => number)).toEqual([2, 3]);
    expect((await sale.documents('sale')).map(({ number }) => number)).toEqual([1]);
  });

  it('of the whole sale in parts adds up to the VAT of the sale', async () => {
    const sale = await aSale(bench, 333);
    for (const amountMinor of [111, 1, 110, 111]) await sale.refunded(amountMinor);
    const notes = await sale.documents();
    const [original] = await sale.documents('sale');
    for (const key of ['netMinor', 'vatMinor', 'grossMinor'] as const)
      expect(notes.reduce((sum, { data }) => sum + data[key], 0)).toBe(original?.data[key]);
  });
});

describe('the end of an action', () => {
  it('shows in the projection what the provider showed', async () => {
    const sale = await aSale(bench);
    await sale.refunded(50);
    expect(await sale.record()).toMatchObject({ refundedMinor: 50, capturedMinor: 100, state: 'captured' });
  });

  it('of a late release shows it as proven by the provider', async () => {
    const sale = await aSale(bench);
    const action = await sale.request(400, 'release');
    const identity = { sessionId: sale.sessionId, actionId: action.actionId };
    const begun = await sale.run('beginAction', identity);
    const released = await sale.run('releasePayment', { step: 'release', ...begun });
    if (released.type !== 'released') throw new Error('not released');
    const { snapshot } = released;
    await sale.run('finishAction', {
      ...identity,
      state: 'succeeded',
      detail: null,
      snapshot,
      attention: null,
    });
    expect(await sale.record()).toMatchObject({ releasedMinor: 400, releaseSource: 'provider' });
    expect(await sale.documents()).toEqual([]);
  });

  it('of a payment that is not the one the session used leaves the amounts of the session alone', async () => {
    const sale = await aSale(bench);
    const before = await sale.record();
    const action = await sale.request(400, 'release');
    await sale.run('finishAction', {
      sessionId: sale.sessionId,
      actionId: action.actionId,
      state: 'succeeded',
      detail: null,
      snapshot: { ...sale.truth(), providerReference: 'another', releasedMinor: 500 },
      attention: null,
    });
    const { releasedMinor, releaseSource } = before;
    expect(await sale.record()).toMatchObject({ releasedMinor, releaseSource });
  });

  it.each(['beginAction', 'reviewAction', 'issueCreditNote'] as const)(
    '%s of an action that is not there is a matter for a person',
    async (activity) => {
      const sale = await aSale(bench);
      const identity = { sessionId: sale.sessionId, actionId: randomUUID() };
      await expect(sale.run(activity, identity)).rejects.toMatchObject({ type: 'misconfigured' });
    },
  );
});
