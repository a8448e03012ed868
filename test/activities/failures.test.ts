import { describe, expect, it } from 'vitest';
import {
  failureOfGateway,
  failureOfProvider,
  misconfigured,
  notVisibleYet,
  staleToken,
  tooLate,
  withRepeatWait,
} from '../../src/activities/failures.ts';
import { ProviderFault, type ProviderFaultKind } from '../../src/ports/payment-provider.ts';
import { SmsFault, type SmsFaultKind } from '../../src/ports/sms-gateway.ts';

describe('the retry table', () => {
  const provider: Record<ProviderFaultKind, 'repeated' | 'given up'> = {
    rejected: 'given up',
    unsupported: 'given up',
    misconfigured: 'given up',
    rateLimited: 'repeated',
    unavailable: 'repeated',
    outcomeUnknown: 'repeated',
  };
  it.each(Object.entries(provider))('a provider that is %s: %s', (kind, what) => {
    const failure = failureOfProvider(
      new ProviderFault(kind as ProviderFaultKind, 'it failed', { code: 'http400' }),
    );
    expect(failure).toMatchObject({ type: kind, message: 'it failed (http400)' });
    expect(failure.nonRetryable).toBe(what === 'given up');
  });

  const gateway: SmsFaultKind[] = ['unavailable', 'misconfigured', 'outcomeUnknown'];
  it.each(gateway)('a gateway that is %s: repeated', (kind) => {
    const failure = failureOfGateway(new SmsFault(kind, 'it failed'));
    expect(failure).toMatchObject({ type: kind, message: 'it failed', nonRetryable: false });
  });

  it.each([
    [staleToken(), 'given up'],
    [misconfigured('no such provider'), 'given up'],
    [tooLate(), 'repeated'],
    [notVisibleYet('capture'), 'repeated'],
  ] as const)('our own %s: %s', (failure, what) => {
    expect(failure.nonRetryable).toBe(what === 'given up');
  });
});

describe('a rate limit', () => {
  const limited = (retryAfterMs?: number) =>
    failureOfProvider(
      new ProviderFault('rateLimited', 'slow down', retryAfterMs === undefined ? {} : { retryAfterMs }),
    ).nextRetryDelay;

  it('is waited out as long as the provider says', () => {
    expect(limited(17_000)).toBe(17_000);
  });

  it('is waited out for a minute when the provider does not say', () => {
    expect(limited()).toBe(60_000);
  });

  it('is never answered at once, even when the provider says 0', () => {
    expect(limited(0)).toBe(1_000);
  });

  // A wait inside an activity can be cut short by nobody, and a capture has a deadline.
  it.each([[2 * 86_400_000], [Number.MAX_SAFE_INTEGER], [Infinity]])(
    'is not waited out for longer than the longest wait between rounds: %d',
    (retryAfterMs) => {
      expect(limited(retryAfterMs)).toBe(3_600_000);
    },
  );

  it('is the only fault that sets a wait of its own', () => {
    for (const kind of ['rejected', 'unsupported', 'misconfigured', 'unavailable', 'outcomeUnknown'] as const)
      expect(failureOfProvider(new ProviderFault(kind, 'x')).nextRetryDelay).toBeUndefined();
  });
});

describe('a failed try of a call that moves money', () => {
  it('is repeated after 15 s, then after twice as long each time: a provider takes few calls a minute', () => {
    const waits = [1, 2, 3, 4].map(
      (attempt) => withRepeatWait(new Error('no database'), attempt).nextRetryDelay,
    );
    expect(waits).toEqual([15_000, 30_000, 60_000, 120_000]);
  });

  it('keeps what it says of itself', () => {
    const limited = failureOfProvider(
      new ProviderFault('rateLimited', 'slow down', { retryAfterMs: 42_000 }),
    );
    expect(withRepeatWait(limited, 3)).toMatchObject({ type: 'rateLimited', nextRetryDelay: 42_000 });
    expect(withRepeatWait(staleToken(), 1)).toMatchObject({ type: 'staleToken', nonRetryable: true });
    const failure = withRepeatWait(new TypeError('a bug'), 1);
    expect(failure).toMatchObject({ type: 'TypeError', message: 'a bug', nonRetryable: false });
  });
});
