// `npm run mutants`: makes one deliberate bug at a time in a copy of the project and runs the test that must notice it.
// `npm run mutants -- 3 7` makes the third and the seventh alone.
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { z } from 'zod';
import { MUTANTS, type Mutant } from './mutants.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const COPIED = ['src', 'test', 'scripts', 'docs', 'package.json', 'tsconfig.json', 'vitest.config.ts'];

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

type Result = z.infer<typeof reportSchema>['testResults'][number]['assertionResults'][number];

async function copyOfProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sms2pay-mutants-'));
  for (const name of COPIED) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  return folder;
}

/** Runs the tests of one file whose names hold one of `names`; what was not asked for is left out. */
async function runTests(folder: string, file: string, names: readonly string[]): Promise<Result[]> {
  const outputFile = join(folder, 'report.json');
  await rm(outputFile, { force: true });
  const pattern = names.map((name) => name.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)).join('|');
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', file, '-t', pattern, '--reporter=json', `--outputFile=${outputFile}`];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
  await new Promise((done) => child.on('close', done));
  const report = reportSchema.parse(JSON.parse(await readFile(outputFile, 'utf8')));
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return results.filter(({ status }) => status === 'passed' || status === 'failed');
}

function whyOf({ failureMessages }: Result): string {
  return failureMessages?.[0]?.split('\n')[0]?.slice(0, 120) ?? '';
}

async function withBug<T>(folder: string, mutant: Mutant, work: () => Promise<T>): Promise<T> {
  const path = join(folder, mutant.file);
  const sound = await readFile(path, 'utf8');
  const places = sound.split(mutant.find).length - 1;
  if (places !== 1)
    throw new Error(`${mutant.file} holds the text of "${mutant.bug}" ${places} times, not once`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(
    path,
    sound.replace(mutant.find, () => mutant.replace),
  );
  try {
    return await work();
  } finally {
    await writeFile(path, sound);
  }
}

/** What is wrong with the tests themselves: each must pass without its bug. One run of each file for all of them. */
async function judgeTests(folder: string, mutants: readonly Mutant[]): Promise<string[]> {
  const problems: string[] = [];
  for (const file of new Set(mutants.map(({ test }) => test.file))) {
    const names = mutants.filter(({ test }) => test.file === file).map(({ test }) => test.name);
    const results = await runTests(folder, file, names);
    for (const name of names) {
      const own = results.filter(({ fullName }) => fullName.includes(name));
      if (own.length === 0) problems.push(`there is no test "${name}" in ${file}`);
      const failure = own.find(({ status }) => status !== 'passed');
      if (failure) problems.push(`"${name}" does not pass without its bug: ${whyOf(failure)}`);
    }
  }
  return problems;
}

/** Null when the mutant is caught; otherwise what is wrong. */
async function judge(folder: string, mutant: Mutant): Promise<string | null> {
  const { file, name } = mutant.test;
  const results = await withBug(folder, mutant, () => runTests(folder, file, [name]));
  return results.some(({ status }) => status === 'failed') ? null : `survived ${file}`;
}

const wanted = process.argv.slice(2).map(Number);
const chosen = MUTANTS.map((mutant, index) => ({ mutant, number: index + 1 })).filter(
  ({ number }) => wanted.length === 0 || wanted.includes(number),
);
const startedAt = performance.now();
const folder = await copyOfProject();
let survivors = 0;
try {
  const problems = await judgeTests(
    folder,
    chosen.map(({ mutant }) => mutant),
  );
  for (const problem of problems) console.log(problem);
  if (problems.length > 0)
    throw new Error('The tests that are to catch the bugs must pass without them first.');
  for (const { mutant, number } of chosen) {
    const wrong = await judge(folder, mutant);
    if (wrong !== null) survivors += 1;
    console.log(
      `${wrong === null ? 'caught  ' : 'SURVIVED'} ${number}. ${mutant.bug}${wrong ? `: ${wrong}` : ''}`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
console.log(`\n${chosen.length - survivors} of ${chosen.length} deliberate bugs caught in ${seconds} s`);
process.exitCode = survivors === 0 ? 0 : 1;
