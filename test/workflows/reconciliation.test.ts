// Our ledger against the provider's on the real server: differences become tasks, held money an action, and nothing else
// is touched.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { proveSession, reconcileDays } from '../../src/app/proofs.ts';
import { describeSession } from '../../src/app/sessions/session-description.ts';
import { requestAction } from '../../src/app/actions/request-action.ts';
import { createIssuedNumbers, createSessionExecutions } from '../../src/app/sessions/session-executions.ts';
import { SessionWatch } from '../../src/app/attention/session-watch.ts';
import { addMs } from '../../src/domain/instant.ts';
import { paymentReferenceOf } from '../../src/domain/session/payment.ts';
import { isSessionReason, type RaisedReason } from '../../src/domain/attention.ts';
import { claimNamespace, namespaceTrouble } from '../../src/main/temporal.ts';
import {
  CHARGE_SESSION_WORKFLOW,
  chargeSessionWorkflowId,
  RECONCILIATION_WORKFLOW,
  type ReconciliationResult,
} from '../../src/workflows/contract.ts';
import { NEEDS_ATTENTION } from '../../src/workflows/search-attributes.ts';
import {
  HOUR_MS,
  MINUTE_MS,
  SessionWorld,
  type Session,
  type SubscriberOptions,
} from '../support/session-world.ts';

const DAY_MS = 24 * HOUR_MS;
const WRITES = ['reserve', 'capture', 'release', 'abandon', 'refund'] as const;

let world: SessionWorld;
beforeAll(async () => {
  world = await SessionWorld.open();
});
afterAll(() => world.close());

async function reconcile(): Promise<ReconciliationResult> {
  const { workflow } = world.env.client;
  return await workflow.execute<() => Promise<ReconciliationResult>>(RECONCILIATION_WORKFLOW, {
    workflowId: world.env.uniqueId('reconciliation'),
    taskQueue: world.taskQueue,
  });
}

async function openTasks({ sessionId }: Session) {
  const entries = await world.stores.attention.list({ sessionIds: [sessionId] });
  return entries
    .filter(({ reason }) => !isSessionReason(reason))
    .map(({ reason, details }) => ({ reason, details }));
}

const reasons = async (session: Session): Promise<RaisedReason[]> =>
  (await openTasks(session)).map(({ reason }) => reason);

/** A session of one hour, charged 100 of 500, that has ended. */
async function aSale(options: SubscriberOptions = { provider: 'calling' }): Promise<Session> {
  const customer = await world.subscriber(options);
  const session = await customer.charge();
  await session.approve();
  await session.later(HOUR_MS);
  await customer.text('ENDCHARGE');
  expect(await session.ended()).toMatchObject({ capturedMinor: 100 });
  return session;
}

async function refundInPortal({ reference, subscriber }: Session, amountMinor: number): Promise<void> {
  await subscriber.provider.refund({
    paymentReference: reference,
    providerReference: null,
    idempotencyKey: 'by somebody in the portal',
    amountMinor,
    currency: 'NOK',
  });
}

/** An hour into the use, by hand in Temporal. */
async function terminatedInUse(): Promise<Session> {
  const customer = await world.subscriber({ provider: 'calling' });
  const session = await customer.charge();
  await session.approve();
  await session.later(HOUR_MS);
  await session.handle.terminate('by hand');
  return session;
}

const writesTo = (session: Session): number =>
  WRITES.reduce(
    (sum, operation) => sum + session.subscriber.provider.countOf(operation, session.reference),
    0,
  );

/** Everything we have on record of a session besides what needs attention and the time of the last read. */
async function recordOf({ sessionId }: Session) {
  const { sessions, money, receipts, actions } = world.stores;
  return {
    session: { ...(await sessions.find(sessionId)), attention: null },
    operations: await money.listOperations(sessionId),
    receipts: await receipts.listForSession(sessionId),
    actions: await actions.listForSession(sessionId),
  };
}

