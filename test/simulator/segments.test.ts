import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { describe, expect, it } from 'vitest';
import { countSegments } from '../../src/simulator/segments.ts';

describe('countSegments', () => {
  it.each([
    ['', 1],
    ['a'.repeat(160), 1],
    ['a'.repeat(161), 2],
    ['€'.repeat(80), 1],
    ['€'.repeat(81), 2],
    ['ê'.repeat(70), 1],
    ['ê'.repeat(71), 2],
    ['æøåÆØÅé'.repeat(22), 1],
  ])('%j is %d', (text, segments) => {
    expect(countSegments(text)).toBe(segments);
  });

  it('agrees with an independent counter on texts an operator would write', () => {
    const letters = 'abcdefghijABC æøåÆØÅ éü €{}[]~^|\\ 0123456789.,:;!?'.split('');
    const text = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 700 });
    fc.assert(
      fc.property(text, (written) => {
        expect(countSegments(written)).toBe(new SegmentedMessage(written).segmentsCount);
      }),
    );
  });

  it('agrees with an independent counter on texts beyond the GSM alphabet', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'ê', 'ç', '“', 'я'), minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(text, (written) => {
        expect(countSegments(`${written}я`)).toBe(new SegmentedMessage(`${written}я`).segmentsCount);
      }),
    );
  });
});
