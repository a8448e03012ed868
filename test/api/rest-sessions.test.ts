// What the command line and the portal rely on over HTTP: one answer for each way an action can go, and nobody else's
// business. Stores are real; the workflow is played by hand.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ActionRun } from '../../src/app/actions/action-workflows.ts';
import { createApp } from '../../src/api/app.ts';
import { resumeOpenActions } from '../../src/app/actions/request-action.ts';
import type { SignalOutcome } from '../../src/app/sessions/session-workflows.ts';
import { sessionRoutes } from '../../src/api/rest/sessions.ts';
import type { ActionEnd } from '../../src/ports/action-store.ts';
import type {
  OperatorActionInput,
  OperatorActionResult,
  SessionActionInput,
} from '../../src/workflows/contract.ts';
import { ActivityBench } from '../activities/activity-bench.ts';
import { aSale, sendLinkOf, type Sale } from '../activities/sale-bench.ts';
import { apiFixture, MemoryLog } from './api-fixture.ts';

const TOKEN = 'admin-token-of-the-test';
const REASON = 'Caller 4791234567 was charged twice';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());

/** Temporal as this API sees it, with an action that ends as told. */
class PlayedWorkflows {
  readonly started: SessionActionInput[] = [];
  end: Pick<ActionEnd, 'state' | 'detail'> | null = { state: 'succeeded', detail: null };
  outcome: ActionRun = 'ended';
  down = false;
  /** why no workflow can be started although sessions can be asked for */
  startFault: string | null = null;
  isSessionRunning = false;

  async run(input: SessionActionInput): Promise<ActionRun> {
    if (this.startFault !== null) throw new Error(this.startFault);
    if (this.down) throw new Error('14 UNAVAILABLE: No connection established');
    this.started.push(input);
    if (this.end !== null) await bench.stores.actions.finish({ ...input, ...this.end }, bench.now);
    return this.outcome;
  }

  /** what a running session records about its operator's press; null: nothing yet */
  answer: OperatorActionResult | null = { done: true };
  /** runs when a press has arrived */
  onPress: () => void = () => {};
  readonly asked: OperatorActionInput[] = [];

  async operatorAction(sessionId: string, input: OperatorActionInput): Promise<SignalOutcome> {
    if (this.down) throw new Error('14 UNAVAILABLE: No connection established');
    if (!this.isSessionRunning) return 'notRunning';
    this.asked.push(input);
    this.onPress();
    if (this.answer !== null) await this.record(sessionId, input.actionId, this.answer);
    return 'accepted';
  }

  async record(sessionId: string, actionId: string, answer: OperatorActionResult): Promise<void> {
    const end = answer.done
      ? { state: 'succeeded' as const, detail: null }
      : { state: 'refused' as const, detail: answer.why };
    await bench.stores.actions.finish({ sessionId, actionId, ...end }, bench.now);
  }

  isRunning(): Promise<boolean> {
    if (this.down) return Promise.reject(new Error('14 UNAVAILABLE: No connection established'));
    return Promise.resolve(this.isSessionRunning);
  }
}

async function fixture() {
  const sale = await aSale(bench);
  const played = new PlayedWorkflows();
  const log = new MemoryLog();
  const deps: Parameters<typeof sessionRoutes>[0] = {
    stores: bench.stores,
    clock: { now: () => bench.now },
    workflows: played,
    actionWorkflows: played,
    answerTimeoutMs: 400,
    capabilitiesOf: (provider) => sale.charge.customer.deps.providers[provider]?.capabilities ?? null,
    adminToken: TOKEN,
    publicUrl: () => 'https://pay.example/',
    log,
  };
  const extraRoutes = sessionRoutes(deps);
  const app = createApp({ ...apiFixture().deps, log, extraRoutes });
  const call = async (path: string, options: { method?: string; body?: unknown; token?: string } = {}) => {
    const separator = path.startsWith('?') ? '' : '/';
    const response = await app.request(`/api/v1/sessions${separator}${path}`, {
      method: options.method ?? 'GET',
      headers: { authorization: `Bearer ${options.token ?? TOKEN}`, 'content-type': 'application/json' },
      ...(options.body === undefined
        ? {}
        : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    });
    const body = (await response.json()) as Record<string, unknown>;
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      headers: response.headers,
      body,
    };
  };
  const press = (body: unknown, sessionId = sale.sessionId) =>
    call(`${sessionId}/actions`, { method: 'POST', body });
  return { sale, played, log, call, press, deps };
}

