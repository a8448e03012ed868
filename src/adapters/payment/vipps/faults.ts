import { type KeyBinding, ProviderFault, type ProviderFaultKind } from '../../../ports/payment-provider.ts';
import { parseJson } from '../../http/body.ts';
import type { Answer, Outcome } from '../../http/exchange.ts';
import { rateLimited, unansweredFault } from '../../http/provider-faults.ts';
import type { VippsAnswer } from './client.ts';
import { problemSchema } from './schema.ts';

export type VippsOperation =
  | 'create'
  | 'read'
  | 'capture'
  | 'release'
  | 'abandon'
  | 'refund'
  | 'receipt'
  | 'webhook list'
  | 'webhook registration'
  | 'webhook removal';

const READS: readonly VippsOperation[] = ['read', 'webhook list'];
/** Their path names a payment, so "not found" is about that payment. */
const ON_A_PAYMENT: readonly VippsOperation[] = ['read', 'capture', 'release', 'abandon', 'refund'];

/**
 * The fault of an answer that is not the success its operation expects: by domain code, else by HTTP status, never by
 * text. A write that may have been processed is `outcomeUnknown`; a failed read did nothing, so it is `unavailable`. Texts
 * of a reply are not passed on, as they may quote the customer's number; a trace id is. `nowMs`: for `Retry-After`.
 */
export function faultOf(operation: VippsOperation, answer: VippsAnswer, nowMs: number): ProviderFault {
  if (answer.kind === 'noToken') return tokenFault(operation, answer.reply, nowMs);
  if (answer.kind !== 'answered')
    return unansweredFault('Vipps', operation, answer, READS.includes(operation));
  return answeredFault(operation, answer, nowMs);
}

/** The fault of a reply that claims success and contradicts itself or the request. */
export function doubtful(operation: VippsOperation, code: string, what: string): ProviderFault {
  const kind = READS.includes(operation) ? 'unavailable' : 'outcomeUnknown';
  return new ProviderFault(kind, `Vipps answered a ${operation} with ${what}`, { code });
}

/** There was no access token, so the operation itself was not sent. */
function tokenFault(operation: VippsOperation, reply: Outcome, nowMs: number): ProviderFault {
  const why = reply.kind === 'answered' ? `HTTP ${reply.status}` : reply.code;
  const message = `Vipps gave no access token for a ${operation} (${why})`;
  if (reply.kind !== 'answered') return new ProviderFault('unavailable', message, { code: reply.code });
  const { status } = reply;
  if (status === 200) return new ProviderFault('unavailable', message, { code: 'unreadableToken' });
  if (status === 429) return rateLimited(message, `http${status}`, reply, nowMs);
  const isRefusal = status >= 400 && status < 500 && status !== 408;
  return new ProviderFault(isRefusal ? 'misconfigured' : 'unavailable', message, { code: `http${status}` });
}

function answeredFault(operation: VippsOperation, reply: Answer, nowMs: number): ProviderFault {
  const { status } = reply;
  const { errorCode, traceId } = readProblem(reply.body);
  const what = errorCode === null ? `HTTP ${status}` : `HTTP ${status}, code ${errorCode}`;
  const message = `Vipps answered a ${operation} with ${what}${traceId === null ? '' : `, trace ${traceId}`}`;
  const code = errorCode ?? `http${status}`;
  const isRead = READS.includes(operation);
  const fault = (kind: ProviderFaultKind, own: string = code, keyBinding: KeyBinding = 'free') =>
    new ProviderFault(kind === 'outcomeUnknown' && isRead ? 'unavailable' : kind, message, {
      code: own,
      keyBinding,
    });

  if (status === 429) return rateLimited(message, code, reply, nowMs);
  if (status === 401) return fault('misconfigured');
  if (status === 423) return fault('unavailable');
  if (status === 404 && ON_A_PAYMENT.includes(operation)) return fault('rejected', 'unknownPayment');
  // An undocumented success, a redirect (never followed) or an error within Vipps: even with a code of a refusal, a
  // request that broke half-way may have acted.
  if (status < 400 || status >= 500 || status === 408) return fault('outcomeUnknown');

  if (errorCode === USER_CANNOT_PAY) return fault('rejected', 'userCannotPay');
  if (operation === 'create' && (errorCode === '4150' || errorCode === '6230'))
    return fault('rejected', 'duplicateReference');
  const known = errorCode === null ? null : errorClassOf(errorCode);
  if (known === null) return fault(kindOfStatus(operation, status));
  // A 403 was not processed.
  return fault(known.kind, code, isRead || status === 403 ? 'free' : known.keyBinding);
}

