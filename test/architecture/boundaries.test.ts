// The import table is enforced, and each of its rules is shown to fail when it is broken.
import { describe, expect, test } from 'vitest';
import { FOLDERS, WORKFLOW_ENTRY, findViolations, type SourceTree } from './boundary-rules.ts';
import { projectFiles, readManifest, readProjectFile } from './project-files.ts';

const dependencies = Object.keys(readManifest().dependencies);

function sourcesOfProject(): SourceTree {
  const files = projectFiles('src').filter((file) => /\.tsx?$/.test(file));
  return new Map(files.map((file) => [file, readProjectFile(file)]));
}

function rulesBrokenBy(files: Record<string, string>): string[] {
  const broken = findViolations(new Map(Object.entries(files)), dependencies);
  return broken.map(({ file, rule }) => `${file}: ${rule}`);
}

describe('src', () => {
  test('keeps to the import table', () => {
    expect(findViolations(sourcesOfProject(), dependencies)).toEqual([]);
  });

  test('is what was read: every folder of the table has files, and the workflows reach the domain', () => {
    const files = [...sourcesOfProject().keys()];
    for (const folder of Object.keys(FOLDERS)) {
      const prefix = `src/${folder}`.replace('*/', '');
      expect(
        files.some((file) => file.startsWith(prefix)),
        folder,
      ).toBe(true);
    }
    expect(files).toContain(WORKFLOW_ENTRY);
  });
});

