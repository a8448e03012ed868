/**
 * What the API asked by updates before it sent a signal and read our own records (docs/adr/0017). Sessions that have such an update in
 * their history replay through these handlers; a new one is refused, since one that follows an empty workflow task at
 * once can leave a history that does not replay.
 */
import { condition, setHandler } from '@temporalio/workflow';
import {
  openPaymentAnswer,
  paymentPageOf,
  type OpenPaymentAnswer,
} from '../domain/charge-session/open-payment.ts';
import { openPaymentUpdate, operatorActionUpdate, type OperatorActionInput } from './contract.ts';
import { operatorAction } from './operator-action.ts';
import type { SessionRun } from './session-run.ts';

const OPEN_PAYMENT_WAIT_MS = 7_000;

export function replayEarlierUpdates(run: SessionRun): void {
  setHandler(openPaymentUpdate, () => openPayment(run), {
    description: 'Refused: signal paymentOpened instead, and read the row of the session.',
    validator: () => refuse('signal paymentOpened, and read the row of the session'),
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

async function openPayment(run: SessionRun): Promise<OpenPaymentAnswer | { kind: 'oneMoment' }> {
  run.push({ type: 'paymentOpened' });
  const answered = (): boolean => run.isCaughtUp() && answerOf(run) !== null;
  await condition(answered, OPEN_PAYMENT_WAIT_MS, { summary: 'Wait for the payment page' });
  return answerOf(run) ?? { kind: 'oneMoment' };
}

function answerOf({ session }: SessionRun): OpenPaymentAnswer | null {
  return openPaymentAnswer({ state: session.state, ...paymentPageOf(session) }, session.now);
}
