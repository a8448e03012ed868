import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { receiptPages } from '../../src/api/pages/receipt-routes.tsx';
import {
  requestAction,
  resumeOpenActions,
  type ActionRequest,
} from '../../src/app/actions/request-action.ts';
import type { Receipt } from '../../src/ports/receipt-store.ts';
import type { ActionRecord } from '../../src/ports/action-store.ts';
import { sessionActionWorkflowId } from '../../src/workflows/contract.ts';
import { NEEDS_ATTENTION, PARTNER_ID } from '../../src/workflows/search-attributes.ts';
import {
  HOUR_MS,
  MINUTE_MS,
  SessionWorld,
  type Session,
  type SubscriberOptions,
} from '../support/session-world.ts';

let world: SessionWorld;
beforeAll(async () => {
  world = await SessionWorld.open();
});
afterAll(() => world.close());

const REASON = 'The customer called: was charged for an hour that was not used';
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** A session of one hour, charged 100 of 500, that has ended; at a provider like Vipps unless told otherwise. */
async function aSale(options: SubscriberOptions = { provider: 'calling' }): Promise<Session> {
  const customer = await world.subscriber(options);
  const session = await customer.charge();
  await session.approve();
  await session.later(HOUR_MS);
  await customer.text('ENDCHARGE');
  expect(await session.ended()).toMatchObject({ capturedMinor: 100 });
  return session;
}

function aRefund(amountMinor = 50, overrides: Partial<ActionRequest> = {}): ActionRequest {
  return {
    kind: 'refund',
    amountMinor,
    actionId: randomUUID(),
    actor: 'operator-7',
    reason: REASON,
    ...overrides,
  };
}

const aResend = (): ActionRequest => ({ ...aRefund(), kind: 'resendReceipt', amountMinor: null });
const aRelease = (): ActionRequest => ({ ...aRefund(), kind: 'release', amountMinor: null });

/** The button pressed; the action as it stands when the answer comes. */
async function press(session: Session, request: ActionRequest): Promise<ActionRecord> {
  const answer = await requestAction(world.actionDeps(), session.sessionId, request);
  if (answer.kind !== 'action') throw new Error(`refused: ${JSON.stringify(answer)}`);
  return answer.action;
}

async function refusal(session: Session, request: ActionRequest): Promise<string> {
  const answer = await requestAction(world.actionDeps(), session.sessionId, request);
  if (answer.kind !== 'conflict') throw new Error(`not refused: ${JSON.stringify(answer)}`);
  return answer.detail;
}

const handleOf = (session: Session, { actionId }: ActionRequest) =>
  world.env.client.workflow.getHandle(sessionActionWorkflowId(session.sessionId, actionId));

const truth = (session: Session) => session.subscriber.provider.truth(session.reference);
const record = (session: Session) => world.stores.sessions.find(session.sessionId);
const refundCalls = (session: Session) => session.subscriber.provider.countOf('refund', session.reference);

async function documents(session: Session, kind: Receipt['kind']): Promise<Receipt[]> {
  const all = await world.stores.receipts.listForSession(session.sessionId);
  return all.filter((document) => document.kind === kind);
}

/** Presses, waits until a fault has struck, and lets time pass until the action has ended. */
async function pressThroughFault(
  session: Session,
  request: ActionRequest,
  fault: { fired: number },
  ms: number,
): Promise<ActionRecord> {
  const pressed = press(session, request);
  await vi.waitFor(() => expect(fault.fired).toBeGreaterThan(0), { timeout: 10_000, interval: 20 });
  world.later(ms);
  await world.env.fastForward(handleOf(session, request), ms);
  await handleOf(session, request).result();
  await pressed;
  return await press(session, request);
}

