/** What is done to a session after its end: the refund call, and the records of refunds and late releases. */
import { invariant } from '../domain/assert.ts';
import { assertAmountMinor } from '../domain/money.ts';
import type { PaymentSnapshot } from '../domain/payment.ts';
import type { ActionRecord } from '../ports/action-store.ts';
import type {
  ActionBegun,
  ActionCall,
  ActionIdentity,
  Activities,
  FinishActionInput,
  RefundOutcome,
} from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { misconfigured, notVisibleYet } from './failures.ts';
import { MoneyCall, waitingBetweenTries } from './money-call.ts';
import { isOfOthersAlone } from './confirm-calls.ts';
import { issueCreditNote } from './receipts.ts';

export function createSessionActionActivities(deps: ActivityDeps) {
  return {
    refundPayment: waitingBetweenTries((input: ActionCall) => refundPayment(deps, input)),
    beginAction: (input) => beginAction(deps, input),
    reviewAction: async (input) => ({ call: await stateOfCall(deps, await actionOf(deps, input)) }),
    issueCreditNote: async (input) => await issueCreditNote(deps, await actionOf(deps, input)),
    finishAction: (input) => finishAction(deps, input),
  } satisfies Partial<Activities>;
}

/**
 * Returns `amountMinor` of what was captured, once. A refund does not change the payment's state, so that a second call
 * would return money a second time: ours was made if the refunded amount has risen above the one recorded before
 * our first call, and the provider's event log, if it keeps one, does not show other keys only.
 */
async function refundPayment(deps: ActivityDeps, input: ActionCall): Promise<RefundOutcome> {
  const { sessionId, actionId, operationId, amountMinor, currency, paymentReference } = input;
  assertAmountMinor(amountMinor, 'an amount to refund');
  invariant(amountMinor > 0, 'refunded > 0');
  const call = new MoneyCall(deps, input);
  const refused = async (code: string | null): Promise<RefundOutcome> => {
    await call.recordResult(operationId, 'refused', code);
    return { outcome: 'refused', code, at: deps.clock.now() };
  };
  const before = await call.read();
  // It was captured once. A provider that does not show so just now is read again later.
  if (!before || before.capturedMinor === 0) throw notVisibleYet('capture');
  if (before.currency !== currency)
    throw misconfigured('the payment is in another currency than the session');
  const earlier = await call.earlier(operationId);
  const { refundedMinor } = before;
  const refundedBefore = await deps.stores.actions.setRefundedBefore(sessionId, actionId, refundedMinor);
  const isShown = async (read: PaymentSnapshot): Promise<boolean> =>
    read.refundedMinor >= refundedBefore + amountMinor &&
    !isOfOthersAlone(await call.readLog(read), 'refunded', operationId);
  // Refused at its first call, it cannot be what the read shows.
  const mayBeDone = earlier !== null && !(earlier.state === 'refused' && earlier.tries === 1);
  if (mayBeDone && (await isShown(before))) return await refunded(deps, call, input, before);
  if (before.capturedMinor - Math.max(refundedBefore, refundedMinor) < amountMinor && !mayBeDone)
    return await refused('nothingLeftToRefund');
  // The key is refused permanently; an operator who wants the refund requests another.
  if (earlier?.state === 'refusedForNow' && (await call.refusedKey(operationId, before, 'refunded')))
    return await refused(earlier.detail);
  const isUnclear = earlier !== null && ['started', 'unknown', 'refusedUnclear'].includes(earlier.state);
  // Without keys a second call that follows an unclear first one could return the money twice.
  if (isUnclear && !call.provider.capabilities.idempotencyKeys) throw notVisibleYet('refund');

  const { providerReference } = before;
  const written = await call.write({ operation: 'refund', operationId, amountMinor }, () =>
    call.provider.refund({
      paymentReference,
      providerReference,
      idempotencyKey: operationId,
      amountMinor,
      currency,
    }),
  );
  const after = await call.read();
  const isFinalRefusal = written.answer === 'refused' && written.isFinal && !mayBeDone;
  if (after && !isFinalRefusal && (await isShown(after))) return await refunded(deps, call, input, after);
  if (written.answer === 'confirmed' || !written.isFinal) throw notVisibleYet('refund');
  return await refused(written.code);
}

async function refunded(
  deps: ActivityDeps,
  call: MoneyCall,
  input: ActionCall,
  snapshot: PaymentSnapshot,
): Promise<RefundOutcome> {
  await call.recordResult(input.operationId, 'succeeded');
  return { outcome: 'refunded', snapshot, at: deps.clock.now() };
}

/** A refund or release: an action with a money call of its own. */
type MoneyAction = ActionRecord & { paymentNumber: number; amountMinor: number; operationId: string };

async function actionOf(deps: ActivityDeps, input: ActionIdentity): Promise<MoneyAction> {
  const action = await deps.stores.actions.find(input.sessionId, input.actionId);
  if (!action) throw misconfigured('the session action is not in the database');
  const { paymentNumber, amountMinor, operationId } = action;
  if (paymentNumber === null || amountMinor === null || operationId === null)
    throw misconfigured('the session action moves no money');
  return { ...action, paymentNumber, amountMinor, operationId };
}

async function beginAction(deps: ActivityDeps, input: ActionIdentity): Promise<ActionBegun> {
  const { stores } = deps;
  const { sessionId, actionId, paymentNumber, operationId, amountMinor } = await actionOf(deps, input);
  const session = await stores.sessions.find(sessionId);
  const payment = await stores.money.findPayment(sessionId, paymentNumber);
  if (!session || !payment) throw misconfigured('the session or its payment is not in the database');
  const { paymentReference, providerReference, provider } = payment;
  const { currency } = session.terms;
  const stepNumber = await stores.money.nextStepNumber(sessionId);
  return {
    sessionId,
    actionId,
    partnerId: session.partnerId,
    provider,
    currency,
    stepNumber,
    paymentNumber,
    paymentReference,
    providerReference,
    operationId,
    amountMinor,
  };
}

async function stateOfCall(deps: ActivityDeps, action: MoneyAction): Promise<'notMade' | 'unclear'> {
  const { money } = deps.stores;
  // A try that counts as dead may only be cut off from Temporal: from now on it can begin no call.
  await money.nextStepNumber(action.sessionId);
  const operations = await money.listOperations(action.sessionId);
  const made = operations.some(({ operationId }) => operationId === action.operationId);
  return made ? 'unclear' : 'notMade';
}

async function finishAction(deps: ActivityDeps, input: FinishActionInput): Promise<void> {
  const { sessionId, actionId, state, detail, snapshot, attention } = input;
  const action = await deps.stores.actions.find(sessionId, actionId);
  const session = await deps.stores.sessions.find(sessionId);
  // The projection is about the session's own payment; another one of it that was approved late is not shown there.
  const isOwn = session !== null && snapshot !== null && snapshot.providerReference === session.transactionId;
  await deps.stores.actions.finish(
    {
      sessionId,
      actionId,
      state,
      detail,
      ...(action?.kind === 'release' && isOwn ? { releasedMinor: snapshot.releasedMinor } : {}),
      ...(attention === null ? {} : { attention }),
    },
    deps.clock.now(),
  );
}
