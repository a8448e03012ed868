import { ApplicationFailure } from '@temporalio/common';
import type { ShowReceiptInput } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { misconfigured } from './failures.ts';

/** Shows the sale's receipt in the wallet app. Repeating it is harmless: the provider keeps the first one. */
export async function showReceipt(
  deps: ActivityDeps,
  input: ShowReceiptInput,
): Promise<{ outcome: 'added' | 'existed' }> {
  const provider = deps.providers[input.provider];
  if (!provider?.showReceipt) throw misconfigured(`the wallet of ${input.provider} shows no receipts`);
  const receipts = await deps.stores.receipts.listForSession(input.sessionId);
  const receipt = receipts.find((candidate) => candidate.operationId === input.operationId);
  if (!receipt) throw misconfigured('the receipt to be shown is not in the database');
  const { serviceName, currency, grossMinor, netMinor, vatMinor, vatBasisPoints } = receipt.data;
  const shown = await provider.showReceipt({
    paymentReference: input.paymentReference,
    currency,
    receiptNumber: String(receipt.number),
    lines: [{ id: input.operationId, name: serviceName, grossMinor, netMinor, vatMinor, vatBasisPoints }],
  });
  if (shown.outcome === 'failed') {
    throw ApplicationFailure.retryable('the wallet did not take the receipt', shown.code);
  }
  return { outcome: shown.outcome };
}