describe('a session that went well', () => {
  it('is equal, or equal as far as its provider shows it, and nothing is written anywhere', async () => {
    const sales = [await aSale(), await aSale({ provider: 'assuming' })];
    const before = await Promise.all(sales.map(recordOf));
    const writes = sales.map(writesTo);
    const { counts } = await reconcile();
    expect(counts['equal']).toBeGreaterThanOrEqual(1);
    expect(counts['assumed']).toBeGreaterThanOrEqual(1);
    expect(await Promise.all(sales.map(recordOf))).toEqual(before);
    expect(sales.map(writesTo)).toEqual(writes);
    for (const sale of sales) expect(await openTasks(sale)).toEqual([]);
  });

  it('is read for seven days after its end, and then no more', async () => {
    const sale = await aSale();
    const reads = () => sale.subscriber.provider.countOf('read', sale.reference);
    const untilEnd = reads();
    await reconcile();
    expect(reads()).toBe(untilEnd + 1);
    world.later(7 * DAY_MS - HOUR_MS);
    await reconcile();
    expect(reads()).toBe(untilEnd + 2);
    world.later(2 * HOUR_MS);
    await reconcile();
    expect(reads()).toBe(untilEnd + 2);
  });
});

describe('an amount that is not ours', () => {
  it('is a task with both numbers and changes nothing; it is closed when it is gone', async () => {
    const sale = await aSale();
    await refundInPortal(sale, 30);
    const before = await recordOf(sale);
    const writes = writesTo(sale);
    await reconcile();
    const payment = sale.reference;
    expect(await openTasks(sale)).toEqual([
      {
        reason: 'amountsDiffer',
        details: { payment, 'refunded, oursMinor': 0, 'refunded, theirsMinor': 30 },
      },
      {
        reason: 'eventLogDiffers',
        details: { payment, 'notOurs: refunded, oursMinor': 0, 'notOurs: refunded, loggedMinor': 30 },
      },
    ]);
    expect(await recordOf(sale)).toEqual(before);
    expect(writesTo(sale)).toBe(writes);

    await world.stores.attention.clear(
      { subject: sale.sessionId, reason: 'amountsDiffer', clearedBy: 'kari' },
      world.now(),
    );
    await reconcile();
    expect(await reasons(sale)).toEqual(['eventLogDiffers']);
  });

  it('stays a task when a refund of ours follows one made in the portal', async () => {
    const sale = await aSale();
    await refundInPortal(sale, 30);
    const ours = {
      kind: 'refund',
      amountMinor: 50,
      actionId: 'press',
      actor: 'kari',
      reason: 'agreed',
    } as const;
    const answer = await requestAction(world.actionDeps(), sale.sessionId, ours);
    expect(answer).toMatchObject({ kind: 'action', action: { state: 'succeeded' } });
    await reconcile();
    const payment = sale.reference;
    expect((await openTasks(sale)).find(({ reason }) => reason === 'amountsDiffer')?.details).toEqual({
      payment,
      'refunded, oursMinor': 50,
      'refunded, theirsMinor': 80,
    });
  });

  it('that was a slip of the provider is closed by the next run', async () => {
    const sale = await aSale();
    const { provider } = sale.subscriber;
    provider.distort(sale.reference, { capturedMinor: 90 });
    await reconcile();
    expect(await reasons(sale)).toContain('amountsDiffer');
    // 10 seem to be held now; as long as the capture is in doubt nobody gives anything back.
    expect(await world.stores.actions.listForSession(sale.sessionId)).toEqual([]);
    provider.distort(sale.reference, { capturedMinor: 100 });
    await reconcile();
    expect(await openTasks(sale)).toEqual([]);
  });
});

describe('a session that moves while it is looked at', () => {
  it('keeps what it has read itself meanwhile', async () => {
    const sale = await aSale();
    const { provider } = sale.subscriber;
    const [seen] = await world.stores.money.listPayments(sale.sessionId);
    const read = provider.read.bind(provider);
    vi.spyOn(provider, 'read').mockImplementation(async (payment) => {
      const snapshot = await read(payment);
      if (snapshot === null || payment.paymentReference !== sale.reference) return snapshot;
      world.later(1);
      await world.stores.money.recordSnapshot({ ...snapshot, refundedMinor: 30 }, world.now());
      world.later(1);
      return snapshot;
    });
    await reconcile();
    vi.restoreAllMocks();
    const [kept] = await world.stores.money.listPayments(sale.sessionId);
    expect(seen).toMatchObject({ capturedMinor: 100, refundedMinor: 0 });
    expect(kept).toMatchObject({ capturedMinor: 100, refundedMinor: 30 });
  });
});

