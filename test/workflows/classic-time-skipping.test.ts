/**
 * The classic way: one time-skipping test server of its own, one clock for all workflows on it, activities written in the
 * test. Copy it for a first test of a workflow. The other files here use the run's real server with time skipped per
 * workflow, which runs in parallel and has search by attributes; docs/testing.md says which is for what.
 */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Activities } from '../../src/activities/contract.ts';
import { priceUsage } from '../../src/domain/tariff.ts';
import { msBetween } from '../../src/domain/instant.ts';
import type { PaymentSnapshot } from '../../src/domain/payment.ts';
import { ORDINARY_TERMS } from '../support/terms.ts';
import {
  chargeSessionWorkflowId,
  customerMessageSignal,
  paymentChangedSignal,
} from '../../src/workflows/contract.ts';
import { ChargeSession } from '../../src/workflows/index.ts';
import { shared } from '../support/on-demand.ts';
import { openClassicTimeSkipping } from '../support/time-skipping.ts';

const HOUR_MS = 3_600_000;
const SESSION_ID = '0123456789abcdef0123456789abcdef';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await openClassicTimeSkipping();
});
afterAll(() => env.teardown());

/** One payment in memory, and activities that behave like a provider that always answers. */
function inMemoryActivities(now: () => string) {
  const payment: PaymentSnapshot = {
    paymentReference: `s2p${SESSION_ID}`,
    providerReference: 'payment-1',
    phase: 'pending',
    currency: 'NOK',
    requestedMinor: 500,
    authorizedMinor: 0,
    capturedMinor: 0,
    releasedMinor: 0,
    refundedMinor: 0,
    authorizedAt: null,
    captureDeadlineAt: null,
  };
  const texts: string[] = [];
  const activities: Omit<
    Activities,
    | 'sendReply'
    | 'resendReceipt'
    | 'refundPayment'
    | 'beginAction'
    | 'reviewAction'
    | 'issueCreditNote'
    | 'finishAction'
    | 'listToReconcile'
    | 'reconcileSession'
    | 'followUpSession'
  > = {
    reservePayment: ({ paymentNumber }) =>
      Promise.resolve({
        type: 'reserved',
        paymentNumber,
        providerReference: 'payment-1',
        redirectUrl: 'https://w.test',
        at: now(),
      }),
    readPayment: ({ paymentNumber }) =>
      Promise.resolve({ type: 'paymentRead', paymentNumber, snapshot: { ...payment }, at: now() }),
    capturePayment: ({ paymentNumber, amountMinor }) => {
      payment.capturedMinor = amountMinor;
      return Promise.resolve({
        type: 'captured',
        paymentNumber,
        byOther: false,
        snapshot: { ...payment },
        at: now(),
      });
    },
    releasePayment: () => Promise.reject(new Error('this provider releases nothing')),
    abandonPayment: () => Promise.reject(new Error('this provider withdraws nothing')),
    priceUsage: ({ terms, startedAt, endedAt }) =>
      Promise.resolve({
        type: 'usagePriced',
        computedMinor: priceUsage(terms.tariff, msBetween(startedAt, endedAt)),
        at: now(),
      }),
    computeUsedUpAt: () => Promise.resolve({ usedUpAt: null }),
    sendText: ({ kind }) => {
      texts.push(kind);
      return Promise.resolve({ outcome: 'sent', isSlotFreed: false });
    },
    issueReceipt: () => Promise.resolve({ receiptNumber: 1 }),
    showReceipt: () => Promise.reject(new Error('this wallet shows no receipts')),
    recordSession: () => Promise.resolve(),
    freeSlot: () => Promise.resolve(),
    markHandled: () => Promise.resolve(),
    findOperatorAction: () => Promise.resolve({ action: null }),
    finishOperatorAction: () => Promise.resolve(),
    reviewLateEnd: () => Promise.resolve(),
    reviewLateMessage: () => Promise.resolve(),
    currentInstant: () => Promise.resolve({ at: now() }),
  };
  const approve = (): void =>
    void Object.assign(payment, { phase: 'authorized', authorizedMinor: 500, authorizedAt: now() });
  return { activities, texts, approve };
}

type InMemory = ReturnType<typeof inMemoryActivities>;

/** An hour of use, from the start of the workflow to its end. */
async function anHour(
  sessionId: string,
  change: (activities: InMemory['activities']) => void = () => {},
  atEnd = () => {},
) {
  let nowMs = await env.currentTimeMs();
  const now = (): string => new Date(nowMs).toISOString();
  const { activities, texts, approve } = inMemoryActivities(now);
  change(activities);
  const { path } = await shared('workflowBundle');
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: sessionId,
    workflowBundle: { codePath: path },
    activities,
  });
  return await worker.runUntil(async () => {
    const handle = await env.client.workflow.start(ChargeSession, {
      taskQueue: sessionId,
      workflowId: chargeSessionWorkflowId(sessionId),
      args: [{ sessionId, inboxId: 'mo-1', terms: ORDINARY_TERMS, requestedAt: now(), at: now() }],
    });
    approve();
    await handle.signal(paymentChangedSignal);
    await env.sleep(HOUR_MS);
    nowMs = await env.currentTimeMs();
    await handle.signal(customerMessageSignal, {
      kind: 'endCharge',
      inboxId: 'mo-2',
      sentAt: now(),
      receivedAt: now(),
    });
    const end = await handle.result();
    atEnd();
    return { end, texts, history: await handle.fetchHistory() };
  });
}

it('runs an hour of use in a moment and captures 1 NOK', async () => {
  const { end, texts } = await anHour(SESSION_ID);
  expect(end).toMatchObject({ state: 'captured', computedMinor: 100, capturedMinor: 100 });
  expect(texts).toEqual(['paymentLink', 'receipt']);
});

it('goes on after a round without any sign of life when its last try can make no call any more', async () => {
  let tries = 0;
  let letGo = () => {};
  const hanging = new Promise<void>((resolve) => (letGo = resolve));
  const { end, history } = await anHour(
    'fedcba9876543210fedcba9876543210',
    (activities) => {
      const { capturePayment } = activities;
      activities.capturePayment = async (input) => {
        tries += 1;
        if (tries < 5) throw new Error('no answer');
        if (tries === 5) await hanging;
        return await capturePayment(input);
      };
    },
    () => letGo(),
  );
  expect(end).toMatchObject({ state: 'captured', capturedMinor: 100 });
  const events = history.events ?? [];
  const timedOut = events.findIndex((event) => event.activityTaskTimedOutEventAttributes);
  const next = events.slice(timedOut).find((event) => event.timerStartedEventAttributes);
  expect(Number(next?.timerStartedEventAttributes?.startToFireTimeout?.seconds)).toBe(25);
});