/** Refusals without a known code: 400 (validation), 403, 404, 409 and what a gateway in between may answer. */
function kindOfStatus(operation: VippsOperation, status: number): ProviderFaultKind {
  // The path of these names nothing of ours: "not found" means that the base URL is wrong.
  const isAddress =
    operation === 'create' || operation === 'webhook list' || operation === 'webhook registration';
  if (status === 403 || (status === 404 && isAddress)) return 'misconfigured';
  // The idempotency key was used with another body: an earlier call may be under way.
  return status === 409 ? 'outcomeUnknown' : 'rejected';
}

/** Only what has the form of a code or of a W3C trace id; nothing else of a reply gets into a message. */
function readProblem(body: string): { errorCode: string | null; traceId: string | null } {
  const problem = problemSchema.safeParse(parseJson(body));
  if (!problem.success) return { errorCode: null, traceId: null };
  const reason = problem.data.extraDetails?.find((detail) => detail?.name === 'ErrorCode')?.reason ?? '';
  const traceId = problem.data.traceId ?? '';
  return {
    errorCode: /^\d{4,5}$/.test(reason) ? reason : null,
    traceId: /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceId) ? traceId : null,
  };
}

/** What a domain code of ePayment means for the call that it answers. */
interface ErrorClass {
  kind: ProviderFaultKind;
  keyBinding: KeyBinding;
  codes: readonly string[];
}

/** A bug, or the sales unit's set-up: an operator must act. */
const OURS: ErrorClass = {
  kind: 'misconfigured',
  keyBinding: 'bound',
  codes: ['6010', '6110', '6120', '6130', '6140'],
};

/**
 * The vendor's error page, by class. "A 4xx stays bound to its key" (the vendor's page on idempotency),
 * but what was not processed does not; `perhaps` where the vendor's pages contradict each other.
 */
const CLASSES: readonly ErrorClass[] = [
  // Still busy, and may yet act: repeat slowly with the same key, after a read.
  { kind: 'outcomeUnknown', keyBinding: 'free', codes: ['6160'] },
  // Failed. Its page requires a repeat with the same key, though an error reply stays bound to its key.
  { kind: 'outcomeUnknown', keyBinding: 'perhaps', codes: ['6280'] },
  // Refused before processing, for now.
  { kind: 'unavailable', keyBinding: 'free', codes: ['6250'] },
  // The key or the reference was used before, and that call may be under way: read, then decide.
  { kind: 'outcomeUnknown', keyBinding: 'free', codes: ['4010', '4020', '4150'] },
  // May be the echo of an earlier call of ours that did act: read, then decide.
  {
    kind: 'outcomeUnknown',
    keyBinding: 'perhaps',
    codes: ['6050', '6170', '6180', '6190', '6200', '6210', '6230'],
  },
  // Permanent refusal.
  {
    kind: 'rejected',
    keyBinding: 'bound',
    codes: ['6020', '6030', '6040', '6060', '6070', '6080', '6090', '6100', '6150', '6220'],
  },
  // The bank released the reservation: the money may come back within hours or days.
  { kind: 'unavailable', keyBinding: 'bound', codes: ['6260'] },
  OURS,
];

const CLASS_OF = new Map(CLASSES.flatMap((each) => each.codes.map((code) => [code, each] as const)));

/** The customer cannot pay this merchant; the code covers more than an unknown number. */
const USER_CANNOT_PAY = '7010';

/** Null for a code that is not known: the HTTP status decides. */
function errorClassOf(code: string): ErrorClass | null {
  // 40xx and 41xx besides the conflicts: a malformed request; 5xxx: the sales unit.
  return CLASS_OF.get(code) ?? (/^(4[01]|5[01])\d\d$/.test(code) ? OURS : null);
}
