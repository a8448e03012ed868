/**
 * What the API asked by updates before it asked by a signal and a query (docs/adr/0017). Sessions that have such an update in
 * their history replay through these handlers; a new one is refused, since one that follows an empty workflow task at
 * once can leave a history that does not replay.
 */
import { condition, setHandler } from '@temporalio/workflow';
import { openPaymentAnswer } from '../domain/charge-session/open-payment.ts';
import {
  openPaymentUpdate,
  operatorActionUpdate,
  type OpenPaymentResult,
  type OperatorActionInput,
} from './contract.ts';
import { operatorAction } from './operator-action.ts';
import type { SessionRun } from './session-run.ts';

const OPEN_PAYMENT_WAIT_MS = 7_000;

export function replayEarlierUpdates(run: SessionRun): void {
  setHandler(openPaymentUpdate, () => openPayment(run), {
    description: 'Refused: signal paymentOpened and query paymentPage instead.',
    validator: () => refuse('signal paymentOpened and query paymentPage'),
  });
  setHandler(operatorActionUpdate, (input: OperatorActionInput) => operatorAction(run, input), {
    description: 'Refused: use sms2pay session, which keeps who asked and why.',
    validator: (_input: OperatorActionInput) => refuse('use sms2pay session, which keeps who asked and why'),
  });
}

/** A validator is not asked in a replay. */
function refuse(instead: string): never {
  throw new Error(`updates are not taken any more: ${instead}`);
}

async function openPayment(run: SessionRun): Promise<OpenPaymentResult> {
  run.push({ type: 'paymentOpened' });
  const answered = (): boolean => run.isCaughtUp() && openPaymentAnswer(run.session) !== null;
  await condition(answered, OPEN_PAYMENT_WAIT_MS, { summary: 'Wait for the payment page' });
  return openPaymentAnswer(run.session) ?? { kind: 'oneMoment' };
}
