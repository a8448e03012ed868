import { z } from 'zod';
import {
  ProviderFault,
  type WalletReceipt,
  type WalletReceiptLine,
  type WalletReceiptOutcome,
} from '../../../ports/payment-provider.ts';
import type { VippsClient } from './client.ts';

/**
 * Shows a receipt with the payment in the customer's app: `POST /order-management/v2/ECOM/receipts/{reference}` (ECOM
 * covers ePayment). It can be sent once and never changed, so only after the final amount is known. Never throws: the
 * receipt of record is ours, and a sale does not depend on this one.
 */
export async function showInApp(client: VippsClient, receipt: WalletReceipt): Promise<WalletReceiptOutcome> {
  if (!receipt.lines.every(addsUp) || receipt.lines.length === 0)
    return { outcome: 'failed', code: 'amountsDoNotAddUp' };
  const path = `/order-management/v2/ECOM/receipts/${encodeURIComponent(receipt.paymentReference)}`;
  try {
    await client.request(
      'receipt',
      { method: 'POST', path, body: toBody(receipt) },
      // The body, an id of Vipps' own, is of no use.
      { statuses: [200, 201], schema: z.unknown() },
    );
    return { outcome: 'added' };
  } catch (error) {
    if (!(error instanceof ProviderFault)) return { outcome: 'failed', code: 'unexpected' };
    if (error.code === 'http409') return { outcome: 'existed' };
    return { outcome: 'failed', code: error.code ?? error.kind };
  }
}

function addsUp({ grossMinor, netMinor, vatMinor, vatBasisPoints }: WalletReceiptLine): boolean {
  const whole = [grossMinor, netMinor, vatMinor, vatBasisPoints].every(
    (value) => Number.isSafeInteger(value) && value >= 0,
  );
  return whole && netMinor + vatMinor === grossMinor;
}

function toBody({ currency, receiptNumber, lines }: WalletReceipt): Record<string, unknown> {
  return {
    orderLines: lines.map((line) => ({
      id: line.id,
      name: line.name,
      totalAmount: line.grossMinor,
      totalAmountExcludingTax: line.netMinor,
      totalTaxAmount: line.vatMinor,
      taxRate: line.vatBasisPoints,
    })),
    bottomLine: { currency, ...(receiptNumber === null ? {} : { receiptNumber }) },
  };
}
