import { ProviderFault } from '../../../ports/payment-provider.ts';
import type { PaycoreReply } from './client.ts';

export type PaycoreOperation = 'create' | 'capture' | 'read';

/**
 * The fault a reply stands for that was not the success its operation waits for. A write that may have been processed
 * is `outcomeUnknown`; a read that failed has done nothing, so it is merely `unavailable`. Paycore publishes no error
 * body, so its text is neither read nor passed on: it may quote the customer's number.
 */
export function faultOf(operation: PaycoreOperation, reply: PaycoreReply, nowMs: number): ProviderFault {
  const isRead = operation === 'read';
  if (reply.kind === 'notSent')
    return new ProviderFault('unavailable', `Paycore could not be reached (${reply.code})`, {
      code: reply.code,
    });
  if (reply.kind === 'lost')
    return new ProviderFault(
      isRead ? 'unavailable' : 'outcomeUnknown',
      `Paycore gave no whole answer to a ${operation} (${reply.code})`,
      { code: reply.code },
    );
  const { status } = reply;
  const code = operation === 'create' && status === 409 ? 'duplicateReference' : `http${status}`;
  const message = `Paycore answered a ${operation} with HTTP ${status}`;
  const fault = (kind: ProviderFault['kind']) => new ProviderFault(kind, message, { code });
  if (status === 401 || status === 403) return fault('misconfigured');
  // Creating and reading by query have no id in the path: not found means that the base URL is wrong.
  if (status === 404 && operation === 'create') return fault('misconfigured');
  if (status === 429) {
    const retryAfterMs = readRetryAfter(reply.retryAfter, nowMs);
    return new ProviderFault('rateLimited', message, {
      code,
      ...(retryAfterMs === null ? {} : { retryAfterMs }),
    });
  }
  if (status >= 500 || status === 408) return fault(isRead ? 'unavailable' : 'outcomeUnknown');
  if (status >= 400) return fault('rejected');
  // A success of another kind than documented, or a redirect, which is never followed for a write.
  return fault('outcomeUnknown');
}

/** Seconds or an HTTP date, in ms from now; null when there is none. */
function readRetryAfter(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
