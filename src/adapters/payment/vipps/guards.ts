import { ProviderFault, type CaptureRequest, type ReserveRequest } from '../../../ports/payment-provider.ts';
import { VIPPS_CAPABILITIES } from './capabilities.ts';

/** Bugs of ours that must not reach Vipps: each is `rejected` before any call. */

export function assertReservable(request: ReserveRequest): void {
  assertCurrency(request.currency);
  assertAmount('reserve', request.amountMinor);
  assertKey(request.idempotencyKey);
  if (!/^[A-Za-z0-9-]{8,64}$/.test(request.paymentReference))
    throw refused('The payment reference is not of the form Vipps accepts', 'invalidReference');
}

/** A capture above the reservation takes money nobody agreed to; one of 0 is "everything" in Vipps' older guide. */
export function assertCapturable(request: CaptureRequest): void {
  const { amountMinor, authorizedMinor } = request;
  assertCurrency(request.currency);
  assertAmount('capture', amountMinor);
  assertAmount('capture from', authorizedMinor);
  if (amountMinor > authorizedMinor)
    throw refused('The amount to capture is above the reservation', 'amountOutOfRange');
  assertKey(request.idempotencyKey);
}

export function assertCurrency(currency: ReserveRequest['currency']): void {
  if (!VIPPS_CAPABILITIES.currencies.includes(currency))
    throw refused('The currency is not supported', 'currencyNotSupported');
}

/** A positive whole number of minor units. */
export function assertAmount(verb: string, amountMinor: number): void {
  if (!Number.isSafeInteger(amountMinor) || amountMinor <= 0)
    throw refused(`The amount to ${verb} is out of range`, 'amountOutOfRange');
}

/** At most 50 characters of what may stand in a header. */
export function assertKey(idempotencyKey: string): void {
  if (!/^[\x21-\x7e]{1,50}$/.test(idempotencyKey))
    throw refused('The idempotency key is not of the form Vipps accepts', 'invalidIdempotencyKey');
}

function refused(message: string, code: string): ProviderFault {
  return new ProviderFault('rejected', message, { code });
}
