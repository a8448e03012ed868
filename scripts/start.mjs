// `npm start` and `npm run sim`: the program as an installation runs it, built first where the sources have changed.
// Usage: node scripts/start.mjs <command of sms2pay> [argument ...]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sourcesHash, STAMP } from './sources-hash.mjs';

const stamp = new URL(`../dist/${STAMP}`, import.meta.url);

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== sourcesHash()) {
  console.log('Building sms2pay (once per change of its sources) ...');
  const build = fileURLToPath(new URL('./build.mjs', import.meta.url));
  // Its bundle of the workflows is made while the servers start, and kept.
  const args = [build, '--unchecked', '--unbundled'];
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) process.exit(1);
}
await import('../dist/cli/cli.js');
