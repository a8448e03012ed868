import { z } from 'zod';
import type { Currency } from '../../../domain/money.ts';
import { ProviderFault } from '../../../ports/payment-provider.ts';
import type { VippsCalls } from './calls.ts';

/** One line of a receipt. Amounts in minor units; net + VAT = gross. */
export interface AppReceiptLine {
  id: string;
  name: string;
  grossMinor: number;
  netMinor: number;
  vatMinor: number;
  /** hundredths of a percent: 2500 is 25 % */
  vatBasisPoints: number;
}

export interface AppReceipt {
  currency: Currency;
  receiptNumber: string | null;
  lines: readonly AppReceiptLine[];
}

/** `existed`: Vipps keeps the first receipt of a payment and takes no other. */
export type AppReceiptOutcome =
  { outcome: 'added' } | { outcome: 'existed' } | { outcome: 'failed'; code: string };

/**
 * Shows a receipt with the payment in the customer's app: `POST /order-management/v2/ECOM/receipts/{reference}` (ECOM
 * covers ePayment). It can be sent once and never changed, so only after the final amount is known. Never throws: the
 * receipt of record is ours, and a sale does not depend on this one.
 */
export async function addAppReceipt(
  calls: VippsCalls,
  paymentReference: string,
  receipt: AppReceipt,
): Promise<AppReceiptOutcome> {
  if (!receipt.lines.every(addsUp) || receipt.lines.length === 0)
    return { outcome: 'failed', code: 'amountsDoNotAddUp' };
  const path = `/order-management/v2/ECOM/receipts/${encodeURIComponent(paymentReference)}`;
  try {
    await calls.ask(
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

function addsUp({ grossMinor, netMinor, vatMinor, vatBasisPoints }: AppReceiptLine): boolean {
  const whole = [grossMinor, netMinor, vatMinor, vatBasisPoints].every(
    (value) => Number.isSafeInteger(value) && value >= 0,
  );
  return whole && netMinor + vatMinor === grossMinor;
}

function toBody({ currency, receiptNumber, lines }: AppReceipt): Record<string, unknown> {
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
