// `npm run build`: what runs without tsx and without bundling at start: dist/**/*.js, the assets, the workflow bundle.
// Usage: node scripts/build.mjs [folder to build into, default dist] [--unchecked] [--unbundled]
// --unchecked: types are not checked again, for a test of code that `npm run check` has checked.
// --unbundled: a worker that is started from it bundles the workflows itself, from the sources beside it.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { filesUnder, sourcesHash, STAMP } from './sources-hash.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');
const { values, positionals } = parseArgs({
  options: { unchecked: { type: 'boolean', default: false }, unbundled: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const target = resolve(root, positionals[0] ?? 'dist');
/** It has the name of the build when it is whole: a program that is started meanwhile never finds half of one. */
const draft = `${target}.draft-${process.pid}`;

function sizeOf(files) {
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  return `${(bytes / 1024).toFixed(0)} KiB`;
}

function compile() {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const args = ['-p', 'tsconfig.build.json', '--outDir', draft];
  if (values.unchecked) args.push('--noCheck');
  const { status } = spawnSync(process.execPath, [compiler, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the sources do not compile');
  const scripts = filesUnder(draft).filter((file) => file.endsWith('.js'));
  console.log(`code             ${scripts.length} files, ${sizeOf(scripts)}`);
}

function copyAssets() {
  const assets = filesUnder(source).filter((file) => !/\.tsx?$/.test(file));
  for (const asset of assets) {
    const copy = join(draft, relative(source, asset));
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(asset, copy);
  }
  console.log(`assets           ${assets.length} files, ${sizeOf(assets)}`);
}

function bundleWorkflows() {
  const file = join(draft, 'workflow-bundle.js');
  const args = [join(draft, 'main/bundle-child.js'), join(source, 'workflows/index.ts'), file];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the workflow code cannot be bundled');
  console.log(`workflow bundle  ${sizeOf([file])}`);
}

function makeExecutable() {
  const cli = join(draft, 'cli/cli.js');
  if (!readFileSync(cli, 'utf8').startsWith('#!'))
    throw new Error('src/cli/cli.ts must begin with #!/usr/bin/env node: it is the command sms2pay');
  chmodSync(cli, 0o755);
}

const hash = sourcesHash();
try {
  compile();
  copyAssets();
  if (!values.unbundled) bundleWorkflows();
  makeExecutable();
  writeFileSync(join(draft, STAMP), hash);
  rmSync(target, { recursive: true, force: true });
  renameSync(draft, target);
  console.log(`Built into ${relative(process.cwd(), target) || target}`);
} catch (error) {
  rmSync(draft, { recursive: true, force: true });
  console.error(`The build failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
