// CPU time and memory of processes: from /proc on Linux, else from `ps` (macOS), which knows less exactly.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { descendantsOf } from '../test/support/processes.ts';

const run = promisify(execFile);
/** sysconf(_SC_CLK_TCK): 100 on every Linux that Node runs on */
const TICK_MS = 10;
const IS_LINUX = process.platform === 'linux';

/** A process and all it has started. */
export async function treeOf(pid: number): Promise<number[]> {
  return [pid, ...(await descendantsOf(pid))];
}

/** User and system time of these together, with children of theirs that have ended. */
export async function cpuMsOf(pids: readonly number[]): Promise<number> {
  return await sumOver(pids, async (pid) => {
    if (!IS_LINUX) return (await psFields(pid)).cpuMs;
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // utime, stime, cutime, cstime: fields 14 to 17 of proc_pid_stat(5); the name before them may hold spaces.
    const ticks = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15);
    return ticks.reduce((sum, field) => sum + Number(field), 0) * TICK_MS;
  });
}

/** What is in memory; on Linux a shared page counts in parts, as PostgreSQL's processes share most of theirs. */
export async function memoryMbOf(pids: readonly number[]): Promise<number> {
  const kiB = await sumOver(pids, async (pid) => {
    if (!IS_LINUX) return (await psFields(pid)).rssKiB;
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  });
  return kiB / 1_024;
}

async function sumOver(pids: readonly number[], of: (pid: number) => Promise<number>): Promise<number> {
  return (await Promise.all(pids.map(of))).reduce((sum, value) => sum + value, 0);
}

async function psFields(pid: number): Promise<{ cpuMs: number; rssKiB: number }> {
  const { stdout } = await run('ps', ['-o', 'time=,rss=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  const [time = '0', kiB = '0'] = stdout.trim().split(/\s+/);
  const seconds = time.split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0);
  return { cpuMs: seconds * 1_000, rssKiB: Number(kiB) };
}
