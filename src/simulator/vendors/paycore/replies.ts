import { decimalText, JsonDecimal, jsonWithDecimals } from '../../decimal.ts';
import type { PaymentRow, PaymentStatus } from '../../records.ts';

// Field names of PreTransactionResponse and TransactionResponseV2 (facts: sms-and-paycore.md B3).

/**
 * By our status: `code` is of Paycore's complete list of `statusCode`. `word` is the wallet's own `status`, whose values
 * are not published: these follow Vipps' older API.
 */
const STATUSES: Record<PaymentStatus, { code: string; word: string; description: string }> = {
  pending: { code: 'Registered', word: 'INITIATE', description: 'Waiting for the payer' },
  authorized: { code: 'Authorized', word: 'RESERVE', description: 'Reserved' },
  captured: { code: 'Captured', word: 'CAPTURE', description: 'Captured' },
  released: { code: 'Annulled', word: 'VOID', description: 'Released' },
  declined: { code: 'Failed', word: 'REJECTED', description: 'Rejected by the payer' },
  expired: { code: 'Failed', word: 'TIMEOUT', description: 'The payer did not answer in time' },
};

/** After a capture a transaction's amount is what was captured. */
function transactionMinor(payment: PaymentRow): number {
  return payment.status === 'captured' ? payment.capturedMinor : payment.requestedMinor;
}

export function landingUrl(baseUrl: string, payment: PaymentRow): string {
  return `${baseUrl}/paycore/pre-transactions/${payment.partnerId}/${payment.id}`;
}

export function transactionUrl(baseUrl: string, payment: PaymentRow): string {
  return `${baseUrl}/paycore/api/transactions/${payment.partnerId}/${payment.id}`;
}

export function transactionJson(payment: PaymentRow): string {
  return jsonWithDecimals({
    transactionId: payment.id,
    partnerId: Number(payment.partnerId),
    referenceId: payment.reference,
    paymentProvider: 'Vipps',
    currency: payment.currency,
    amount: new JsonDecimal(transactionMinor(payment)),
    description: payment.description,
    ocr: payment.ocr,
    createdDateUtc: payment.createdAt,
    paymentDateUtc: payment.authorizedAt,
    paymentTransactionId: payment.paymentTransactionId,
    status: STATUSES[payment.status].word,
    statusCode: STATUSES[payment.status].code,
    statusDescription: STATUSES[payment.status].description,
    success: payment.status === 'authorized' || payment.status === 'captured',
  });
}

export function preTransactionJson(baseUrl: string, payment: PaymentRow): string {
  return jsonWithDecimals({
    preTransactionId: payment.id,
    partnerId: Number(payment.partnerId),
    referenceId: payment.reference,
    correlationId: payment.correlationId,
    msisdn: payment.msisdn,
    currency: payment.currency,
    amount: new JsonDecimal(payment.requestedMinor),
    description: payment.description,
    ocr: payment.ocr,
    paymentProviders: ['Vipps'],
    expiryUtc: payment.expiresAt,
    returnUrl: payment.returnUrl,
    statusCallbackUrl: payment.statusCallbackUrl,
    smsReceiptText: payment.smsReceiptText,
    smsNotificationSent: payment.smsNotificationSent,
    mobileInvoiceUrl: landingUrl(baseUrl, payment),
  });
}

export function preTransactionListItem(payment: PaymentRow): string {
  return jsonWithDecimals({
    preTransactionId: payment.id,
    correlationId: payment.correlationId,
    msisdn: payment.msisdn,
    currency: payment.currency,
    amount: new JsonDecimal(payment.requestedMinor),
  });
}

/** What the `{{...}}` of Paycore's URLs and texts stand for. `{{amount}}` is a bare number. */
export function templateValues(baseUrl: string, payment: PaymentRow): Record<string, string | null> {
  return {
    transactionId: payment.id,
    preTransactionId: payment.id,
    paymentTransactionId: payment.paymentTransactionId,
    partnerId: payment.partnerId,
    referenceId: payment.reference,
    correlationId: payment.correlationId,
    ocr: payment.ocr,
    msisdn: payment.msisdn,
    description: payment.description,
    currency: payment.currency,
    amount: decimalText(transactionMinor(payment)),
    paymentType: 'Vipps',
    status: STATUSES[payment.status].word,
    statusCode: STATUSES[payment.status].code,
    paymentSelectionPageUrl: landingUrl(baseUrl, payment),
    receiptPageUrl: landingUrl(baseUrl, payment),
  };
}

/** Fills `{{name}}`; names ignore case, unknown names become empty. `encode` is applied to each value. */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, string | null>>,
  encode: (value: string) => string = (value) => value,
): string {
  const byName = new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value ?? '']));
  return template.replace(/\{\{\s*(\w+)\s*\}\}/g, (_whole, name: string) =>
    encode(byName.get(name.toLowerCase()) ?? ''),
  );
}
