import fc from 'fast-check';
import { expect, test } from 'vitest';
import { explainGaps, type NumberRange } from '../../../src/domain/reconciliation/ledger.ts';

const range = (from: number, to = from): NumberRange => ({ from, to });

test.each<[string, NumberRange[], NumberRange[], NumberRange[], NumberRange[]]>([
  ['no gap', [], [range(2, 4)], [], []],
  ['a gap with its reason', [range(2, 4)], [range(2, 4)], [range(2, 4)], []],
  ['a gap without one', [range(2, 4)], [range(9)], [], [range(2, 4)]],
  ['a reason for the middle', [range(2, 9)], [range(4, 5)], [range(4, 5)], [range(2, 3), range(6, 9)]],
  ['two reasons in a row', [range(2, 5)], [range(4, 5), range(2, 3)], [range(2, 3), range(4, 5)], []],
])('%s', (_, gaps, reasons, skipped, missing) => {
  expect(explainGaps(gaps, reasons)).toEqual({ skipped, missing });
});

const numbersOf = (ranges: readonly NumberRange[]) =>
  ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, n) => from + n));

test('each number of a gap is told once: skipped where a reason has it, else missing', () => {
  const ranges = fc.array(
    fc.tuple(fc.nat(40), fc.nat(6)).map(([from, more]) => range(from, from + more)),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(50)), ranges, (numbers, reasons) => {
      const gaps = numbers.toSorted((a, b) => a - b).map((number) => range(number));
      const known = new Set(numbersOf(reasons));
      const { skipped, missing } = explainGaps(gaps, reasons);
      const inOrder = gaps.map(({ from }) => from);
      expect(numbersOf(skipped)).toEqual(inOrder.filter((number) => known.has(number)));
      expect(numbersOf(missing)).toEqual(inOrder.filter((number) => !known.has(number)));
    }),
  );
});
