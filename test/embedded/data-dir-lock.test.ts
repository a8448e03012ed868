import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, LockHeldError, type LockOptions } from '../../src/embedded/data-dir-lock.ts';
import { startChild } from './children.ts';

let top: string;
let directory: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'sms2pay-lock-'));
  directory = top;
});
afterEach(() => rm(top, { recursive: true, force: true }));

const options = (more: Partial<LockOptions> = {}): LockOptions => ({
  directory,
  name: 'test',
  what: 'sms2pay',
  advice: 'stop it, or set another DATA_DIR',
  ...more,
});

async function refusal(attempt: Promise<unknown>): Promise<LockHeldError> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof LockHeldError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

/** Lets everybody try at once; who got it keeps it until all have an answer. */
async function race(contenders: number): Promise<number> {
  const results = await Promise.allSettled(Array.from({ length: contenders }, () => acquireLock(options())));
  const held = results.filter((result) => result.status === 'fulfilled');
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(LockHeldError);
  await Promise.all(held.map((result) => result.value.release()));
  return held.length;
}

describe('the lock on a directory', () => {
  it('refuses a second process with a sentence that says who holds it and what to do', async () => {
    const holder = startChild('lock-child', { directory });
    expect(await holder.line()).toBe('held');
    const error = await refusal(acquireLock(options()));
    expect(error.message).toBe(
      `Another sms2pay (pid ${holder.pid}) is using ${directory}: stop it, or set another DATA_DIR.`,
    );
    expect(error.holder).toMatchObject({ pid: holder.pid, state: 'running', what: 'sms2pay' });
  });

  it('is free again at once when its holder was killed with -9', async () => {
    const holder = startChild('lock-child', { directory });
    await holder.line();
    await holder.kill('SIGKILL');
    const lock = await acquireLock(options());
    await refusal(acquireLock(options()));
    await lock.release();
    expect(await readdir(join(directory, '.test-lock')), 'dead sockets are cleared away').toEqual([]);
  });

  it('goes to exactly one of many processes that find it abandoned at the same moment', async () => {
    const dead = startChild('lock-child', { directory });
    await dead.line();
    await dead.kill('SIGKILL');
    const contenders = Array.from({ length: 4 }, () => startChild('lock-child', { directory }));
    const answers = await Promise.all(contenders.map((contender) => contender.line()));
    expect(answers.toSorted()).toEqual(['LockHeldError', 'LockHeldError', 'LockHeldError', 'held']);
  });

  it('goes to exactly one of the contenders, however often they race', async () => {
    for (let round = 0; round < 15; round += 1) expect(await race(6)).toBe(1);
  });

  it('never has two holders while contenders come and go', async () => {
    let holders = 0;
    let turns = 0;
    const visitor = async (): Promise<void> => {
      for (let visit = 0; visit < 25; visit += 1) {
        const lock = await acquireLock(options()).catch(() => null);
        if (lock === null) continue;
        holders += 1;
        expect(holders).toBe(1);
        turns += 1;
        await new Promise((done) => setImmediate(done));
        holders -= 1;
        await lock.release();
      }
    };
    await Promise.all(Array.from({ length: 5 }, visitor));
    expect(turns).toBeGreaterThan(0);
  });

  it('is waited for while its holder is stopping, and the wait is announced', async () => {
    const holder = startChild('lock-child', { directory });
    await holder.line();
    holder.tell('stopping');
    await holder.line();
    const lines: string[] = [];
    const waiting = acquireLock(options({ report: (line) => lines.push(line) }));
    const patient = new Promise((done) => setTimeout(done, 300, 'still waiting'));
    expect(await Promise.race([waiting, patient])).toBe('still waiting');
    holder.tell('release');
    await (await waiting).release();
    expect(lines).toEqual([`Waiting for the earlier sms2pay (pid ${holder.pid}) to finish stopping ...`]);
  });

  it('is not waited for longer than asked', async () => {
    const lock = await acquireLock(options());
    lock.markStopping();
    const error = await refusal(acquireLock(options({ waitWhileStoppingMs: 100 })));
    expect(error.message).toContain('is still stopping');
    await lock.release();
  });

  it('counts a process that does not answer as a holder', async () => {
    const holder = startChild('lock-child', { directory });
    await holder.line();
    await holder.kill('SIGSTOP');
    const error = await refusal(acquireLock(options({ answerTimeoutMs: 200 })));
    expect(error.message).toContain(`Another sms2pay (pid ${holder.pid}) is using`);
  });

  it('works in a directory whose path is longer than a socket address', async () => {
    directory = join(top, 'x'.repeat(120), 'y'.repeat(120));
    await mkdir(directory, { recursive: true });
    const holder = startChild('lock-child', { directory });
    expect(await holder.line()).toBe('held');
    expect((await refusal(acquireLock(options()))).holder.pid).toBe(holder.pid);
    await holder.kill('SIGKILL');
    await (await acquireLock(options())).release();
  });

  it('is one of several in a directory when it has another name', async () => {
    const first = await acquireLock(options());
    const second = await acquireLock(options({ name: 'other' }));
    await expect(acquireLock(options({ name: 'other' }))).rejects.toThrow(LockHeldError);
    await Promise.all([first.release(), second.release()]);
  });
});
