// An auditor that shares code with what it audits shares its mistakes.
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from '../architecture/project-files.ts';
import { readSource } from '../architecture/source-text.ts';

const FOLDER = 'test/audit';
const PACKAGES = new Set(['pg', '@temporalio/client']);

function violations(sources: ReadonlyMap<string, string>): string[] {
  return [...sources].flatMap(([file, text]) => {
    const { imports, hasComputedImport } = readSource(text);
    const foreign = imports
      .map(({ specifier }) => specifier)
      .filter((specifier) => !isAllowed(file, specifier));
    return [...foreign, ...(hasComputedImport ? ['a computed import'] : [])].map(
      (what) => `${file}: ${what}`,
    );
  });
}

function isAllowed(file: string, specifier: string): boolean {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier).startsWith(`${FOLDER}/`);
  return (
    PACKAGES.has(specifier) || (specifier.startsWith('node:') && builtinModules.includes(specifier.slice(5)))
  );
}

const own = new Map(
  readdirSync(join(PROJECT_ROOT, FOLDER), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => [`${FOLDER}/${name}`, readFileSync(join(PROJECT_ROOT, FOLDER, name), 'utf8')]),
);

test('the auditor imports nothing but itself, Node, the database driver and the Temporal client', () => {
  expect(own.size).toBeGreaterThan(5);
  expect(violations(own)).toEqual([]);
});

test.each([
  "import { priceUsage } from '../../src/domain/tariff.ts';",
  "import type { SessionView } from '../../src/domain/session/view.ts';",
  "export { TERMS } from '../chaos/partners.ts';",
  "import { z } from 'zod';",
  "const code = await import('../../src/cli/cli.ts');",
])('a planted violation is noticed: %s', (line) => {
  expect(violations(new Map([[`${FOLDER}/planted.ts`, line]]))).toHaveLength(1);
});
