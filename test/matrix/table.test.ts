// What can be said about the matrix without running it: that it is whole, that nothing is left out without a reason, and
// that the document shows it.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ENDS } from './ends.ts';
import { OUTCOMES, reasonFor } from './outcomes.ts';
import { MATRIX_DOCUMENT, MATRIX_MARKS, matrixMarkdown } from './render.ts';
import { SAMPLE } from './run-cells.ts';
import { CELLS, KIND_NAMES, OPERATIONS, PROVIDERS, type RunnableCell } from './table.ts';

const runnable = CELLS.filter((cell): cell is RunnableCell => 'scenario' in cell);

test('docs/testing.md shows the matrix of the code (node --import tsx test/matrix/render.ts)', () => {
  expect(MATRIX_MARKS.exec(readFileSync(MATRIX_DOCUMENT, 'utf8'))?.[0]).toBe(matrixMarkdown());
});

test('every operation meets every fault at every provider, once', () => {
  const names = CELLS.map(({ provider, operation, kind }) => `${provider} ${operation} ${kind}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toHaveLength(PROVIDERS.length * OPERATIONS.length * KIND_NAMES.length);
});

test('a cell that runs sets its fault somewhere, and one that does not says why', () => {
  for (const cell of runnable) expect(cell.scenario.at, JSON.stringify(cell)).not.toHaveLength(0);
  for (const cell of CELLS)
    if ('notApplicable' in cell) expect(cell.notApplicable, JSON.stringify(cell)).toMatch(/\w+ \w+/);
});

test('a cell that is neither expected nor explained is an error, not a gap', () => {
  expect(() => reasonFor('capture', 'drop', 'vipps')).toThrow('neither a cell nor explained');
});

test.each(OPERATIONS)('%s has cells that run, for each provider that has the operation', (operation) => {
  const providers = new Set(
    runnable.filter((cell) => cell.operation === operation).map((cell) => cell.provider),
  );
  const isCallOfVippsAlone = ['release', 'refund'].includes(operation);
  expect([...providers].toSorted()).toEqual(isCallOfVippsAlone ? ['vipps'] : ['paycore', 'vipps']);
});

test('every fault and every end is met by some cell', () => {
  expect(new Set(runnable.map(({ kind }) => kind))).toEqual(new Set(KIND_NAMES));
  expect(new Set(runnable.map(({ scenario }) => scenario.end.name))).toEqual(new Set(Object.keys(ENDS)));
});

test('no outcome is stated for a cell that cannot run', () => {
  const stated = OPERATIONS.flatMap((operation) =>
    Object.entries(OUTCOMES[operation]).flatMap(([kind, outcome]) =>
      (typeof outcome === 'object' ? Object.keys(outcome) : PROVIDERS).map(
        (provider) => `${provider} ${operation} ${kind}`,
      ),
    ),
  );
  const run = runnable.map(({ provider, operation, kind }) => `${provider} ${operation} ${kind}`);
  expect(stated.toSorted()).toEqual(run.toSorted());
});

describe('the sample of `npm test`', () => {
  const sampled = runnable.filter(({ provider, operation, kind }) =>
    SAMPLE[provider].includes(`${operation} ${kind}`),
  );

  test('names cells that exist', () => {
    expect(sampled).toHaveLength(PROVIDERS.flatMap((provider) => SAMPLE[provider]).length);
  });

  test('meets every kind of fault and every end', () => {
    expect(new Set(sampled.map(({ kind }) => kind))).toEqual(new Set(KIND_NAMES));
    expect(new Set(sampled.map(({ scenario }) => scenario.end.name))).toEqual(new Set(Object.keys(ENDS)));
  });

  test('meets every operation of each provider', () => {
    const operations = (cells: readonly RunnableCell[]) =>
      new Set(cells.map(({ provider, operation }) => `${provider} ${operation}`));
    expect(operations(sampled)).toEqual(operations(runnable));
  });
});
