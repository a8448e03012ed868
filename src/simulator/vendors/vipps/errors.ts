import { randomBytes } from 'node:crypto';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

// The vendor's error table (facts: payments.md A2). Clients branch on the code and the HTTP status, never on a title.
// The table names no HTTP status per code: 400 is the one of its example, the others are assumed from their meaning.
const VIPPS_ERRORS = {
  internalError: [3010, 500, 'Internal error'],
  captureKeyReused: [4010, 409, 'Capture idempotency conflict'],
  keyReused: [4020, 409, 'Idempotency error'],
  invalidAmount: [4040, 400, 'Invalid amount'],
  invalidPhone: [4070, 400, 'Invalid phone number'],
  invalidUrl: [4090, 400, 'Invalid URL'],
  tooMuchMetadata: [4100, 400, 'Metadata capacity exceeded'],
  metadataKeyTooLong: [4120, 400, 'Metadata key length exceeded'],
  metadataValueTooLong: [4130, 400, 'Metadata value length exceeded'],
  missingParameter: [4140, 400, 'Missing required parameter'],
  referenceExists: [4150, 409, 'Reference exists or refund idempotency conflict'],
  wrongCurrency: [5040, 400, 'Invalid currency for merchant'],
  noLongLivingPayment: [5050, 400, 'Long-living payment not allowed'],
  noBankAccount: [5060, 400, 'Merchant bank account not verified'],
  cannotCreate: [5070, 400, 'Payment cannot be created'],
  noPushMessage: [5080, 400, 'PUSH_MESSAGE not allowed'],
  referenceNotFound: [5090, 404, 'Reference not found'],
  refundNotPossible: [5100, 400, 'Refund not possible'],
  amountTooSmall: [6010, 400, 'Amount too small'],
  refundBeforeReservation: [6020, 400, 'Attempted refund before reservation'],
  cancelPeriodOver: [6030, 400, 'Cancel period expired'],
  cancelAfterCapture: [6040, 400, 'Cannot cancel a captured payment'],
  cancelBeforeReservation: [6050, 400, 'Cannot cancel a non-reserved payment'],
  cancelAfterAuthorization: [6060, 400, 'Cannot cancel authorized payment'],
  captureAfterCancel: [6070, 400, 'Cannot capture a cancelled payment'],
  captureBeforeReservation: [6080, 400, 'Cannot capture before reservation'],
  captureTooHigh: [6090, 400, 'Capture amount too high'],
  capturePeriodOver: [6100, 400, 'Capture period expired'],
  expiryTooLate: [6110, 400, 'Expiration date is too late'],
  expiryTooSoon: [6120, 400, 'Expiration date is too soon'],
  receiptRequired: [6130, 400, 'Long-living payments require a receipt'],
  mustCaptureAll: [6140, 400, 'Must capture full amount'],
  notEnoughRefundable: [6150, 400, 'Not enough refundable'],
  processing: [6160, 423, 'Order processing'],
  alreadyCaptured: [6170, 400, 'Payment already captured'],
  alreadyRefunded: [6180, 400, 'Payment already refunded'],
  cannotCancel: [6190, 400, 'Payment cannot be cancelled'],
  cannotCapture: [6200, 400, 'Payment cannot be captured'],
  cannotRefund: [6210, 400, 'Payment cannot be refunded'],
  refundPeriodOver: [6220, 400, 'Refund period expired'],
  alreadyReserved: [6230, 400, 'Payment is already reserved'],
  cancelPending: [6250, 400, 'Cannot cancel pending'],
  fundsUnavailable: [6260, 400, 'Funds unavailable'],
  captureFailed: [6280, 400, 'Capture failed'],
  customerNotFound: [7010, 400, 'Customer not found'],
  approveFailed: [10010, 400, 'Approve failed'],
  approveNotAllowed: [10020, 400, 'Approve not allowed'],
  identificationRequired: [10030, 400, 'Identification required'],
} as const satisfies Record<string, readonly [code: number, status: ContentfulStatusCode, title: string]>;

export type VippsError = keyof typeof VIPPS_ERRORS;

const NAMES = Object.keys(VIPPS_ERRORS) as readonly VippsError[];

/** The error of the table that has this code; undefined: none has. */
export function vippsErrorOf(code: number): VippsError | undefined {
  return NAMES.find((name) => VIPPS_ERRORS[name][0] === code);
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
export function refusal(error: VippsError, instance: string): VippsAnswer {
  const [code, status, title] = VIPPS_ERRORS[error];
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
