import type { Currency } from '../domain/money.ts';

/** One line of a receipt. Amounts in minor units; net + VAT = gross. */
export interface WalletReceiptLine {
  id: string;
  name: string;
  grossMinor: number;
  netMinor: number;
  vatMinor: number;
  vatBasisPoints: number;
}

export interface WalletReceipt {
  paymentReference: string;
  currency: Currency;
  receiptNumber: string;
  lines: readonly WalletReceiptLine[];
}

/**
 * Shows a receipt with the payment in the customer's wallet app, where the provider has such a thing. Never throws: the
 * receipt of record is ours, and a sale does not depend on this one.
 */
export interface WalletReceipts {
  show(
    receipt: WalletReceipt,
  ): Promise<{ outcome: 'added' | 'existed' } | { outcome: 'failed'; code: string }>;
}
