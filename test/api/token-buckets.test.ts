import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TokenBuckets } from '../../src/api/middleware/limit-rate.ts';

function fixture(perMinute: number, maxKeys?: number) {
  const time = { ms: 1_000_000 };
  const buckets = new TokenBuckets({ perMinute }, () => time.ms, maxKeys);
  const allowed = (key: string) => buckets.take(key).allowed;
  return { time, buckets, allowed };
}

describe('a token bucket', () => {
  test('lets as many through at once as a minute has, then one each time one is due', () => {
    const { time, buckets, allowed } = fixture(6);
    expect(Array.from({ length: 7 }, () => allowed('a'))).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(buckets.take('a')).toEqual({ allowed: false, retryAfterMs: 10_000 });
    time.ms += 9_999;
    expect(allowed('a')).toBe(false);
    time.ms += 1;
    expect([allowed('a'), allowed('a')]).toEqual([true, false]);
  });

  test('of one key leaves the others alone', () => {
    const { allowed } = fixture(1);
    expect([allowed('a'), allowed('a'), allowed('b')]).toEqual([true, false, true]);
  });

  test('that was given back lets another through', () => {
    const { buckets, allowed } = fixture(1);
    allowed('a');
    buckets.returnToken('a');
    expect([allowed('a'), allowed('a')]).toEqual([true, false]);
  });

  test('is forgotten when it is full again, and never are there more than the most', () => {
    const { buckets, allowed } = fixture(10, 100);
    allowed('a');
    buckets.returnToken('a');
    expect(buckets.size).toBe(0);
    for (let n = 0; n < 100_000; n += 1) allowed(`visitor-${n}`);
    expect(buckets.size).toBe(100);
  });

  test('in use stays when others are forgotten', () => {
    const { allowed } = fixture(2, 10);
    allowed('busy');
    for (let n = 0; n < 5; n += 1) allowed(`before-${n}`);
    allowed('busy');
    for (let n = 0; n < 9; n += 1) allowed(`after-${n}`);
    expect(allowed('busy')).toBe(false);
  });

  test('property: in any time no more pass than a full bucket and what has trickled in since', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 300 }),
        (perMinute, waits) => {
          const { time, allowed } = fixture(perMinute);
          const startMs = time.ms;
          let passed = 0;
          for (const wait of waits) {
            time.ms += wait;
            passed += allowed('a') ? 1 : 0;
          }
          expect(passed).toBeLessThanOrEqual(perMinute + ((time.ms - startMs) * perMinute) / 60_000 + 1e-6);
        },
      ),
    );
  });
});
