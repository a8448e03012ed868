import { randomBytes } from 'node:crypto';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

// The vendor's error table (facts: payments.md A2). Clients branch on the code and the HTTP status, never on a title.
// The table names no HTTP status per code: 400 is the one of its example, the others are assumed from their meaning.
const VIPPS_ERRORS = {
  3010: [500, 'Internal error'],
  4010: [409, 'Capture idempotency conflict'],
  4020: [409, 'Idempotency error'],
  4040: [400, 'Invalid amount'],
  4070: [400, 'Invalid phone number'],
  4090: [400, 'Invalid URL'],
  4100: [400, 'Metadata capacity exceeded'],
  4120: [400, 'Metadata key length exceeded'],
  4130: [400, 'Metadata value length exceeded'],
  4140: [400, 'Missing required parameter'],
  4150: [409, 'Reference exists or refund idempotency conflict'],
  5040: [400, 'Invalid currency for merchant'],
  5050: [400, 'Long-living payment not allowed'],
  5060: [400, 'Merchant bank account not verified'],
  5070: [400, 'Payment cannot be created'],
  5080: [400, 'PUSH_MESSAGE not allowed'],
  5090: [404, 'Reference not found'],
  5100: [400, 'Refund not possible'],
  6010: [400, 'Amount too small'],
  6020: [400, 'Attempted refund before reservation'],
  6030: [400, 'Cancel period expired'],
  6040: [400, 'Cannot cancel a captured payment'],
  6050: [400, 'Cannot cancel a non-reserved payment'],
  6060: [400, 'Cannot cancel authorized payment'],
  6070: [400, 'Cannot capture a cancelled payment'],
  6080: [400, 'Cannot capture before reservation'],
  6090: [400, 'Capture amount too high'],
  6100: [400, 'Capture period expired'],
  6110: [400, 'Expiration date is too late'],
  6120: [400, 'Expiration date is too soon'],
  6130: [400, 'Long-living payments require a receipt'],
  6140: [400, 'Must capture full amount'],
  6150: [400, 'Not enough refundable'],
  6160: [423, 'Order processing'],
  6170: [400, 'Payment already captured'],
  6180: [400, 'Payment already refunded'],
  6190: [400, 'Payment cannot be cancelled'],
  6200: [400, 'Payment cannot be captured'],
  6210: [400, 'Payment cannot be refunded'],
  6220: [400, 'Refund period expired'],
  6230: [400, 'Payment is already reserved'],
  6250: [400, 'Cannot cancel pending'],
  6260: [400, 'Funds unavailable'],
  6280: [400, 'Capture failed'],
  7010: [400, 'Customer not found'],
  10010: [400, 'Approve failed'],
  10020: [400, 'Approve not allowed'],
  10030: [400, 'Identification required'],
} as const satisfies Record<number, readonly [ContentfulStatusCode, string]>;

export type VippsErrorCode = keyof typeof VIPPS_ERRORS;

/** The codes of the table that this stand-in answers with. */
export const CODE = {
  internalError: 3010,
  captureKeyReused: 4010,
  keyReused: 4020,
  invalidAmount: 4040,
  invalidPhone: 4070,
  invalidUrl: 4090,
  tooMuchMetadata: 4100,
  metadataKeyTooLong: 4120,
  metadataValueTooLong: 4130,
  missingParameter: 4140,
  referenceExists: 4150,
  wrongCurrency: 5040,
  noLongLivingPayment: 5050,
  cannotCreate: 5070,
  noPushMessage: 5080,
  referenceNotFound: 5090,
  amountTooSmall: 6010,
  refundBeforeReservation: 6020,
  cancelPeriodOver: 6030,
  cancelAfterCapture: 6040,
  cancelBeforeReservation: 6050,
  cancelAfterAuthorization: 6060,
  captureAfterCancel: 6070,
  captureBeforeReservation: 6080,
  captureTooHigh: 6090,
  capturePeriodOver: 6100,
  receiptRequired: 6130,
  notEnoughRefundable: 6150,
  processing: 6160,
  alreadyCaptured: 6170,
  alreadyRefunded: 6180,
  cannotCancel: 6190,
  cannotCapture: 6200,
  cannotRefund: 6210,
  refundPeriodOver: 6220,
  alreadyReserved: 6230,
  cancelPending: 6250,
  fundsUnavailable: 6260,
  captureFailed: 6280,
} as const satisfies Record<string, VippsErrorCode>;

export function isVippsErrorCode(code: number): code is VippsErrorCode {
  return Object.hasOwn(VIPPS_ERRORS, code);
}

export interface VippsAnswer {
  status: ContentfulStatusCode;
  body: unknown;
}

export interface FieldProblem {
  name: string;
  reason: string;
}

/** The answer of a domain error. */
export function refusal(code: VippsErrorCode, instance: string): VippsAnswer {
  const [status, title] = VIPPS_ERRORS[code];
  return problemAnswer(status, title, instance, [{ name: 'ErrorCode', reason: String(code) }]);
}

/** The answer to a malformed request: names the fields, has no code. */
export function malformed(fields: FieldProblem[], instance: string): VippsAnswer {
  return problemAnswer(400, 'Bad Request', instance, fields);
}

export function problemAnswer(
  status: ContentfulStatusCode,
  title: string,
  instance: string,
  extraDetails: FieldProblem[] = [],
): VippsAnswer {
  const body = {
    type: `https://httpstatuses.io/${status}`,
    title,
    detail: `${title} (TEST)`,
    instance,
    status,
    extraDetails,
    traceId: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
  };
  return { status, body };
}