describe('a refund after the end of a session', () => {
  it('of 50 øre of 100 returns them, and shows as a credit note on the receipt page', async () => {
    const session = await aSale();
    const done = await press(session, aRefund(50));
    expect(done).toMatchObject({ state: 'succeeded', detail: null, amountMinor: 50 });
    expect(truth(session)).toMatchObject({ capturedMinor: 100, refundedMinor: 50 });
    expect(await record(session)).toMatchObject({ state: 'captured', capturedMinor: 100, refundedMinor: 50 });
    const [sale] = await documents(session, 'sale');
    const notes = await documents(session, 'creditNote');
    expect(notes).toMatchObject([{ number: 2, data: { grossMinor: 50, netMinor: 40, vatMinor: 10 } }]);
    const page = await receiptPages({ stores: world.stores }).request(`/r/${sale?.token}`, {
      headers: { 'accept-language': 'en' },
    });
    const html = await page.text();
    expect(html).toContain(`href="/r/${notes[0]?.token}"`);
    expect(html).toMatch(/Credit note 2<\/a>[^<]*NOK\s0\.50/);
  });

  it('comes twice, and not a third time', async () => {
    const session = await aSale();
    expect(await press(session, aRefund(50))).toMatchObject({ state: 'succeeded' });
    expect(await refusal(session, aRefund(51))).toBe('At most 0.50 NOK can still be refunded.');
    expect(await press(session, aRefund(50))).toMatchObject({ state: 'succeeded' });
    expect(await refusal(session, aRefund(50))).toBe('All that was charged has been refunded already.');
    expect(truth(session).refundedMinor).toBe(100);
    expect((await documents(session, 'creditNote')).map(({ number }) => number)).toEqual([2, 3]);
  });

  it('is one refund however often the button is pressed, and every press gets its result', async () => {
    const session = await aSale();
    const request = aRefund(50);
    const pressed = await Promise.all([1, 2, 3].map(() => press(session, request)));
    const later = await press(session, request);
    expect(later).toMatchObject({ state: 'succeeded' });
    for (const action of pressed) expect(action).toEqual(later);
    expect(refundCalls(session)).toBe(1);
    expect(await documents(session, 'creditNote')).toHaveLength(1);
    expect(await refusal(session, { ...request, amountMinor: 60 })).toContain('another action before');
  });

  it('pressed in two windows at once is let through once at a time, and never more than was charged', async () => {
    const session = await aSale();
    const answers = await Promise.all(
      [1, 2, 3].map(() => requestAction(world.actionDeps(), session.sessionId, aRefund(60))),
    );
    expect(answers.filter(({ kind }) => kind === 'action')).toHaveLength(1);
    expect(truth(session).refundedMinor).toBe(60);
  });

  it('whose answer was lost after the provider acted is found, not repeated', async () => {
    const session = await aSale();
    const fault = session.subscriber.provider.failNext('refund', 'outcomeUnknown', { afterActing: true });
    const done = await pressThroughFault(session, aRefund(50), fault, MINUTE_MS);
    expect(done).toMatchObject({ state: 'succeeded' });
    expect(refundCalls(session)).toBe(1);
    expect(truth(session).refundedMinor).toBe(50);
    expect(await documents(session, 'creditNote')).toHaveLength(1);
  });

  it('goes on in rounds, asking for attention meanwhile, until the provider answers', async () => {
    const session = await aSale();
    const request = aRefund(50);
    const fault = session.subscriber.provider.failNext('refund', 'outcomeUnknown', { times: 7 });
    const pressed = press(session, request);
    await vi.waitFor(() => expect(fault.fired).toBe(1), { timeout: 10_000, interval: 20 });
    const handle = handleOf(session, request);
    await world.env.fastForward(handle, 4 * MINUTE_MS);
    await vi.waitFor(
      async () => {
        const { typedSearchAttributes } = await handle.describe();
        expect(typedSearchAttributes.get(NEEDS_ATTENTION)).toBe(true);
      },
      { timeout: 10_000, interval: 50 },
    );
    expect(await refusal(session, aRefund(10))).toContain('has not ended');
    await world.env.fastForward(handle, 10 * MINUTE_MS);
    expect(await handle.result()).toEqual({ state: 'succeeded', detail: null, receiptNumber: 2 });
    await pressed;
    expect(fault.fired).toBe(7);
    expect(truth(session).refundedMinor).toBe(50);
    const { typedSearchAttributes } = await handle.describe();
    expect(typedSearchAttributes.get(NEEDS_ATTENTION)).toBe(false);
  });

  it('that the provider refuses is recorded and not repeated; the next one has a key of its own', async () => {
    const session = await aSale();
    session.subscriber.provider.failNext('refund', 'rejected', { code: '6220' });
    expect(await press(session, aRefund(50))).toMatchObject({ state: 'refused', detail: '6220' });
    expect(refundCalls(session)).toBe(1);
    expect(await documents(session, 'creditNote')).toEqual([]);
    expect(await press(session, aRefund(50))).toMatchObject({
      state: 'succeeded',
      operationId: `${session.sessionId}-refund-2`,
    });
    expect((await documents(session, 'creditNote')).map(({ number }) => number)).toEqual([2]);
  });

  it('that could never be sent has failed for a person to see, and may be pressed anew', async () => {
    const session = await aSale();
    const fault = session.subscriber.provider.failNext('read', 'unavailable', { times: 5 });
    const failed = await pressThroughFault(session, aRefund(50), fault, 10 * MINUTE_MS);
    expect(failed).toMatchObject({ state: 'failed', detail: 'unavailable' });
    expect(refundCalls(session)).toBe(0);
    // Who pressed has long been told that it is under way.
    expect(await record(session)).toMatchObject({ attention: ['refundNotMade'] });
    expect(await press(session, aRefund(50))).toMatchObject({ state: 'succeeded' });
    expect(await record(session)).toMatchObject({ attention: [] });
  });

  it('with a no that its key keeps is refused in the next round, for a person to see, and may be pressed anew', async () => {
    const session = await aSale();
    const { provider } = session.subscriber;
    const fault = provider.failNext('refund', 'misconfigured', { code: '5100', keyBinding: 'bound' });
    const refused = await pressThroughFault(session, aRefund(50), fault, 10 * MINUTE_MS);
    expect(refused).toMatchObject({ state: 'refused', detail: '5100' });
    expect(refundCalls(session)).toBe(1);
    expect(await record(session)).toMatchObject({ attention: ['refundNotMade'] });
    expect(await press(session, aRefund(50))).toMatchObject({ state: 'succeeded' });
    expect(await record(session)).toMatchObject({ attention: [] });
  });

  it('without an answer for days is left to a person', async () => {
    const session = await aSale();
    const fault = session.subscriber.provider.failNext('refund', 'outcomeUnknown', { times: 10_000 });
    const failed = await pressThroughFault(session, aRefund(50), fault, 100 * HOUR_MS);
    expect(failed).toMatchObject({ state: 'failed', detail: 'outcomeUnknown' });
    expect(await record(session)).toMatchObject({
      attention: ['refundUncertain'],
      refundedMinor: 0,
    });
    session.subscriber.provider.clearFaults();
  }, 60_000);
});

