// A payment link that does not arrive. Stores are real, gateways in memory.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { watchLinks, type ReportedLinks } from '../../src/app/attention/text-watch.ts';
import { addMs } from '../../src/domain/instant.ts';
import type { DeliveryState } from '../../src/domain/text-delivery.ts';
import {
  ActivityBench,
  HOUR_MS,
  MINUTE_MS,
  NO_PAGE,
  NOW,
  type Charge,
  type CustomerOptions,
} from '../activities/activity-bench.ts';
import { Mortal } from '../activities/interrupted.ts';
import { FakeWorkflows } from '../api/fake-workflows.ts';
import { FakeGateway } from '../support/fake-gateway.ts';

let bench: ActivityBench;
let second: FakeGateway;
let logged: object[];
let workflows: FakeWorkflows;
let reported: ReportedLinks;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.now = NOW;
  second = new FakeGateway('link2');
  logged = [];
  workflows = new FakeWorkflows();
  reported = new Map();
});

// What one test leaves waiting is not the next one's matter.
afterEach(async () => {
  for (const { texts } of await bench.stores.outbox.listWaiting(NOW))
    for (const { outboundId, gateway } of texts)
      await bench.stores.outbox.recordDelivery(gateway, {
        outboundId,
        gatewayMessageId: 'gw',
        part: 0,
        state: 'delivered',
        resultCode: '1001',
        at: NOW,
      });
});

const keep = (fields: object) => void logged.push(fields);

/** One pass of the watch; `stores`: others than the bench's. */
async function pass(
  options: { account?: { gateway: FakeGateway; shortNumber: string | null } | null; stores?: object } = {},
) {
  const { account = null, stores = bench.stores } = options;
  const deps = {
    stores: { ...bench.stores, ...stores },
    secondAccount: account,
    workflows,
    clock: { now: () => bench.now },
    log: { info: () => {}, warn: keep, error: keep },
  };
  await watchLinks(deps, reported);
}

async function invited(
  fault: 'rejected' | 'misconfigured' | null = null,
  options: CustomerOptions = {},
): Promise<Charge> {
  const charge = await (await bench.customer(options)).begin();
  if (fault) bench.gateway.failNext(charge.sessionId, fault, { code: '106000' });
  await charge.customer.run('sendText', charge.textInput('paymentLink')).catch(() => {});
  return charge;
}

async function report(charge: Charge, state: DeliveryState, kind = 'paymentLink', gateway = 'link') {
  const outboundId = `${charge.sessionId}-${kind}-1`;
  const of = { outboundId, gatewayMessageId: 'gw', part: 0, resultCode: '1003', at: bench.now };
  await bench.stores.outbox.recordDelivery(gateway, { ...of, state });
}

const tasksOf = async ({ sessionId }: Charge) =>
  (await bench.stores.attention.list({ sessionIds: [sessionId] })).map(({ reason, details }) => ({
    reason,
    ...details,
  }));

const linkOf = { reason: 'linkNotDelivered', text: 'paymentLink', gateway: 'link', resentBy: null };

