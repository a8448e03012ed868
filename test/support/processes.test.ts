import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { signalEach } from './processes.ts';

test('of several processes to be signalled one may have ended since they were listed', async () => {
  const [short, long] = [spawn('true'), spawn('sleep', ['60'])];
  await once(short, 'exit');
  const ended = once(long, 'exit');
  signalEach([short.pid ?? 0, long.pid ?? 0], 'SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
});
