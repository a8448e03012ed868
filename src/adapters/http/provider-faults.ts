/** What the adapters of payment providers share: the checks before a call, and the faults of a call without an answer. */
import type { Currency } from '../../domain/money.ts';
import { ProviderFault, type CaptureRequest } from '../../ports/payment-provider.ts';
import { readRetryAfterMs, type Answer, type Outcome } from './exchange.ts';

/** A bug of ours that must not reach a provider. */
export function refused(message: string, code: string): ProviderFault {
  return new ProviderFault('rejected', message, { code });
}

/** A positive whole number of minor units, in a currency of the provider. */
export function assertAmount(
  verb: string,
  { amountMinor, currency }: { amountMinor: number; currency: Currency },
  currencies: readonly Currency[],
): void {
  if (!currencies.includes(currency)) throw refused('The currency is not supported', 'currencyNotSupported');
  if (!Number.isSafeInteger(amountMinor) || amountMinor <= 0)
    throw refused(`The amount to ${verb} is out of range`, 'amountOutOfRange');
}

/** A capture above the reservation was never approved; one of 0 is "everything" in Vipps' older guide. */
export function assertCapturable(request: CaptureRequest, currencies: readonly Currency[]): void {
  const { amountMinor, authorizedMinor, currency } = request;
  assertAmount('capture', request, currencies);
  assertAmount('capture from', { amountMinor: authorizedMinor, currency }, currencies);
  if (amountMinor > authorizedMinor)
    throw refused('The amount to capture is above the reservation', 'amountOutOfRange');
}

/** A write that may have been processed is `outcomeUnknown`; a failed read did nothing, so it is `unavailable`. */
export function unansweredFault(
  vendor: string,
  operation: string,
  { kind, code }: Exclude<Outcome, Answer>,
  isRead: boolean,
): ProviderFault {
  if (kind === 'notSent')
    return new ProviderFault('unavailable', `${vendor} could not be reached for a ${operation} (${code})`, {
      code,
    });
  const message = `${vendor} gave no whole answer to a ${operation} (${code})`;
  return new ProviderFault(isRead ? 'unavailable' : 'outcomeUnknown', message, { code });
}

/** `nowMs`: wall time, for `Retry-After`. */
export function rateLimited(
  message: string,
  code: string,
  { headers }: Answer,
  nowMs: number,
): ProviderFault {
  return new ProviderFault('rateLimited', message, { code, retryAfterMs: readRetryAfterMs(headers, nowMs) });
}