describe('a payment link that does not arrive', () => {
  it('raises attention when it is refused, with the code, and logs it once', async () => {
    const charge = await invited('rejected');
    await pass();
    await pass();
    expect(await tasksOf(charge)).toEqual([{ ...linkOf, fault: 'refused', code: '106000' }]);
    const { sessionId } = charge;
    const mine = logged.filter((line) => 'sessionId' in line && line.sessionId === sessionId);
    expect(mine).toMatchObject([{ event: 'linkNotDelivered', fault: 'refused' }]);
  });

  it('raises attention when it is reported failed, until a later link is delivered', async () => {
    const charge = await invited();
    await pass();
    expect(await tasksOf(charge)).toEqual([]);
    await report(charge, 'failed');
    await pass();
    expect(await tasksOf(charge)).toEqual([{ ...linkOf, fault: 'failed', code: '1003' }]);
    await charge.customer.run('sendText', charge.textInput('linkAgain'));
    await pass();
    expect(await tasksOf(charge)).toHaveLength(1);
    await report(charge, 'delivered', 'linkAgain');
    await pass();
    expect(await tasksOf(charge)).toEqual([]);
  });

  it('raises attention after a minute without a report, and closes it with a late one', async () => {
    const charge = await invited();
    bench.now = addMs(NOW, MINUTE_MS - 1);
    await pass();
    expect(await tasksOf(charge)).toEqual([]);
    bench.now = addMs(NOW, MINUTE_MS);
    await pass();
    expect(await tasksOf(charge)).toEqual([{ ...linkOf, fault: 'noReport', code: null }]);
    await report(charge, 'delivered');
    await pass();
    expect(await tasksOf(charge)).toEqual([]);
  });

  it('is given up when the process died while sending it and the session has ended meanwhile', async () => {
    const charge = await (await bench.customer()).begin();
    const session = await bench.stores.sessions.find(charge.sessionId);
    if (!session) throw new Error('no session');
    const { sessionId, subscriberId } = session;
    const outboundId = `${sessionId}-paymentLink-1`;
    const envelope = {
      outboundId,
      sessionId,
      inboxId: null,
      subscriberId,
      gateway: 'link',
      shortNumber: '1',
    };
    const link = { ...envelope, kind: 'paymentLink', text: 'Pay here' };
    await bench.stores.outbox.startSending(link, { mayRepeat: true, at: NOW });
    await charge.customer.run('recordSession', {
      projection: {
        ...charge.view({ state: 'cancelled' }),
        revision: 5,
        handledInboxIds: [],
        ...NO_PAGE,
        sinceRevision: 0,
      },
    });
    // The activity's retry, as after the kill: the customer needs no link any more.
    await charge.customer.run('sendText', charge.textInput('paymentLink'));
    bench.now = addMs(NOW, MINUTE_MS + 1);
    await pass();
    const [text] = await bench.stores.outbox.listForSession(sessionId);
    expect(text).toMatchObject({ state: 'unknown', code: 'the process ended while sending' });
    expect(logged).toContainEqual({ event: 'sendInterrupted', texts: 1 });
  });

  it('is no matter any more when the session waits no longer', async () => {
    const charge = await invited('rejected');
    await pass();
    const session = charge.view({ state: 'expired' });
    await charge.customer.run('recordSession', {
      projection: { ...session, revision: 5, handledInboxIds: [], ...NO_PAGE, sinceRevision: 0 },
    });
    await pass();
    expect(await tasksOf(charge)).toEqual([]);
  });

  it('is no matter any more when the customer has ended the session', async () => {
    const charge = await invited('rejected');
    await pass();
    expect(await tasksOf(charge)).toHaveLength(1);
    await charge.customer.text('ENDCHARGE');
    await pass();
    expect(await tasksOf(charge)).toEqual([]);
  });

  it('has arrived when the customer has opened it, whatever the gateway reports', async () => {
    const charge = await invited(null, { provider: { paymentOnOpen: true } });
    await charge.customer.run('reservePayment', charge.reserveInput());
    bench.now = addMs(NOW, MINUTE_MS);
    await pass();
    expect(await tasksOf(charge)).toEqual([]);
  });

  it('is no matter any more when it leads nowhere', async () => {
    const charge = await invited('rejected', { service: { linkLifeMs: HOUR_MS } });
    bench.now = addMs(NOW, HOUR_MS - 1);
    await pass();
    expect(await tasksOf(charge)).toHaveLength(1);
    bench.now = addMs(NOW, HOUR_MS);
    await pass();
    expect(await tasksOf(charge)).toEqual([]);
  });

  it('still is one when an end word came late that was sent during an earlier session', async () => {
    const earlier = await invited();
    const { customer, sessionId } = earlier;
    bench.now = addMs(NOW, 2 * MINUTE_MS);
    const ended = { ...earlier.view({ state: 'cancelled' }), revision: 5, handledInboxIds: [] };
    await customer.run('recordSession', { projection: { ...ended, ...NO_PAGE, sinceRevision: 0 } });
    await customer.run('freeSlot', { sessionId, handledInboxIds: [], lastEndChargeAt: null });
    bench.now = addMs(NOW, 5 * MINUTE_MS);
    const charge = await customer.begin();
    bench.gateway.failNext(charge.sessionId, 'rejected');
    await customer.run('sendText', charge.textInput('paymentLink'));
    await customer.text('ENDCHARGE', { sentAt: addMs(NOW, MINUTE_MS) });
    await pass();
    expect(await tasksOf(charge)).toHaveLength(1);
  });

  it.each(['paymentLink', 'statusWaiting'] as const)(
    'is not texted late, once the customer uses what it was for (%s)',
    async (kind) => {
      const charge = await invited('misconfigured');
      const session = charge.view({ state: 'active' });
      const projection = { ...session, revision: 5, handledInboxIds: [], ...NO_PAGE, sinceRevision: 0 };
      await charge.customer.run('recordSession', { projection });
      const { outcome } = await charge.customer.run('sendText', charge.textInput(kind));
      expect([outcome, charge.customer.texts()]).toEqual(['suppressed', []]);
    },
  );
});