const aRefund = (overrides: Record<string, unknown> = {}) => ({
  kind: 'refund',
  amountMinor: 50,
  actionId: randomUUID(),
  actor: 'operator-1',
  reason: REASON,
  ...overrides,
});

const aRelease = () => {
  const { amountMinor: _, ...rest } = aRefund({ kind: 'release' });
  return rest;
};

async function actionsOf(sale: Sale) {
  return await bench.stores.actions.listForSession(sale.sessionId);
}

describe('the list of sessions', () => {
  test('is of those that need attention when asked so, and says what it was asked wrongly', async () => {
    const { sale, call } = await fixture();
    const { sessionId } = sale;
    const items = async (query: string) => {
      const { items: listed } = (await call(`?limit=500${query}`)).body as { items: { sessionId: string }[] };
      return listed.map((item) => item.sessionId);
    };
    expect(await items('')).toContain(sessionId);
    expect(await items('&attention=true')).not.toContain(sessionId);
    const task = { subject: sessionId, reason: 'overdue', sessionId, details: {} } as const;
    await bench.stores.attention.raise(task, bench.now);
    expect(await items('&attention=true')).toContain(sessionId);
    expect(await items('&attention=false')).toContain(sessionId);
    const wrong = await call('?attention=perhaps');
    expect(wrong).toMatchObject({ status: 422, body: { detail: 'attention must be true or false.' } });
  });
});