describe('a session whose workflow was ended by hand', () => {
  it('while the customer had not used anything gives the money back, once and on record', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await customer.charge();
    await session.handle.terminate('by hand');
    customer.provider.approve(session.reference);
    await reconcile();
    const [action] = await world.stores.actions.listForSession(session.sessionId);
    expect(action).toMatchObject({
      kind: 'release',
      amountMinor: 500,
      actor: 'reconciliation',
      paymentNumber: 1,
    });
    await vi.waitFor(
      async () => {
        const [ended] = await world.stores.actions.listForSession(session.sessionId);
        expect(ended?.state).toBe('succeeded');
      },
      { timeout: 15_000, interval: 50 },
    );
    expect(customer.provider.truth(session.reference)).toMatchObject({
      releasedMinor: 500,
      capturedMinor: 0,
    });
    expect(await reasons(session)).toEqual(['workflowMissing']);
    // Its workflow had never seen the approval: our ledger must add up all the same.
    const row = await world.stores.sessions.find(session.sessionId);
    expect(row).toMatchObject({ reservedMinor: 500, capturedMinor: 0, releasedMinor: 500 });
    await reconcile();
    expect(customer.provider.countOf('release', session.reference)).toBe(1);
    expect(await world.stores.actions.listForSession(session.sessionId)).toHaveLength(1);
  });

  it('while the service was used is a task, and nobody takes or gives back money', async () => {
    const session = await terminatedInUse();
    const writes = writesTo(session);
    await reconcile();
    const [task] = await openTasks(session);
    expect(task).toMatchObject({
      reason: 'workflowMissing',
      details: { state: 'active', remainingMinor: 500 },
    });
    expect(writesTo(session)).toBe(writes);
    expect(await world.stores.actions.listForSession(session.sessionId)).toEqual([]);
  });

  it('and was paid in the provider’s portal then shows what was taken and what is still held', async () => {
    const session = await terminatedInUse();
    await reconcile();
    await session.subscriber.provider.capture({
      paymentReference: session.reference,
      providerReference: null,
      idempotencyKey: 'by somebody in the portal',
      amountMinor: 100,
      authorizedMinor: 500,
      currency: 'NOK',
    });
    await reconcile();
    const [task] = await openTasks(session);
    const details = { state: 'active', remainingMinor: 400, capturedMinor: 100 };
    expect(task).toMatchObject({ reason: 'workflowMissing', details });
    expect(await world.stores.actions.listForSession(session.sessionId)).toEqual([]);
  });

  it('is told to look while it runs, and is not missing', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await customer.charge();
    customer.provider.approve(session.reference);
    // No callback and no poll yet: the signal of the reconciliation is what wakes it.
    await reconcile();
    await session.untilState('active');
    expect(await openTasks(session)).toEqual([]);
  });
});

describe('an ENDCHARGE for a session whose workflow was ended by hand', () => {
  const asked = async (session: Session): Promise<unknown> =>
    (await openTasks(session)).find(({ reason }) => reason === 'workflowMissing')?.details['endRequestedAt'];

  it('is kept for the operator and answered truthfully', async () => {
    const session = await terminatedInUse();
    const { subscriber, sessionId } = session;
    await reconcile();
    const textsBefore = subscriber.texts().length;
    expect(await asked(session)).toBeUndefined();
    const sentAt = world.now();
    await subscriber.text('ENDCHARGE', { sentAt });
    const text = (await subscriber.untilTexts(textsBefore + 1)).at(-1);
    expect(text).toMatch(/^We have noted that you ended at \d\d:\d\d\./);
    await reconcile();
    expect(await asked(session)).toBe(sentAt);
    await vi.waitFor(async () => {
      const read = await world.stores.ledger.read(sessionId);
      expect(read).toMatchObject({ state: 'active', endRequestedAt: sentAt });
      expect(read?.messages).toEqual({ count: 2, unhandled: 0, ignored: [] });
    });
    const deps = {
      stores: world.stores,
      providers: { [subscriber.partnerId]: subscriber.provider },
      clock: { now: () => world.now() },
    };
    const day = (days: number): string => addMs(world.now(), days * DAY_MS).slice(0, 10);
    const { partnerId } = subscriber;
    const report = await reconcileDays(deps, { from: day(-1), to: day(1), partnerId });
    expect(report.reported.find((line) => line.sessionId === sessionId)?.kind).toBe('workflowMissing');
    const proof = await proveSession(deps, sessionId);
    const facts = proof?.checks.find(({ id }) => id === 'ends')?.facts;
    expect(facts).toBe(`it is active and no workflow runs it; the customer ended at ${sentAt}`);
    expect((await describeSession(world.stores, sessionId, ''))?.endRequestedAt).toBe(sentAt);
  });
});