describe('the session', () => {
  it('is told once of its lost link, and once more when it has arrived', async () => {
    const charge = await invited();
    const session = workflows.run(charge.sessionId);
    await report(charge, 'failed');
    await pass();
    await pass();
    expect(session.linkReports).toEqual([{ fault: 'failed' }]);
    await report(charge, 'delivered');
    await pass();
    await pass();
    expect(session.linkReports).toEqual([{ fault: 'failed' }, { fault: null }]);
  });

  it('is told that it has arrived also by a process that did not tell of its loss', async () => {
    const charge = await invited();
    const session = workflows.run(charge.sessionId);
    await report(charge, 'failed');
    await pass();
    await report(charge, 'delivered');
    reported = new Map();
    await pass();
    expect(session.linkReports).toEqual([{ fault: 'failed' }, { fault: null }]);
  });

  it('is told that it has arrived when the customer has opened it', async () => {
    const charge = await invited(null, { provider: { paymentOnOpen: true } });
    const session = workflows.run(charge.sessionId);
    bench.now = addMs(NOW, MINUTE_MS);
    await pass();
    await charge.customer.run('reservePayment', charge.reserveInput());
    await pass();
    expect(session.linkReports).toEqual([{ fault: 'noReport' }, { fault: null }]);
  });

  it('that Temporal could not be told is told in the next pass, and its task and its second link do not wait', async () => {
    const charge = await invited('rejected');
    const session = workflows.run(charge.sessionId);
    workflows.down = true;
    await expect(pass({ account: { gateway: second, shortNumber: null } })).rejects.toThrow('UNAVAILABLE');
    expect(await tasksOf(charge)).toHaveLength(1);
    expect(second.textsTo(charge.customer.msisdn)).toHaveLength(1);
    workflows.down = false;
    await pass();
    expect(session.linkReports).toEqual([{ fault: 'refused' }]);
  });
});

