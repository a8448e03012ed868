/** What one session may cost: a change that adds an event, an activity, a task or a statement has to say so here. */
import type { WorkflowHandle } from '@temporalio/client';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { dispatchSlotOf } from '../../src/app/inbox/slot-dispatch.ts';
import { openPayment } from '../../src/app/sessions/open-payment.ts';
import { paymentReferenceOf } from '../../src/domain/session/payment.ts';
import {
  chargeSessionWorkflowId,
  paymentChangedSignal,
  sessionStateQuery,
} from '../../src/workflows/contract.ts';
import type { ChargeSession } from '../../src/workflows/index.ts';
import { HOUR_MS, SessionWorld, type Subscriber } from '../support/session-world.ts';

/** Of the reference flow. */
const MOST = { events: 72, activities: 8, workflowTasks: 11, upserts: 3, statements: 41 };

let world: SessionWorld;
beforeAll(async () => {
  world = await SessionWorld.open();
});
afterAll(() => world.close());
afterEach(() => vi.restoreAllMocks());

/** As the webhook's process does it: accepted, and dispatched by what acceptance has returned. */
async function text(customer: Subscriber, words: string): Promise<string> {
  const at = world.now();
  const { msisdn, shortNumber } = customer;
  const message = { messageId: `${msisdn}-${words}`, msisdn, shortNumber, text: words, sentAt: at };
  const { inbox } = world.stores;
  const [accepted] = await inbox.accept([{ gateway: 'link', message, receivedAt: at }]);
  const item = accepted?.item;
  if (!item || !('sessionId' in item.assignment)) throw new Error(`${words} belongs to no session`);
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const deps = { inbox, workflows: customer.workflows, clock: { now: () => world.now() }, log };
  await dispatchSlotOf(deps, item.inboxId, { item });
  return item.assignment.sessionId;
}

/** What this process sends to its database from now on. */
function listenToDatabase(): string[] {
  const sent: string[] = [];
  const { query } = pg.Client.prototype as { query: (this: pg.Client, ...given: unknown[]) => unknown };
  vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...given: unknown[]) {
    const [first] = given;
    sent.push(typeof first === 'string' ? first : String((first as { text?: unknown }).text));
    return query.apply(this, given);
  });
  return sent;
}

/** Of a new customer: CHARGE, link, page opened, approval, an hour of use, ENDCHARGE, capture, receipt text. */
async function wholeSession(
  customer: Subscriber,
  sent: string[] = [],
): Promise<WorkflowHandle<typeof ChargeSession>> {
  const sessionId = await text(customer, 'CHARGE');
  const workflowId = chargeSessionWorkflowId(sessionId);
  const handle = world.env.client.workflow.getHandle<typeof ChargeSession>(workflowId);
  await expect.poll(() => customer.texts().length, { timeout: 15_000 }).toBe(1);
  // Otherwise its answer may come in one task with what follows, and the session would look cheaper than it is.
  await expect
    .poll(async () => (await handle.describe()).raw.pendingActivities?.length, { timeout: 15_000 })
    .toBe(0);
  const before = sent.length;
  const session = await world.stores.sessions.find(sessionId);
  // Each view of the page reads the row, opened or not: no part of this.
  sent.splice(before, 1);
  if (!session) throw new Error('a session that was charged has a row');
  const opening = { stores: world.stores, workflows: customer.workflows, clock: { now: () => world.now() } };
  expect(await openPayment(opening, session)).toMatchObject({ kind: 'redirect' });
  customer.provider.approve(paymentReferenceOf(sessionId, 1));
  await world.stores.money.findSessionOfPayment({
    paymentReference: paymentReferenceOf(sessionId, 1),
    providerReference: null,
  });
  await handle.signal(paymentChangedSignal);
  await expect
    .poll(async () => (await handle.query(sessionStateQuery)).state, { timeout: 15_000 })
    .toBe('active');
  world.later(HOUR_MS);
  await text(customer, 'ENDCHARGE');
  expect(await handle.result()).toMatchObject({ state: 'captured', capturedMinor: 100 });
  expect(customer.texts()).toHaveLength(2);
  return handle;
}

it('costs no more than this', async () => {
  // What a process reads once in its life belongs to no session.
  await wholeSession(await world.subscriber());
  const customer = await world.subscriber();
  const sent = listenToDatabase();
  const handle = await wholeSession(customer, sent);
  const { events = [] } = await handle.fetchHistory();
  const count = (attributes: string): number =>
    events?.filter((event) => Boolean((event as unknown as Record<string, unknown>)[attributes])).length ?? 0;
  const statements = sent.filter((one) => !/^\s*(begin|commit|start transaction|rollback|set )/i.test(one));
  const cost = {
    events: events?.length ?? 0,
    activities: count('activityTaskScheduledEventAttributes'),
    workflowTasks: count('workflowTaskCompletedEventAttributes'),
    upserts: count('upsertWorkflowSearchAttributesEventAttributes'),
    statements: statements.length,
  };
  for (const [what, most] of Object.entries(MOST))
    expect(cost[what as keyof typeof MOST], what).toBeLessThanOrEqual(most);
});