describe('a refund whose process dies', () => {
  it('between refund and credit note has exactly one credit note', async () => {
    const session = await aSale();
    const { receipts } = world.stores;
    const issue = receipts.issue.bind(receipts);
    let deaths = 0;
    const dying = vi.spyOn(receipts, 'issue').mockImplementation(async (input) => {
      const mine = input.sessionId === session.sessionId && deaths < 2;
      deaths += mine ? 1 : 0;
      if (mine && deaths === 1) throw new Error('died before the note was written');
      const issued = await issue(input);
      if (mine) throw new Error('died after the note was written');
      return issued;
    });
    expect(await press(session, aRefund(50))).toMatchObject({ state: 'succeeded' });
    dying.mockRestore();
    expect(deaths).toBe(2);
    expect(refundCalls(session)).toBe(1);
    expect((await documents(session, 'creditNote')).map(({ number }) => number)).toEqual([2]);
  });

  it('with its call unanswered is carried on by the next worker, once', async () => {
    const session = await aSale();
    const request = aRefund(50);
    const fault = session.subscriber.provider.failNext('refund', 'outcomeUnknown', { afterActing: true });
    const pressed = press(session, request);
    await vi.waitFor(() => expect(fault.fired).toBe(1), { timeout: 10_000, interval: 20 });
    await world.stopWorker();
    await world.startWorker();
    await world.env.fastForward(handleOf(session, request), MINUTE_MS);
    expect(await handleOf(session, request).result()).toMatchObject({ state: 'succeeded' });
    await pressed;
    expect(refundCalls(session)).toBe(1);
    expect(await documents(session, 'creditNote')).toHaveLength(1);
  });

  it('after it was stored and before its workflow was started is carried on later', async () => {
    const session = await aSale();
    const request = aRefund(50);
    const deps = world.actionDeps();
    const down = { run: () => Promise.reject(new Error('14 UNAVAILABLE')) };
    await expect(
      requestAction({ ...deps, actionWorkflows: down }, session.sessionId, request),
    ).rejects.toThrow('UNAVAILABLE');
    expect(refundCalls(session)).toBe(0);
    await resumeOpenActions(deps, quiet, () => false);
    expect(await handleOf(session, request).result()).toMatchObject({ state: 'succeeded' });
    expect(await press(session, request)).toMatchObject({ state: 'succeeded' });
    expect(refundCalls(session)).toBe(1);
  });

  it('is not given up by a request to cancel', async () => {
    const session = await aSale();
    const request = aRefund(50);
    const fault = session.subscriber.provider.failNext('refund', 'outcomeUnknown', { afterActing: true });
    const pressed = press(session, request);
    await vi.waitFor(() => expect(fault.fired).toBe(1), { timeout: 10_000, interval: 20 });
    await handleOf(session, request).cancel();
    await world.env.fastForward(handleOf(session, request), MINUTE_MS);
    await pressed;
    expect(await press(session, request)).toMatchObject({ state: 'succeeded' });
    expect(await documents(session, 'creditNote')).toHaveLength(1);
  });

  it('by hand, terminated in Temporal, is recorded and blocks no later one', async () => {
    const session = await aSale();
    const request = aRefund(50);
    const fault = session.subscriber.provider.failNext('refund', 'unavailable', { times: 100 });
    const pressed = press(session, request);
    await vi.waitFor(() => expect(fault.fired).toBe(1), { timeout: 10_000, interval: 20 });
    await handleOf(session, request).terminate();
    expect(await pressed).toMatchObject({ state: 'failed', detail: 'workflowEnded' });
    expect(await record(session)).toMatchObject({ attention: ['refundUncertain'] });
    session.subscriber.provider.clearFaults();
    expect(await press(session, aRefund(50))).toMatchObject({ state: 'succeeded' });
    expect(truth(session).refundedMinor).toBe(50);
  });
});

