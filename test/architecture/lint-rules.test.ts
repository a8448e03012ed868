// A rule without a planted violation is a wish: each lint rule we rely on is shown to fire, with our own settings.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROJECT_ROOT, readProjectFile } from './project-files.ts';

const TOO_LONG = `export function tooLong(): void {\n${'  work();\n'.repeat(71)}}\nfunction work(): void {}`;

/** file -> source; the rule named in the key must fire in it. */
const PLANTED: readonly [rule: string, file: string, source: string][] = [
  [
    'no-floating-promises',
    'src/workflows/a.ts',
    'export const f = async () => {};\nexport function g() {\n  f();\n}',
  ],
  ['no-misused-promises', 'src/api/a.ts', 'export const g = () => [1].forEach(async () => {});'],
  ['await-thenable', 'src/api/b.ts', 'export const g = async () => await 1;'],
  ['no-explicit-any', 'src/api/c.ts', 'export const a = (x: any) => x as string;'],
  ['no-non-null-assertion', 'src/api/d.ts', 'export const a = (x: string | null) => x!;'],
  ['no-default-export', 'src/api/e.ts', 'export default 1;'],
  ['only-throw-error', 'src/api/f.ts', `export const a = () => {\n  throw 'text';\n};`],
  [
    'switch-exhaustiveness-check',
    'src/domain/a.ts',
    `export function f(k: 'a' | 'b') {\n  switch (k) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n}`,
  ],
  ['max-lines-per-function', 'src/api/g.ts', TOO_LONG],
  ['no-process-env', 'src/api/h.ts', `export const a = process.env['A'];`],
  [
    'no-nodejs-modules',
    'src/workflows/b.ts',
    `import { join } from 'node:path';\nexport const a = join('a');`,
  ],
  ['no-nodejs-modules', 'src/domain/deep/b.ts', `import { join } from 'path';\nexport const a = join('a');`],
  ['no-restricted-properties', 'src/domain/c.ts', 'export const a = () => Date.now();'],
  ['no-restricted-properties', 'src/domain/d.ts', 'export const a = () => Math.random();'],
  ['no-restricted-properties', 'src/api/n.ts', 'export const a = (h: any) => h.executeUpdate("x");'],
  ['no-restricted-globals', 'src/domain/e.ts', 'export const a = () => process.pid;'],
  ['no-restricted-globals', 'src/workflows/c.ts', `export const a = () => fetch('x');`],
  [
    'no-focused-tests',
    'test/a.test.ts',
    `import { expect, test } from 'vitest';\ntest.only('a', () => expect(1).toBe(1));`,
  ],
  [
    'no-disabled-tests',
    'test/b.test.ts',
    `import { expect, test } from 'vitest';\ntest.skip('a', () => expect(1).toBe(1));`,
  ],
];

const ALLOWED: readonly [file: string, source: string][] = [
  ['src/config/a.ts', `export const a = process.env['A'];`],
  ['src/api/i.ts', `import { join } from 'node:path';\nexport const a = () => join(String(Date.now()));`],
  ['test/c.test.ts', `${TOO_LONG}\nexport const a = process.env['A'];`],
];

interface Report {
  diagnostics: { code: string; filename: string }[];
}

describe('our lint settings', () => {
  const root = mkdtempSync(join(tmpdir(), 'sms2pay-lint-'));
  let found: string[] = [];

  beforeAll(async () => {
    for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
      writeFileSync(join(root, name), readProjectFile(name));
    symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(root, 'node_modules'), 'dir');
    for (const [file, source] of [...PLANTED.map(([, ...rest]) => rest), ...ALLOWED]) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), `${source}\n`);
    }
    const report = JSON.parse(await lint(root)) as Report;
    found = report.diagnostics.map(
      ({ code, filename }) => `${filename}: ${/\((.+)\)/.exec(code)?.[1] ?? code}`,
    );
  }, 60_000);

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test.each(PLANTED)('%s fires in %s', (rule, file) => {
    expect(found).toContain(`${file}: ${rule}`);
  });

  test.each(ALLOWED)('nothing fires in %s', (file) => {
    expect(found.filter((line) => line.startsWith(`${file}: `))).toEqual([]);
  });
});

function lint(cwd: string): Promise<string> {
  const command = join(PROJECT_ROOT, 'node_modules/oxlint/bin/oxlint');
  return new Promise((done) => {
    execFile(
      process.execPath,
      [command, '--type-aware', '--format', 'json', '.'],
      { cwd },
      (_error, stdout) => done(stdout),
    );
  });
}
