// `npm run build`: what runs without tsx and without bundling at start: dist/**/*.js, the assets, the workflow bundle.
// Usage: node scripts/build.mjs [folder to build into, default dist] [--unchecked]
// --unchecked: types are not checked again, for a test of code that `npm run check` has checked.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');
const { values, positionals } = parseArgs({
  options: { unchecked: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const target = resolve(root, positionals[0] ?? 'dist');

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

function sizeOf(files) {
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  return `${(bytes / 1024).toFixed(0)} KiB`;
}

function compile() {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const args = ['-p', 'tsconfig.build.json', '--outDir', target];
  if (values.unchecked) args.push('--noCheck');
  const { status } = spawnSync(process.execPath, [compiler, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the sources do not compile');
  const scripts = filesUnder(target).filter((file) => file.endsWith('.js'));
  console.log(`code             ${scripts.length} files, ${sizeOf(scripts)}`);
}

function copyAssets() {
  const assets = filesUnder(source).filter((file) => !/\.tsx?$/.test(file));
  for (const asset of assets) {
    const copy = join(target, relative(source, asset));
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(asset, copy);
  }
  console.log(`assets           ${assets.length} files, ${sizeOf(assets)}`);
}

function bundleWorkflows() {
  const file = join(target, 'workflow-bundle.js');
  const args = [join(target, 'main/bundle-child.js'), join(source, 'workflows/index.ts'), file];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the workflow code cannot be bundled');
  console.log(`workflow bundle  ${sizeOf([file])}`);
}

function makeExecutable() {
  const cli = join(target, 'cli/cli.js');
  if (!readFileSync(cli, 'utf8').startsWith('#!'))
    throw new Error('src/cli/cli.ts must begin with #!/usr/bin/env node: it is the command sms2pay');
  chmodSync(cli, 0o755);
}

try {
  rmSync(target, { recursive: true, force: true });
  compile();
  copyAssets();
  bundleWorkflows();
  makeExecutable();
  console.log(`Built into ${relative(process.cwd(), target) || target}`);
} catch (error) {
  console.error(`The build failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