describe('an action is refused before anything starts', () => {
  it('for a session that is not there', async () => {
    const answer = await requestAction(world.actionDeps(), 'none', aRefund());
    expect(answer).toEqual({ kind: 'unknownSession' });
  });

  it('while the session runs, and while it still settles', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await customer.charge();
    await session.approve();
    expect(await refusal(session, aRefund())).toContain('still settling');
    await session.later(HOUR_MS);
    customer.provider.failNext('release', 'unavailable', { times: 5 });
    await customer.text('ENDCHARGE');
    await session.untilState('captured');
    expect(await refusal(session, aRefund())).toContain('still settling');
    for (const request of [aRelease(), aResend()])
      expect(await refusal(session, request)).toContain('still settling');
    expect(await world.stores.actions.listForSession(session.sessionId)).toEqual([]);
  });

  it('where the provider has no such call, as Paycore', async () => {
    const session = await aSale({});
    expect(await refusal(session, aRefund())).toContain('no call for a refund');
    expect(await refusal(session, aRelease())).toContain('no call that gives the rest');
    expect(refundCalls(session)).toBe(0);
  });

  it('when nothing was charged, or nothing is held', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await customer.charge();
    await session.approve();
    await customer.text('ENDCHARGE');
    await session.ended();
    expect(await refusal(session, aRefund())).toContain('Nothing was charged');
    expect(await refusal(session, aRelease())).toContain('Nothing of the reservation remains');
  });
});

