// `npm run check`: everything that can be checked without running the code, in parallel and without network.
// --without-tests: not those of its parts that `npm test` runs, too.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { performance } from 'node:perf_hooks';

const root = fileURLToPath(new URL('..', import.meta.url));
const tool = (path) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));

const TESTS = 'boundaries, doc paths, settings';
const PARTS = [
  {
    name: 'format',
    program: tool('prettier/bin/prettier.cjs'),
    args: ['--check', '--log-level', 'warn', '.'],
  },
  { name: 'lint', program: tool('oxlint/bin/oxlint'), args: ['--type-aware', '--deny-warnings'] },
  { name: 'types', program: tool('typescript/bin/tsc'), args: ['-p', '.', '--pretty', 'false'] },
  {
    name: TESTS,
    program: tool('vitest/vitest.mjs'),
    args: ['run', '--config', 'scripts/check.vitest.config.mjs'],
  },
];

function run({ name, program, args }) {
  const startedAt = performance.now();
  return new Promise((done) => {
    let output = '';
    const child = spawn(process.execPath, [program, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    });
    const collect = (chunk) => (output += chunk);
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const finish = (passed) =>
      done({ name, passed, output, seconds: (performance.now() - startedAt) / 1000 });
    child.on('error', (error) => {
      output += error.message;
      finish(false);
    });
    child.on('close', (code) => finish(code === 0));
  });
}

const startedAt = performance.now();
const parts = PARTS.filter(({ name }) => name !== TESTS || !process.argv.includes('--without-tests'));
const results = await Promise.all(
  parts.map(async (part) => {
    const result = await run(part);
    console.log(`${result.passed ? 'ok    ' : 'FAILED'} ${result.name} (${result.seconds.toFixed(1)} s)`);
    return result;
  }),
);
const failed = results.filter(({ passed }) => !passed);
for (const { name, output } of failed) console.log(`\n--- ${name} ---\n${output.trim()}`);
console.log(
  `\n${failed.length === 0 ? 'All checks passed' : `${failed.length} of ${results.length} checks failed`} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
