// Takes a lock, says so, and holds it until told otherwise.
import { createInterface } from 'node:readline';
import { acquireLock } from '../../src/embedded/data-dir-lock.ts';

const { directory } = JSON.parse(process.argv[2] ?? '') as { directory: string };
try {
  const lock = await acquireLock({ directory, name: 'test', what: 'sms2pay', advice: 'stop it' });
  console.log('held');
  for await (const order of createInterface({ input: process.stdin })) {
    if (order === 'stopping') lock.markStopping();
    if (order === 'release') break;
    console.log(order);
  }
  await lock.release();
} catch (error) {
  console.log(error instanceof Error ? error.name : String(error));
}
