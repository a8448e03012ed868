import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FOUND_REASONS, SESSION_AND_ACTION_REASONS } from '../../src/domain/attention.ts';

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const rows = runbook.slice(0, runbook.indexOf('\n## ')).matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm);

test('each reason for attention has one row of the runbook, and the runbook no other', () => {
  const named = [...rows].flatMap(([, names = '']) => names.replaceAll('`', '').split(', '));
  expect(named.toSorted()).toEqual([...FOUND_REASONS, ...SESSION_AND_ACTION_REASONS].toSorted());
});