describe('a planted violation is found:', () => {
  const allowed = {
    'src/domain/money.ts': 'export const a = 1;',
    'src/domain/deep/er.ts': `import { a } from '../money.ts';`,
    'src/ports/store.ts': `import type { A } from '../domain/money.ts';`,
    'src/workflows/index.ts': `export { w } from './session.ts';`,
    'src/workflows/session.ts': `import { sleep } from '@temporalio/workflow';\nimport { a } from '../domain/deep/er.ts';\nimport type { A } from '../activities/contract.ts';`,
    'src/workflows/contract.ts': `import { defineSignal } from '@temporalio/workflow';`,
    'src/activities/contract.ts': `import type { A } from '../domain/money.ts';\nexport interface B {}`,
    'src/adapters/sms/link/client.ts': `import { z } from 'zod';\nimport { request } from 'node:http';`,
    'src/app/inbox.ts': `import { endCharge } from '../workflows/contract.ts';`,
    'src/api/app.ts': `import { accept } from '../app/inbox.ts';`,
    'src/main/call.ts': `const a = await fetch(f('u'), { signal: AbortSignal.timeout(1) });\nawait source.fetch(a);`,
    'src/simulator/page.ts': `import { html } from 'hono/html';`,
    'src/main/start.ts': `import { a } from '../simulator/page.ts';\nimport { b } from '../adapters/sms/link/client.ts';`,
    'src/cli/cli.ts': `import { a } from '../main/start.ts';`,
  };

  test('an import cycle, at every file of it; a cycle of types alone loads nothing', () => {
    const cycle = {
      'src/domain/money.ts': `import { b } from './deep/er.ts';`,
      'src/domain/deep/er.ts': `import { a } from '../money.ts';`,
    };
    expect(rulesBrokenBy({ ...allowed, ...cycle })).toEqual([
      'src/domain/money.ts: import cycle',
      'src/domain/deep/er.ts: import cycle',
    ]);
    const ofTypes = { ...cycle, 'src/domain/money.ts': `import type { B } from './deep/er.ts';` };
    expect(rulesBrokenBy({ ...allowed, ...ofTypes })).toEqual([]);
  });

  test('(what the table allows is let through)', () => {
    expect(rulesBrokenBy(allowed)).toEqual([]);
  });

  test.each([
    ['domain takes a port', 'src/domain/x.ts', `import type { S } from '../ports/store.ts';`, 'folder'],
    ['domain takes a package', 'src/domain/x.ts', `import { z } from 'zod';`, 'package'],
    ['domain takes a Node built-in', 'src/domain/x.ts', `import { join } from 'node:path';`, 'Node built-in'],
    ['domain reads the clock', 'src/domain/x.ts', `export const a = () => new Date();`, 'pure domain'],
    [
      'domain reads the clock by number',
      'src/domain/x.ts',
      `export const a = () => Date.now();`,
      'pure domain',
    ],
    ['domain takes chance', 'src/domain/x.ts', `export const a = () => Math.random();`, 'pure domain'],
    ['ports take a package', 'src/ports/x.ts', `import { z } from 'zod';`, 'package'],
    ['ports take an adapter', 'src/ports/x.ts', `import '../adapters/sms/link/client.ts';`, 'folder'],
    [
      'workflows load activities',
      'src/workflows/x.ts',
      `import { A } from '../activities/contract.ts';`,
      'only import type',
    ],
    ['workflows take a port', 'src/workflows/x.ts', `import type { S } from '../ports/store.ts';`, 'folder'],
    ['workflows take a Node built-in', 'src/workflows/x.ts', `import fs from 'fs';`, 'Node built-in'],
    [
      'workflows take another package',
      'src/workflows/x.ts',
      `import { Client } from '@temporalio/client';`,
      'package',
    ],
    [
      'activities take workflows',
      'src/activities/x.ts',
      `import type { C } from '../workflows/contract.ts';`,
      'folder',
    ],
    [
      'activities take an adapter',
      'src/activities/x.ts',
      `import { c } from '../adapters/sms/link/client.ts';`,
      'folder',
    ],
    [
      'activities have code in their contract',
      'src/activities/contract.ts',
      `export const a = 1;`,
      'types only',
    ],
    [
      'an adapter takes another adapter',
      'src/adapters/payment/vipps/x.ts',
      `import { c } from '../../sms/link/client.ts';`,
      'folder',
    ],
    [
      'an adapter takes its sister',
      'src/adapters/sms/mylink/x.ts',
      `import { c } from '../link/client.ts';`,
      'folder',
    ],
    [
      'the exchange takes a vendor',
      'src/adapters/http/x.ts',
      `import { c } from '../sms/link/client.ts';`,
      'folder',
    ],
    [
      'an adapter takes the configuration',
      'src/adapters/sms/link/x.ts',
      `import '../../../config/c.ts';`,
      'folder',
    ],
    ['a file lies between the adapters', 'src/adapters/x.ts', `export const a = 1;`, 'unknown folder'],
    ['api loads a workflow', 'src/api/x.ts', `import { w } from '../workflows/session.ts';`, 'folder'],
    ['app loads a workflow', 'src/app/x.ts', `import { w } from '../workflows/session.ts';`, 'folder'],
    ['app speaks HTTP', 'src/app/x.ts', `import { Hono } from 'hono';`, 'package'],
    ['app speaks SQL', 'src/app/x.ts', `import { sql } from 'kysely';`, 'package'],
    ['app takes api', 'src/app/x.ts', `import { a } from '../api/app.ts';`, 'folder'],
    ['api takes an adapter', 'src/api/x.ts', `import { c } from '../adapters/sms/link/client.ts';`, 'folder'],
    ['api takes activities', 'src/api/x.ts', `import type { A } from '../activities/contract.ts';`, 'folder'],
    ['config takes the simulator', 'src/config/x.ts', `import { p } from '../simulator/page.ts';`, 'folder'],
    ['config takes main', 'src/config/x.ts', `import { m } from '../main/start.ts';`, 'folder'],
    ['ui takes a port', 'src/ui/x.tsx', `import type { S } from '../ports/store.ts';`, 'folder'],
    [
      'the simulator takes an adapter',
      'src/simulator/x.ts',
      `import { c } from '../adapters/sms/link/client.ts';`,
      'folder',
    ],
    [
      'the simulator takes money rules',
      'src/simulator/x.ts',
      `import { a } from '../domain/money.ts';`,
      'folder',
    ],
    [
      'an adapter takes the simulator',
      'src/adapters/sms/link/x.ts',
      `import { p } from '../../../simulator/page.ts';`,
      'folder',
    ],
    [
      'the embedded part takes workflows',
      'src/embedded/x.ts',
      `import '../workflows/contract.ts';`,
      'folder',
    ],
    ['main takes the command line', 'src/main/x.ts', `import { m } from '../cli/cli.ts';`, 'folder'],
    ['somebody takes main', 'src/api/x.ts', `import { m } from '../main/start.ts';`, 'folder'],
    ['src takes a test', 'src/main/x.ts', `import { s } from '../../test/support.ts';`, 'leaves src'],
    ['a folder nobody knows', 'src/utils/x.ts', `export const a = 1;`, 'unknown folder'],
    [
      'a development tool at run time',
      'src/main/x.ts',
      `import { test } from 'vitest';`,
      'not a run-time dependency',
    ],
    ['a file that is not there', 'src/main/x.ts', `import { a } from './nowhere.ts';`, 'missing file'],
    ['an import without extension', 'src/main/x.ts', `import { a } from './cli';`, 'missing file'],
    ['a computed import', 'src/main/x.ts', `export const a = (n: string) => import(n);`, 'computed import'],
    ['the environment outside config', 'src/api/x.ts', `export const a = process.env['A'];`, 'environment'],
    ['the environment taken apart', 'src/main/x.ts', `const { env } = process;`, 'environment'],
    [
      'a call without a deadline',
      'src/main/x.ts',
      `const a = await fetch(f('u'), { method: b() });`,
      'deadline',
    ],
    ['a call by another name', 'src/main/x.ts', `const send = fetch;`, 'deadline'],
    ['a re-export is an import', 'src/domain/x.ts', `export * from '../ports/store.ts';`, 'folder'],
  ])('%s', (_case, file, source, rule) => {
    const files = { 'test/support.ts': '', 'src/config/c.ts': '', ...allowed, [file]: source };
    expect(rulesBrokenBy(files)).toContain(`${file}: ${rule}`);
  });
});

