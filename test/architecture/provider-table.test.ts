// What the guide says a provider can do is what its adapter declares, for every adapter there is.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { providerTable } from '../../scripts/provider-table.ts';
import { PROJECT_ROOT, readProjectFile } from './project-files.ts';

test('the table in docs/adding-a-provider.md is the one of the code (node --import tsx scripts/provider-table.ts)', () => {
  const text = readProjectFile('docs/adding-a-provider.md');
  expect(/<!-- providers -->\n([\s\S]*?)<!-- \/providers -->/.exec(text)?.[1]).toBe(providerTable());
});

test('every adapter is a row, and nothing else is', () => {
  const folders = readdirSync(join(PROJECT_ROOT, 'src/adapters/payment'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const rows = [...providerTable().matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => String(name));
  expect(rows.toSorted()).toEqual(folders.toSorted());
});