describe('an action over HTTP', () => {
  test('that is done is 200 with its result, and starts its workflow with ids, kind and amount alone', async () => {
    const { sale, played, press } = await fixture();
    const request = aRefund();
    const { status, body } = await press(request);
    expect(status).toBe(200);
    expect(body).toEqual({
      actionId: request.actionId,
      kind: 'refund',
      amountMinor: 50,
      state: 'succeeded',
      detail: null,
      actor: 'operator-1',
      operationId: `${sale.sessionId}-refund-1`,
      createdAt: bench.now,
      finishedAt: bench.now,
    });
    const { sessionId } = sale;
    expect(played.started).toEqual([
      { sessionId, actionId: request.actionId, kind: 'refund', amountMinor: 50 },
    ]);
    expect(await bench.stores.actions.reasonOf(sessionId, request.actionId)).toBe(REASON);
  });

  test('that takes longer is 202, and the same request later gets its result', async () => {
    const { played, press } = await fixture();
    const request = aRefund();
    Object.assign(played, { end: null, outcome: 'running' });
    expect(await press(request)).toMatchObject({
      status: 202,
      body: { state: 'requested', finishedAt: null },
    });
    Object.assign(played, { end: { state: 'refused', detail: '6220' }, outcome: 'ended' });
    expect(await press(request)).toMatchObject({ status: 200, body: { state: 'refused', detail: '6220' } });
  });

  test('that has ended answers a later press without Temporal', async () => {
    const { played, press } = await fixture();
    const request = aRefund();
    await press(request);
    played.down = true;
    expect(await press(request)).toMatchObject({ status: 200, body: { state: 'succeeded' } });
  });

  test('of a session that is not there is 404', async () => {
    const { press } = await fixture();
    for (const sessionId of ['none', randomUUID(), '%00', 'x'.repeat(300)]) {
      const answer = await press(aRefund(), sessionId);
      expect(answer).toMatchObject({ status: 404, type: 'application/problem+json' });
    }
  });

  test('is 409 with a sentence while the session settles, and nothing is stored', async () => {
    const { sale, played, press } = await fixture();
    played.isSessionRunning = true;
    const { status, type, body } = await press(aRefund());
    expect({ status, type }).toEqual({ status: 409, type: 'application/problem+json' });
    expect(body['detail']).toBe('The session is still settling: wait until it has ended.');
    expect(await actionsOf(sale)).toEqual([]);
  });

  test('is 409 where the provider cannot, before Temporal is asked', async () => {
    const { sale, played, press } = await fixture();
    Object.assign(sale.provider.capabilities, { refund: false, release: 'unknown' });
    expect(await press(aRelease())).toMatchObject({ status: 409 });
    played.down = true;
    const refund = await press(aRefund());
    expect(refund).toMatchObject({ status: 409 });
    expect(refund.body['detail']).toContain('no call for a refund');
    expect(await actionsOf(sale)).toEqual([]);
  });

  test('is 409 for more than is left, and for the same id used otherwise', async () => {
    const { press } = await fixture();
    expect((await press(aRefund({ amountMinor: 101 }))).body['detail']).toBe(
      'At most 1.00 NOK can still be refunded.',
    );
    const request = aRefund();
    await press(request);
    for (const changed of [
      { ...request, amountMinor: 60 },
      { ...aRelease(), actionId: request.actionId },
    ])
      expect(await press(changed)).toMatchObject({ status: 409 });
  });

  test('is 409 while another one is open, which is given a push', async () => {
    const { played, press } = await fixture();
    const first = aRefund();
    Object.assign(played, { end: null, outcome: 'running' });
    await press(first);
    const second = await press(aRefund());
    expect(second.status).toBe(409);
    expect(second.body['detail']).toContain(first.actionId);
    expect(played.started.map(({ actionId }) => actionId)).toEqual([first.actionId, first.actionId]);
  });

  test('whose workflow was ended by hand is recorded as failed, for a person to look', async () => {
    const { sale, played, press } = await fixture();
    Object.assign(played, { end: null, outcome: 'broken' });
    expect(await press(aRefund())).toMatchObject({
      status: 200,
      body: { state: 'failed', detail: 'workflowEnded' },
    });
    expect(await sale.record()).toMatchObject({ attention: ['refundUncertain'] });
  });

  test('is 503 while Temporal is down; repeated it is the same action', async () => {
    const { sale, played, press } = await fixture();
    const request = aRefund();
    played.startFault = '14 UNAVAILABLE';
    const answer = await press(request);
    expect(answer).toMatchObject({ status: 503, type: 'application/problem+json' });
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect(answer.body['detail']).toContain(request.actionId);
    played.startFault = null;
    expect(await press(request)).toMatchObject({ status: 200, body: { state: 'succeeded' } });
    expect(await actionsOf(sale)).toHaveLength(1);
  });

  test('resends the receipt without an amount, beside another action that is open', async () => {
    const { sale, played, press } = await fixture();
    Object.assign(played, { end: null, outcome: 'running' });
    await press(aRefund());
    Object.assign(played, { end: { state: 'succeeded', detail: null }, outcome: 'ended' });
    expect(await press({ ...aRelease(), kind: 'resendReceipt' })).toMatchObject({
      status: 200,
      body: { kind: 'resendReceipt', state: 'succeeded', amountMinor: null, operationId: null },
    });
    expect(played.started.at(-1)).toMatchObject({ sessionId: sale.sessionId, amountMinor: null });
  });

  test('releases what is held, with the amount that was read last', async () => {
    const { played, press } = await fixture();
    expect(await press(aRelease())).toMatchObject({
      status: 200,
      body: { kind: 'release', amountMinor: 400 },
    });
    expect(played.started).toMatchObject([{ kind: 'release', amountMinor: 400 }]);
  });

  test.each([
    ['no body', ''],
    ['no JSON', '{'],
    ['no kind', { ...aRefund(), kind: undefined }],
    ['an unknown kind', aRefund({ kind: 'writeOff' })],
    ['no amount', aRefund({ amountMinor: undefined })],
    ['nothing', aRefund({ amountMinor: 0 })],
    ['less than nothing', aRefund({ amountMinor: -1 })],
    ['half an øre', aRefund({ amountMinor: 0.5 })],
    ['an amount as text', aRefund({ amountMinor: '50' })],
    ['an amount beyond all bounds', aRefund({ amountMinor: 2 ** 60 })],
    ['a release with an amount', aRefund({ kind: 'release' })],
    ['no reason', aRefund({ reason: ' ' })],
    ['a novel', aRefund({ reason: 'x'.repeat(501) })],
    ['no actor', aRefund({ actor: '' })],
    ['a number as the actor', aRefund({ actor: '+47 91 23 45 67' })],
    ['a number within the actor', aRefund({ actor: 'kari 912 34 567' })],
    ['a number as the action id', aRefund({ actionId: '4791234567' })],
    ['something more', aRefund({ note: 'x' })],
  ])('with %s is 422 and changes nothing', async (_, body) => {
    const { sale, played, press } = await fixture();
    const answer = await press(body);
    expect(answer).toMatchObject({ status: 422, type: 'application/problem+json' });
    expect(String(answer.body['detail'])).not.toBe('');
    expect(played.started).toEqual([]);
    expect(await actionsOf(sale)).toEqual([]);
  });

  test('with a body beyond all bounds is refused', async () => {
    const { sale, press } = await fixture();
    expect(await press(aRefund({ reason: 'x'.repeat(100_000) }))).toMatchObject({
      status: 413,
      type: 'application/problem+json',
    });
    expect(await actionsOf(sale)).toEqual([]);
  });

  test('leaves neither the reason nor a number in log or answer', async () => {
    const { log, played, press } = await fixture();
    const answers = [await press(aRefund({ actor: '4791234567' })), await press(aRefund())];
    played.startFault = `cannot store ${REASON}`;
    answers.push(await press(aRefund()));
    for (const text of [log.text(), JSON.stringify(answers)]) expect(text).not.toContain('4791234567');
  });
});

