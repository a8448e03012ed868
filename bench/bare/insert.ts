// Owns: the bare INSERT as a child process.
import { fileURLToPath } from 'node:url';
import { choosePort } from '../../src/embedded/dev-server.ts';
import type { Ground } from '../ground.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Its address. */
export async function startInsert(ground: Ground, databaseUrl: string): Promise<string> {
  const port = String(await choosePort(0));
  await ground.start({
    name: 'bare',
    folder: ground.folder,
    cwd: ROOT,
    program: process.execPath,
    args: ['--import', 'tsx', fileURLToPath(new URL('insert-child.ts', import.meta.url)), databaseUrl, port],
    readyWords: 'is ready',
  });
  return `http://127.0.0.1:${port}/`;
}
