import { condition, setHandler, sleep } from '@temporalio/workflow';
import {
  paymentOpenedSignal,
  paymentPageQuery,
  type OpenPaymentResult,
} from '../../src/workflows/contract.ts';

/** Knows the page some time after it was asked to open it, and completes. */
export async function openPaymentWorkflow(afterMs: number): Promise<void> {
  let asked = false;
  let page: OpenPaymentResult | null = null;
  setHandler(paymentPageQuery, () => page);
  setHandler(paymentOpenedSignal, () => {
    asked = true;
  });
  await condition(() => asked);
  if (afterMs > 0) await sleep(afterMs);
  page = { kind: 'redirect', url: 'https://wallet.example/' };
}