describe('the number of a receipt', () => {
  it('is known to Temporal, for a counter that a restore has set back', async () => {
    const sale = await aSale();
    const numbers = createIssuedNumbers(world.env.client.workflow);
    const { partnerId } = sale.subscriber;
    const installationId = await world.stores.ledger.installationId();
    const highest = (above: number, installation = installationId) =>
      numbers.highest({ partnerId, installationId: installation, above });
    await vi.waitFor(async () => expect(await highest(0)).toBe(1), { timeout: 10_000, interval: 200 });
    expect(await highest(1)).toBe(1);
    expect(await highest(0, 'ffffffff')).toBe(0);
    expect(await world.stores.attention.list({ limit: 1_000 })).not.toContainEqual(
      expect.objectContaining({ reason: 'receiptCounterBehind' }),
    );
  });
});

describe('money that is held after the end', () => {
  it('is given back by an action, whose refusal is a task and is not repeated', async () => {
    const sale = await aSale();
    const { provider } = sale.subscriber;
    provider.distort(sale.reference, { releasedMinor: 100 });
    provider.failNext('release', 'rejected', { times: 9, code: '6030' });
    await reconcile();
    await vi.waitFor(
      async () => {
        const [action] = await world.stores.actions.listForSession(sale.sessionId);
        expect(action).toMatchObject({ state: 'refused', amountMinor: 300 });
      },
      { timeout: 15_000, interval: 50 },
    );
    const calls = provider.countOf('release', sale.reference);
    await reconcile();
    const found = (await openTasks(sale)).find(({ reason }) => reason === 'moneyHeld');
    expect(found?.details).toEqual({ remainingMinor: 300, release: 'refused', detail: '6030' });
    expect(provider.countOf('release', sale.reference)).toBe(calls);

    // Somebody has given it back in the portal, or it has run out.
    provider.distort(sale.reference, { releasedMinor: 400 });
    await reconcile();
    expect(await reasons(sale)).toEqual([]);
  });

  it('of a use that was not paid for is a task: whether it is given back is for a person to decide', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await customer.charge();
    await session.approve();
    await session.later(HOUR_MS);
    customer.provider.failNext('capture', 'rejected', { code: '6090' });
    customer.provider.failNext('release', 'rejected', { times: 9, code: '6030' });
    await customer.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({ state: 'lost', capturedMinor: 0 });
    await reconcile();
    const details = { state: 'lost', remainingMinor: 500 };
    expect(await openTasks(session)).toContainEqual({ reason: 'moneyHeld', details });
    expect(await world.stores.actions.listForSession(session.sessionId)).toEqual([]);
  });

  it('of two payments is given back where it can be, and what was refused is a task', async () => {
    const customer = await world.subscriber({ provider: 'onOpen' });
    const { provider } = customer;
    const session = await customer.charge();
    await session.open();
    await session.later(11 * MINUTE_MS);
    provider.expire(session.reference);
    await session.open();
    await session.later(HOUR_MS);
    expect(await session.ended()).toMatchObject({ state: 'expired' });
    const second = paymentReferenceOf(session.sessionId, 2);
    const held = { phase: 'authorized', authorizedMinor: 500, releasedMinor: 0 } as const;
    for (const reference of [session.reference, second]) provider.distort(reference, held);
    provider.failNext('release', 'rejected', { times: 1, code: '6030' });
    const endedWith = async (...states: string[]): Promise<void> => {
      await reconcile();
      await vi.waitFor(
        async () => {
          const actions = await world.stores.actions.listForSession(session.sessionId);
          expect(actions.map(({ state }) => state).toSorted()).toEqual(states);
        },
        { timeout: 15_000, interval: 50 },
      );
    };
    await endedWith('refused');
    await endedWith('refused', 'succeeded');
    await reconcile();
    expect(provider.truth(second)).toMatchObject({ releasedMinor: 500 });
    const details = { remainingMinor: 500, release: 'refused', detail: '6030' };
    expect(await openTasks(session)).toContainEqual({ reason: 'moneyHeld', details });
  });
});