describe('a session over HTTP', () => {
  test('shows the projection, its actions and its documents with their addresses', async () => {
    const { sale, call } = await fixture();
    const refund = await sale.refunded(50);
    const { status, body } = await call(sale.sessionId);
    expect(status).toBe(200);
    const [original, note] = [...(await sale.documents('sale')), ...(await sale.documents())];
    expect(body).toMatchObject({
      sessionId: sale.sessionId,
      state: 'captured',
      currency: 'NOK',
      reservedMinor: 500,
      capturedMinor: 100,
      refundedMinor: 50,
      actions: [
        { actionId: refund.action.actionId, kind: 'refund', state: 'succeeded', actor: 'operator-1' },
      ],
      receipts: [
        { kind: 'sale', number: 1, amountMinor: 100, url: `https://pay.example/r/${original?.token}` },
        { kind: 'creditNote', number: 2, amountMinor: 50, url: `https://pay.example/r/${note?.token}` },
      ],
    });
  });

  test('shows what became of each text, and never its words', async () => {
    const { sale, call } = await fixture();
    const { charge } = sale;
    bench.gateway.failNext(`${sale.sessionId}-receipt`, 'rejected', { code: '106000' });
    await sendLinkOf(sale);
    await charge.customer.run('sendText', charge.textInput('receipt', charge.capturedView()));
    const { body } = await call(sale.sessionId);
    const at = { createdAt: bench.now };
    const link = { kind: 'paymentLink', state: 'sent', delivery: 'pending', code: null, sentAt: bench.now };
    const receipt = { kind: 'receipt', state: 'rejected', delivery: null, code: '106000', sentAt: null };
    expect(body).toHaveProperty('texts', [
      { gateway: 'link', ...link, ...at },
      { gateway: 'link', ...receipt, ...at },
    ]);
    const outboundId = `${sale.sessionId}-paymentLink-1`;
    const report = { outboundId, gatewayMessageId: 'gw', part: 0, resultCode: '1003', at: bench.now };
    await bench.stores.outbox.recordDelivery('link', { ...report, state: 'failed' });
    expect((await call(sale.sessionId)).body).toMatchObject({
      texts: [{ delivery: 'failed', code: '1003' }, {}],
    });
  });

  test('shows nothing personal: no number, no reason, neither subscriber nor link', async () => {
    const { sale, call, press } = await fixture();
    await press(aRefund());
    const text = JSON.stringify((await call(sale.sessionId)).body);
    const { subscriberId, linkToken } = await sale.record();
    for (const secret of [sale.charge.customer.msisdn, REASON, subscriberId, linkToken])
      expect(text).not.toContain(secret);
  });

  test('that is not there is 404', async () => {
    const { call } = await fixture();
    for (const sessionId of ['none', '%00', 'a%2Fb'])
      expect(await call(sessionId)).toMatchObject({ status: 404, type: 'application/problem+json' });
  });

  test.each(['', 'wrong', `${TOKEN}x`])('takes no token but its own (%j)', async (token) => {
    const { sale, played, call } = await fixture();
    const read = await call(sale.sessionId, { token });
    const acted = await call(`${sale.sessionId}/actions`, { method: 'POST', body: aRefund(), token });
    for (const answer of [read, acted]) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect(played.started).toEqual([]);
  });
});