describe('the second account', () => {
  const account = (shortNumber: string | null = null) => ({ gateway: second, shortNumber });
  const resentTo = ({ customer }: Charge) => second.textsTo(customer.msisdn);
  const statesOf = async ({ sessionId }: Charge) =>
    (await bench.stores.outbox.listForSession(sessionId)).map(({ kind, gateway, state }) =>
      [kind, gateway, state].join(' '),
    );

  it.each(['rejected', 'misconfigured'] as const)(
    'gets the same words once where the first account %s it, however often is looked',
    async (fault) => {
      const charge = await invited(fault);
      bench.now = addMs(NOW, MINUTE_MS);
      for (let passes = 0; passes < 3; passes += 1) await pass({ account: account() });
      const [link] = await bench.stores.outbox.listForSession(charge.sessionId);
      expect(resentTo(charge)).toEqual([link?.text]);
      expect(second.sent.find(({ msisdn }) => msisdn === charge.customer.msisdn)).toMatchObject({
        outboundId: `${charge.sessionId}-paymentLinkResent-1`,
        shortNumber: charge.customer.shortNumber,
      });
      expect(await tasksOf(charge)).toMatchObject([{ resentBy: 'link2' }]);
    },
  );

  it('sends from its own number where it has one', async () => {
    const charge = await invited('rejected');
    await pass({ account: account('2012') });
    expect(second.sent.at(-1)).toMatchObject({ shortNumber: '2012', msisdn: charge.customer.msisdn });
  });

  it('closes the task when its link is delivered, and never sends a third', async () => {
    const charge = await invited();
    await report(charge, 'failed');
    await pass({ account: account() });
    await report(charge, 'failed', 'paymentLinkResent', 'link2');
    bench.now = addMs(NOW, 10 * MINUTE_MS);
    await pass({ account: account() });
    expect(await tasksOf(charge)).toHaveLength(1);
    expect(resentTo(charge)).toHaveLength(1);
    await report(charge, 'delivered', 'paymentLinkResent', 'link2');
    await pass({ account: account() });
    expect(await tasksOf(charge)).toEqual([]);
  });

  it('is left alone while the link may still arrive', async () => {
    const charge = await invited();
    await pass({ account: account() });
    await report(charge, 'delivered');
    bench.now = addMs(NOW, 10 * MINUTE_MS);
    await pass({ account: account() });
    expect(resentTo(charge)).toEqual([]);
  });

  it('that certainly did not take it is asked again', async () => {
    const charge = await invited('rejected');
    second.failNext(charge.sessionId, 'unavailable');
    await pass({ account: account() });
    expect(resentTo(charge)).toEqual([]);
    await pass({ account: account() });
    expect(resentTo(charge)).toHaveLength(1);
  });

  it('is not asked for a link of ten minutes ago, nor for a session that waits no longer', async () => {
    const old = await invited('rejected', { service: { linkLifeMs: HOUR_MS } });
    second.failNext(old.sessionId, 'unavailable');
    await pass({ account: account() });
    bench.now = addMs(NOW, 10 * MINUTE_MS);
    await pass({ account: account() });
    expect(resentTo(old)).toEqual([]);
  });

  it('that hangs is left alone for the rest of the pass', async () => {
    const charges: Charge[] = [];
    for (let n = 0; n < 12; n += 1) charges.push(await invited('rejected'));
    const fault = second.failNext('paymentLinkResent', 'outcomeUnknown', { times: 100 });
    await pass({ account: account() });
    expect(100 - fault.times).toBe(1);
    fault.times = 0;
    await pass({ account: account() });
    expect(charges.filter((charge) => resentTo(charge).length === 1).length).toBe(11);
  });

  it('is asked for new links in the pass that gives up what was cut off', async () => {
    const cutOff: Charge[] = [];
    for (let n = 0; n < 2; n += 1) {
      const charge = await invited('rejected');
      const mark = { markSent: () => Promise.reject(new Error('the process ended')) };
      const stores = { outbox: { ...bench.stores.outbox, ...mark } };
      await pass({ account: account(), stores }).catch(() => {});
      cutOff.push(charge);
    }
    bench.now = addMs(NOW, 2 * MINUTE_MS);
    const later = [await invited('rejected'), await invited('rejected')];
    await pass({ account: account() });
    expect(later.map((charge) => resentTo(charge).length)).toEqual([1, 1]);
    for (const charge of cutOff) expect((await statesOf(charge))[1]).toBe('paymentLinkResent link2 unknown');
  });

  it('that refuses one number is asked for the others', async () => {
    const refused = await invited('rejected');
    const other = await invited('rejected');
    second.failNext(refused.sessionId, 'misconfigured');
    await pass({ account: account() });
    expect([resentTo(refused).length, resentTo(other).length]).toEqual([0, 1]);
  });

  it('that was away when two processes asked it at once is asked again', async () => {
    const charge = await invited('rejected');
    second.failNext(charge.sessionId, 'unavailable');
    await Promise.all([pass({ account: account() }), pass({ account: account() })]);
    bench.now = addMs(NOW, 2 * MINUTE_MS);
    await pass({ account: account() });
    expect(resentTo(charge)).toHaveLength(1);
  });

  it('is never asked twice when two processes look at once', async () => {
    const charge = await invited('rejected');
    await Promise.all([pass({ account: account() }), pass({ account: account() })]);
    expect(resentTo(charge)).toHaveLength(1);
  });

  it.each([true, false])(
    'never sends twice, whenever the process dies (after the call: %s)',
    async (after) => {
      for (let moment = 1; ; moment += 1) {
        bench.now = NOW;
        const charge = await invited('rejected');
        const mortal = new Mortal(moment, after);
        const { stores, gateways } = mortal.deps({ ...charge.customer.deps, gateways: { link2: second } });
        const dying = { gateway: gateways['link2'] as FakeGateway, shortNumber: null };
        await pass({ account: dying, stores }).catch(() => {});
        await pass({ account: account() });
        bench.now = addMs(bench.now, MINUTE_MS);
        for (let passes = 0; passes < 3; passes += 1) await pass({ account: account() });
        expect(resentTo(charge).length).toBeLessThanOrEqual(1);
        const [, resent] = await statesOf(charge);
        if (resentTo(charge).length === 0) expect(resent).toBe('paymentLinkResent link2 unknown');
        await report(charge, 'delivered');
        if (mortal.calls < moment) {
          expect(moment).toBeGreaterThan(6);
          return;
        }
      }
    },
  );
});