describe('a provider that cannot be read', () => {
  it("is nobody's task before hours have passed, and then until it can", async () => {
    const sale = await aSale();
    const { provider } = sale.subscriber;
    provider.failNext('read', 'unavailable', { times: 99, code: '503' });
    // Its tries wait in wall time: the fault of the last one is what counts.
    const run = await world.env.client.workflow.start(RECONCILIATION_WORKFLOW, {
      workflowId: world.env.uniqueId('reconciliation'),
      taskQueue: world.taskQueue,
    });
    world.later(4 * HOUR_MS);
    await world.env.fastForward(run, 10 * MINUTE_MS);
    await run.result();
    expect(await openTasks(sale)).toMatchObject([{ reason: 'notReadable', details: { fault: '503' } }]);
    provider.clearFaults();
    await reconcile();
    expect(await openTasks(sale)).toEqual([]);
  }, 60_000);
});

describe('the watch', () => {
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  function aWatch(): SessionWatch {
    const { client } = world.env;
    return new SessionWatch({
      stores: world.stores,
      workflows: world.sessionWorkflows(),
      executions: createSessionExecutions(client.workflow),
      secondAccount: null,
      clock: { now: () => world.now() },
      log: quiet,
    });
  }

  it('finds a workflow that was terminated, and closes the task when the session runs', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await customer.charge();
    const other = await (await world.subscriber({ provider: 'calling' })).charge();
    await session.handle.terminate('by hand');
    await vi.waitFor(
      async () => {
        await aWatch().pass();
        expect(await reasons(session)).toEqual(['workflowMissing']);
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(await openTasks(other)).toEqual([]);
    const { sessionId } = other;
    const wrong = { subject: sessionId, reason: 'workflowMissing', sessionId, details: {} } as const;
    await world.stores.attention.raise(wrong, world.now());
    await aWatch().pass();
    expect(await openTasks(other)).toEqual([]);
  });

  it('finds an open row whose workflow has completed, as in a database older than Temporal', async () => {
    const sale = await aSale();
    const row = await world.stores.sessions.find(sale.sessionId);
    if (!row) throw new Error('no row');
    const older = {
      ...row,
      revision: row.revision + 1,
      state: 'active' as const,
      endedAt: null,
      capturedMinor: 0,
    };
    await world.stores.sessions.record(older, world.now());
    // Visibility may still call it running for a moment: the next pass finds it.
    await vi.waitFor(
      async () => {
        await aWatch().pass();
        expect(await reasons(sale)).toEqual(['workflowMissing']);
      },
      { timeout: 10_000, interval: 200 },
    );
  });

  it('finds workflows of which the database has no session, running or ended, and no others', async () => {
    const { client } = world.env;
    const installationId = await world.stores.ledger.installationId();
    const unknown = `${installationId}${randomUUID().replaceAll('-', '').slice(8)}`;
    const foreign = `ffffffff${randomUUID().replaceAll('-', '').slice(8)}`;
    const start = (sessionId: string) =>
      client.workflow.start(CHARGE_SESSION_WORKFLOW, {
        workflowId: chargeSessionWorkflowId(sessionId),
        taskQueue: world.env.uniqueId('nobody'),
        args: [{ sessionId, inboxId: 'gone' }],
      });
    const handles = [await start(unknown), await start(foreign)];
    const found = async () =>
      (await world.stores.attention.list({ limit: 1_000 })).filter(
        ({ reason }) => reason === 'sessionMissing',
      );
    const finds = (workflow: string) =>
      vi.waitFor(
        async () => {
          await aWatch().pass();
          expect(await found()).toMatchObject([{ subject: unknown, sessionId: null, details: { workflow } }]);
        },
        { timeout: 10_000, interval: 200 },
      );
    await finds('running');
    for (const handle of handles) await handle.terminate('by hand');
    await finds('ended');
  });

  it('tells of an overdue session at the second look, and closes the task when it has acted', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await customer.charge();
    const watch = aWatch();
    // Only the business clock moves: the workflow does not, as if no worker served it. Its first look was due after 5 s.
    world.later(5 * MINUTE_MS - 10_000);
    await watch.pass();
    await watch.pass();
    expect(await openTasks(session)).toEqual([]);
    world.later(MINUTE_MS);
    await watch.pass();
    expect(await openTasks(session)).toEqual([]);
    await watch.pass();
    expect(await reasons(session)).toEqual(['overdue']);
    await world.env.fastForward(session.handle, 20 * MINUTE_MS);
    await session.untilState('expired');
    await vi.waitFor(
      async () => {
        await watch.pass();
        expect(await openTasks(session)).toEqual([]);
      },
      { timeout: 10_000, interval: 100 },
    );
  });

  it('tells of a start word whose session cannot begin, and closes the task when it has, with nothing lost', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    await world.stopWorker();
    const inboxId = await customer.text('CHARGE');
    const notBegun = async () =>
      (await world.stores.attention.list({ limit: 1_000 })).filter(({ reason }) => reason === 'notBegun');
    await aWatch().pass();
    expect(await notBegun()).toEqual([]);
    world.later(6 * MINUTE_MS);
    await aWatch().pass();
    const [task, ...others] = await notBegun();
    const [sessionId] = await customer.sessionIds();
    expect(task).toMatchObject({ subject: sessionId, sessionId, details: { workflow: 'running' } });
    expect(others).toEqual([]);
    await world.startWorker();
    expect(await customer.untilTexts(1)).toHaveLength(1);
    await aWatch().pass();
    expect(await notBegun()).toEqual([]);
    expect(await world.stores.inbox.undispatched({ limit: 9, slotOf: inboxId })).toEqual([]);
  });

  it('tells of a gateway that refuses the account, and closes the task when it takes a text again', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const fault = world.gateway.failNext('-paymentLink-1', 'misconfigured', { times: 9, code: '106100' });
    await customer.text('CHARGE');
    const { sessionId } = await customer.newSession();
    const refused = async () => {
      await aWatch().pass();
      const open = await world.stores.attention.list({ limit: 1_000 });
      return open.filter(({ reason }) => reason === 'gatewayRefuses');
    };
    const details = { gateway: 'link', code: '106100', texts: 1 };
    await vi.waitFor(async () => expect(await refused()).toMatchObject([{ sessionId: null, details }]), {
      timeout: 10_000,
      interval: 100,
    });
    fault.times = 0;
    await customer.untilTexts(1);
    await vi.waitFor(async () => expect(await refused()).toEqual([]), { timeout: 10_000, interval: 100 });
    expect(await world.stores.outbox.listForSession(sessionId)).toMatchObject([{ state: 'sent' }]);
  });

  it('shows a link that does not arrive in the account of its session, until it has arrived', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await customer.charge();
    const { handle, sessionId } = session;
    const report = async (state: 'failed' | 'delivered') => {
      const outboundId = `${sessionId}-paymentLink-1`;
      const of = { outboundId, gatewayMessageId: 'mt', part: 0, resultCode: '1002', at: world.now() };
      await world.stores.outbox.recordDelivery('link', { ...of, state });
      await aWatch().pass();
    };
    const needsAttention = (expected: boolean) =>
      vi.waitFor(
        async () => {
          const { typedSearchAttributes } = await handle.describe();
          expect(typedSearchAttributes.get(NEEDS_ATTENTION)).toBe(expected);
        },
        { timeout: 10_000, interval: 50 },
      );
    await report('failed');
    await needsAttention(true);
    expect(await session.account()).toContain('| Link | **not delivered** (failed) |');
    await report('delivered');
    await needsAttention(false);
    expect(await session.account()).not.toContain('| Link |');
  });

  it('closes the task about a text once it was dispatched, whichever process has done that', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const inboxId = await customer.store('STATUS');
    const task = {
      subject: inboxId,
      reason: 'textNotDispatched',
      sessionId: null,
      details: { tries: 5 },
    } as const;
    await world.stores.attention.raise(task, world.now());
    const isOpen = async () =>
      (await world.stores.attention.list({ limit: 1_000 })).some(({ subject }) => subject === inboxId);
    await aWatch().pass();
    expect(await isOpen()).toBe(true);
    await world.stores.inbox.markDispatched([{ inboxId, at: world.now(), sessionId: null }]);
    await aWatch().pass();
    expect(await isOpen()).toBe(false);
  });

  it('does not open again what a person has closed, however often the reconciliation and the watch look', async () => {
    const session = await terminatedInUse();
    await reconcile();
    const { sessionId } = session;
    const close = { subject: sessionId, reason: 'workflowMissing', clearedBy: 'kari' } as const;
    await world.stores.attention.clear(close, world.now());
    await vi.waitFor(
      async () => {
        const executions = createSessionExecutions(world.env.client.workflow);
        const installationId = await world.stores.ledger.installationId();
        expect(await executions.listEnded(installationId, null, 20_000)).toContain(sessionId);
      },
      { timeout: 10_000, interval: 200 },
    );
    await aWatch().pass();
    await reconcile();
    expect(await openTasks(session)).toEqual([]);
  });

  it('takes a step of the clock for no delay: what moved on meanwhile is not overdue', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await customer.charge();
    await session.approve();
    const watch = aWatch();
    world.later(2 * HOUR_MS);
    await watch.pass();
    await world.env.fastForward(session.handle, 2 * HOUR_MS);
    await watch.pass();
    await watch.pass();
    expect(await openTasks(session)).toEqual([]);
  });
});

