/** How long each kind of activity may take and how it is repeated. activities/failures.ts classifies the refusals. */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import { TRY_MS } from '../domain/money-call-times.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
/** A worker that dies is noticed after this. Not for texts: a try that seems dead and sends all the same would be a doubt. */
const DEAD_AFTER_MS = 5 * SECOND_MS;

/** The customer waits for the payment link: quick tries, about a minute in all. */
export const reserveCalls = proxyActivities<Pick<Activities, 'reservePayment'>>({
  startToCloseTimeout: TRY_MS,
  heartbeatTimeout: DEAD_AFTER_MS,
  retry: { initialInterval: 2 * SECOND_MS, backoffCoefficient: 2, maximumAttempts: 6 },
});

/** One read; the next one comes by itself. */
export const readCalls = proxyActivities<Pick<Activities, 'readPayment'>>({
  startToCloseTimeout: 20 * SECOND_MS,
  heartbeatTimeout: DEAD_AFTER_MS,
  retry: { initialInterval: 2 * SECOND_MS, backoffCoefficient: 2, maximumAttempts: 3 },
});

/**
 * One round of a call that moves money. An answered attempt names the wait before the next, from 15 s on (`withRepeatWait`);
 * the interval here is for one whose worker died. After a round the workflow waits and starts the next. A cancelled round
 * ends between two attempts; the answer of a call that was sent is awaited.
 */
export const moneyCalls = proxyActivities<
  Pick<Activities, 'capturePayment' | 'releasePayment' | 'abandonPayment' | 'refundPayment'>
>({
  startToCloseTimeout: TRY_MS,
  heartbeatTimeout: DEAD_AFTER_MS,
  retry: { initialInterval: SECOND_MS, backoffCoefficient: 2, maximumAttempts: 5 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

const TEXT_RETRIES = {
  startToCloseTimeout: 30 * SECOND_MS,
  retry: { initialInterval: 2 * SECOND_MS, backoffCoefficient: 2, maximumInterval: 300 * SECOND_MS },
};

/** Texts that are of use only now. */
export const textCalls = proxyActivities<Pick<Activities, 'sendText' | 'sendReply'>>({
  ...TEXT_RETRIES,
  scheduleToCloseTimeout: 600 * SECOND_MS,
});

/** The wallet's receipt is a courtesy: a few tries. */
export const walletCalls = proxyActivities<Pick<Activities, 'showReceipt'>>({
  startToCloseTimeout: 30 * SECOND_MS,
  retry: { initialInterval: 15 * SECOND_MS, backoffCoefficient: 2, maximumAttempts: 5 },
});

/** The receipt is of use tomorrow too. */
export const receiptTextCalls = proxyActivities<Pick<Activities, 'sendText' | 'resendReceipt'>>({
  ...TEXT_RETRIES,
  scheduleToCloseTimeout: 24 * HOUR_MS,
});

/** A read for the comparison of the ledgers: nobody waits for it, and a provider in trouble is not called more often. */
export const reconcileCalls = proxyActivities<Pick<Activities, 'reconcileSession'>>({
  startToCloseTimeout: 120 * SECOND_MS,
  retry: { initialInterval: 15 * SECOND_MS, backoffCoefficient: 2, maximumAttempts: 3 },
});

/**
 * Our own records: repeated until the database answers. Not local activities: see docs/adr/0009-records-are-ordinary-activities.md.
 */
export const records = proxyActivities<Activities>({
  startToCloseTimeout: 15 * SECOND_MS,
  heartbeatTimeout: DEAD_AFTER_MS,
  retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 30 * SECOND_MS },
});
