import { ProviderFault } from '../../../ports/payment-provider.ts';
import type { Outcome } from '../../http/exchange.ts';
import { rateLimited, unansweredFault } from '../../http/provider-faults.ts';

/** What a call was for; only `read` changes nothing. */
export type PaycoreOperation = 'create' | 'capture' | 'read';

/**
 * The fault of a reply that is not the success its operation expects. A write that may have been processed is
 * `outcomeUnknown`; a failed read did nothing, so it is `unavailable`. Paycore publishes no error body: its text is neither
 * read nor passed on, as it may quote the customer's number. `nowMs`: for `Retry-After`.
 */
export function faultOf(operation: PaycoreOperation, reply: Outcome, nowMs: number): ProviderFault {
  const isRead = operation === 'read';
  if (reply.kind !== 'answered') return unansweredFault('Paycore', operation, reply, isRead);
  const { status } = reply;
  const code = operation === 'create' && status === 409 ? 'duplicateReference' : `http${status}`;
  const message = `Paycore answered a ${operation} with HTTP ${status}`;
  const fault = (kind: ProviderFault['kind']) => new ProviderFault(kind, message, { code });
  if (status === 401 || status === 403) return fault('misconfigured');
  // Creating and reading by query have no id in the path: not found means that the base URL is wrong.
  if (status === 404 && operation === 'create') return fault('misconfigured');
  if (status === 429) return rateLimited(message, code, reply, nowMs);
  if (status >= 500 || status === 408) return fault(isRead ? 'unavailable' : 'outcomeUnknown');
  if (status >= 400) return fault('rejected');
  // An undocumented success, or a redirect, which is never followed for a write.
  return fault('outcomeUnknown');
}