describe('the receipt text again', () => {
  const receiptTexts = async (session: Session) =>
    (await world.stores.outbox.listForSession(session.sessionId)).filter(({ kind }) =>
      kind.startsWith('receipt'),
    );

  it('goes out once per action, with the words of the first', async () => {
    const session = await aSale();
    const request = aResend();
    expect(await press(session, request)).toMatchObject({ state: 'succeeded', operationId: null });
    expect(await press(session, request)).toMatchObject({ state: 'succeeded' });
    const [first, again, ...others] = await receiptTexts(session);
    expect(again).toMatchObject({ kind: 'receiptAgain', state: 'sent', text: first?.text });
    expect(others).toEqual([]);
    expect(await documents(session, 'sale')).toHaveLength(1);
  });

  it('of which nobody knows whether it went out is a failed action, and no second text', async () => {
    const session = await aSale();
    const request = aResend();
    const outboundId = `${session.sessionId}-receiptAgain-${request.actionId}`;
    world.gateway.failNext(outboundId, 'outcomeUnknown');
    expect(await press(session, request)).toMatchObject({ state: 'failed', detail: 'outcomeUnknown' });
    expect((await receiptTexts(session)).map(({ state }) => state)).toEqual(['sent', 'unknown']);
    expect(await record(session)).toMatchObject({ attention: [] });
  });

  it('is refused where nothing was charged, and where the partner has receipt texts off', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const unused = await customer.charge();
    await unused.approve();
    await customer.text('ENDCHARGE');
    await unused.ended();
    expect(await refusal(unused, aResend())).toContain('no receipt');
    const silent = await aSale({ provider: 'calling', partner: { receiptSmsOn: false } });
    expect(await refusal(silent, aResend())).toContain('receipt texts off');
  });
});

describe('a late release', () => {
  it('gives back what the session could not, proven by a read, without a document', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await customer.charge();
    await session.approve();
    await session.later(HOUR_MS);
    customer.provider.failNext('release', 'rejected', { code: '6250' });
    await customer.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({
      releaseSource: 'assumed',
      attentionReason: 'releaseRefused',
    });
    expect(truth(session).releasedMinor).toBe(0);

    const done = await press(session, aRelease());
    expect(done).toMatchObject({
      state: 'succeeded',
      amountMinor: 400,
      operationId: `${session.sessionId}-release-2`,
    });
    expect(truth(session)).toMatchObject({ capturedMinor: 100, releasedMinor: 400 });
    expect(await record(session)).toMatchObject({
      releasedMinor: 400,
      releaseSource: 'provider',
      attention: [],
    });
    expect(await documents(session, 'creditNote')).toEqual([]);
    expect(await refusal(session, aRelease())).toContain('Nothing of the reservation remains');
  });
});

describe('in Temporal', () => {
  it('an action reads by itself, and says nothing about who and why', async () => {
    const session = await aSale();
    const request = aRefund(50);
    await press(session, request);
    const handle = handleOf(session, request);
    const description = await handle.describe();
    expect(await description.staticSummary()).toBe(`Refund 0.50, session ${session.sessionId}`);
    expect(description.typedSearchAttributes.get(PARTNER_ID)).toBe(session.subscriber.partnerId);
    const history = await handle.fetchHistory();
    const text = JSON.stringify(history).replaceAll(/"data":"([^"]*)"/g, (_, data: string) =>
      Buffer.from(data, 'base64').toString('utf8'),
    );
    expect(text).toContain('Refund 0.50 NOK');
    expect(text).toContain('Issue the credit note');
    const { msisdn } = session.subscriber;
    const row = await record(session);
    for (const secret of [msisdn, msisdn.slice(2), REASON, 'operator-7', row?.linkToken, row?.subscriberId])
      expect(text).not.toContain(secret);
  });
});