describe('the sandbox of the workflows:', () => {
  test.each([
    [
      'a file outside, through two others',
      `import { x } from '../api/far.ts';`,
      'src/api/far.ts: workflow sandbox',
    ],
    ['a package, at a distance', `import { z } from 'zod';`, 'src/domain/step.ts: workflow sandbox'],
    [
      'a Node built-in, at a distance',
      `import { join } from 'node:path';`,
      'src/domain/step.ts: workflow sandbox',
    ],
    ['import.meta', `export const a = import.meta.url;`, 'src/domain/step.ts: workflow sandbox'],
    ['the process', `export const a = process.env;`, 'src/domain/step.ts: workflow sandbox'],
    ['a module-level variable', `let count = 0;`, 'src/domain/step.ts: module state'],
    ['an exported module-level variable', `export let count = 0;`, 'src/domain/step.ts: module state'],
    [
      'an empty collection that can only be filled',
      `const seen = new Map<string, A>();`,
      'src/domain/step.ts: module state',
    ],
  ])('%s is found', (_case, source, expected) => {
    const files = {
      'src/workflows/index.ts': `export { w } from './session.ts';`,
      'src/workflows/session.ts': `import { step } from '../domain/step.ts';`,
      'src/domain/step.ts': source,
      'src/api/far.ts': '',
    };
    expect(rulesBrokenBy(files)).toContain(expected);
  });

  test('what is not reached is not its business, nor are variables inside functions and table constants', () => {
    const files = {
      'src/workflows/index.ts': `import { step } from '../domain/step.ts';`,
      'src/domain/step.ts': `const WORDS = new Set(['A']);\nexport function step() {\n  let count = 0;\n}`,
      'src/main/other.ts': 'let state = 1;',
    };
    expect(rulesBrokenBy(files)).toEqual([]);
  });
});
