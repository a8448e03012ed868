import { HandlerUnfinishedPolicy } from '@temporalio/common';
import { condition, setHandler, sleep } from '@temporalio/workflow';
import { openPaymentUpdate } from '../../src/workflows/contract.ts';

/** Answers the update, or completes while the update waits. */
export async function openPaymentWorkflow(answers: boolean): Promise<void> {
  let asked = false;
  setHandler(
    openPaymentUpdate,
    async () => {
      asked = true;
      if (!answers) await sleep('1 hour');
      return { kind: 'redirect' as const, url: 'https://wallet.example/' };
    },
    { unfinishedPolicy: HandlerUnfinishedPolicy.ABANDON },
  );
  await condition(() => asked);
}