describe('what is asked of a session', () => {
  const ask = (kind: string, overrides: Record<string, unknown> = {}) => ({
    ...aRelease(),
    kind,
    ...overrides,
  });

  test.each(['endNow', 'retryCapture', 'writeOff', 'waive'])(
    'that runs is passed to it once, by an id alone: %s',
    async (kind) => {
      const { sale, played, press } = await fixture();
      played.isSessionRunning = true;
      const request = ask(kind);
      const first = await press(request);
      expect(first).toMatchObject({
        status: 200,
        body: {
          actionId: request.actionId,
          kind,
          state: 'succeeded',
          actor: 'operator-1',
          amountMinor: null,
        },
      });
      expect(played.asked).toEqual([{ action: kind, actionId: request.actionId }]);
      expect((await press(request)).body).toEqual(first.body);
      expect(played.asked).toHaveLength(1);
      expect(await bench.stores.actions.listForSession(sale.sessionId)).toHaveLength(1);
    },
  );

  test('is answered with its reason where there is nothing to do, and that is on record', async () => {
    const { played, press } = await fixture();
    played.isSessionRunning = true;
    played.answer = { done: false, why: 'no capture is outstanding: the session is captured' };
    expect(await press(ask('writeOff'))).toMatchObject({
      status: 200,
      body: { state: 'refused', detail: 'no capture is outstanding: the session is captured' },
    });
  });

  test('that has ended is refused, but a release is carried out by an action of its own', async () => {
    const { sale, press } = await fixture();
    expect(await press(ask('endNow'))).toMatchObject({
      body: { state: 'refused', detail: 'the session has ended' },
    });
    expect(await press(ask('release'))).toMatchObject({ body: { kind: 'release', amountMinor: 400 } });
    expect((await actionsOf(sale)).map(({ kind }) => kind).toSorted()).toEqual(['endNow', 'release']);
  });

  test('is 503 while the session has not answered in time, and a repeated press is told the answer', async () => {
    const { sale, played, press } = await fixture();
    played.isSessionRunning = true;
    played.answer = null;
    const request = ask('endNow');
    expect(await press(request)).toMatchObject({ status: 503 });
    await played.record(sale.sessionId, request.actionId, { done: true });
    expect(await press(request)).toMatchObject({ status: 200, body: { state: 'succeeded' } });
    expect(played.asked).toHaveLength(1);
  });

  test('is refused when the session ends without an answer, as one that has ended', async () => {
    const { played, press } = await fixture();
    played.isSessionRunning = true;
    played.answer = null;
    played.onPress = () => {
      played.isSessionRunning = false;
    };
    expect(await press(ask('endNow'))).toMatchObject({
      body: { state: 'refused', detail: 'the session has ended' },
    });
  });

  test('with an id that was used for something else is 409', async () => {
    const { played, press } = await fixture();
    played.isSessionRunning = true;
    const request = ask('endNow');
    await press(request);
    expect(await press({ ...request, kind: 'writeOff' })).toMatchObject({ status: 409 });
  });

  test('stays on record when Temporal does not answer, and is asked again with the same id', async () => {
    const { sale, played, press } = await fixture();
    played.isSessionRunning = true;
    played.down = true;
    const request = ask('endNow');
    expect(await press(request)).toMatchObject({ status: 503 });
    expect(await bench.stores.actions.listForSession(sale.sessionId)).toMatchObject([{ state: 'requested' }]);
    played.down = false;
    expect(await press(request)).toMatchObject({ body: { state: 'succeeded' } });
    expect(played.asked).toHaveLength(1);
  });

  test('is carried out by the next pass over open actions when its signal was lost', async () => {
    const { sale, played, press, deps, log } = await fixture();
    Object.assign(played, { isSessionRunning: true, down: true });
    expect(await press(ask('endNow'))).toMatchObject({ status: 503 });
    played.down = false;
    await resumeOpenActions(deps, log, () => false);
    expect(await actionsOf(sale)).toMatchObject([{ kind: 'endNow', state: 'succeeded' }]);
    expect(played.asked).toHaveLength(1);
  });

  test('that a pass has not reached when the process stops is due at once in the next process', async () => {
    const fixtures = [await fixture(), await fixture()];
    for (const { played, press } of fixtures) {
      Object.assign(played, { isSessionRunning: true, down: true });
      expect(await press(ask('endNow'))).toMatchObject({ status: 503 });
    }
    const { deps, log } = fixtures[0] ?? (await fixture());
    let turns = 0;
    await resumeOpenActions(deps, log, () => (turns += 1) > 1);
    let due = 0;
    while ((await bench.stores.actions.takeOpen(bench.now)) !== null) due += 1;
    expect(due).toBe(1);
  });
});