describe('the schedule', () => {
  it('starts the reconciliation by itself, is made once, and follows the settings', async () => {
    const sale = await aSale();
    const { client } = world.env;
    const scheduleId = world.env.uniqueId('schedule');
    const { taskQueue } = world;
    await claimNamespace(client, world.stores, { everyMs: HOUR_MS, scheduleId, taskQueue });
    await claimNamespace(client, world.stores, { everyMs: 1_000, scheduleId, taskQueue });
    const handle = client.schedule.getHandle(scheduleId);
    const reads = () => sale.subscriber.provider.countOf('read', sale.reference);
    const before = reads();
    try {
      await vi.waitFor(() => expect(reads()).toBeGreaterThan(before), { timeout: 20_000, interval: 100 });
      const { spec, policies } = await handle.describe();
      expect(spec.intervals?.map(({ every }) => every)).toEqual([1_000]);
      expect(policies.overlap).toBe('SKIP');
    } finally {
      await handle.delete();
    }
  }, 40_000);

  it('keeps the namespace for the database that claimed it first, until it is deleted', async () => {
    const { client } = world.env;
    const schedule = {
      everyMs: HOUR_MS,
      scheduleId: world.env.uniqueId('schedule'),
      taskQueue: world.taskQueue,
    };
    const other = { ledger: { installationId: () => Promise.resolve('0123abcd') } };
    const ours = await world.stores.ledger.installationId();
    expect(await namespaceTrouble(client, ours, schedule.scheduleId)).toBeNull();
    await claimNamespace(client, world.stores, schedule);
    // The mark outlives each change of the settings.
    await claimNamespace(client, world.stores, { ...schedule, everyMs: 2 * HOUR_MS });
    await claimNamespace(client, world.stores, schedule);
    const told = `The Temporal namespace "default" belongs to another database (installation ${ours}, ours is 0123abcd). Set the DATABASE_URL or DATA_DIR that belongs to it, or another TEMPORAL_NAMESPACE.`;
    await expect(claimNamespace(client, other, schedule)).rejects.toThrow(told);
    expect(await namespaceTrouble(client, ours, schedule.scheduleId)).toBeNull();
    await client.schedule.getHandle(schedule.scheduleId).delete();
    await expect(claimNamespace(client, other, schedule)).resolves.toBeUndefined();
    await client.schedule.getHandle(schedule.scheduleId).delete();
  });

  it('is refused with what to do when it carries no mark', async () => {
    const { client } = world.env;
    const scheduleId = world.env.uniqueId('schedule');
    const handle = await client.schedule.create({
      scheduleId,
      spec: { intervals: [{ every: HOUR_MS }] },
      action: { type: 'startWorkflow', workflowType: 'none', taskQueue: world.taskQueue },
    });
    await expect(claimNamespace(client, world.stores, { everyMs: HOUR_MS, scheduleId })).rejects.toThrow(
      `names no database: it was made by hand. Delete it; the next start makes it again.`,
    );
    await handle.delete();
  });
});
