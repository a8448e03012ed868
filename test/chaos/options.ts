import { parseArgs } from 'node:util';

export interface ChaosOptions {
  sessions: number;
  seed: number;
  /** random ones, beside those at the named points */
  killsPerMinute: number;
  /** however slowly the sessions come: each kill of a worker delays some by a minute */
  mostKills: number;
  /** customers who are busy at the same time */
  atOnce: number;
  /** faults that are switched on, per session */
  faultsPerSession: number;
  /** keep the folder with logs and evidence also when all is well */
  keep: boolean;
  /** longest wait for sessions to end after the last kill */
  quietLimitMs: number;
}

const MAX_KILLS_PER_SESSION = 0.12;

export const USAGE = `Use: npm run chaos -- [--sessions 100] [--seed N] [--kills-per-minute N] [--at-once N]
       [--faults-per-session 0.3] [--quiet-limit SECONDS] [--keep]`;

const OPTIONS = {
  sessions: { type: 'string', default: '100' },
  seed: { type: 'string' },
  'kills-per-minute': { type: 'string' },
  'at-once': { type: 'string', default: '60' },
  'faults-per-session': { type: 'string', default: '0.3' },
  'quiet-limit': { type: 'string', default: '600' },
  keep: { type: 'boolean', default: false },
} as const;

export function readOptions(args: string[]): ChaosOptions {
  const { values } = parseArgs({ args, options: OPTIONS, strict: true });
  const number = (name: string, text: string, least: number): number => {
    const value = Number(text);
    if (!Number.isFinite(value) || value < least)
      throw new Error(`--${name} must be a number, ${least} or more`);
    return value;
  };
  const sessions = number('sessions', values.sessions, 1);
  return {
    sessions,
    seed: number('seed', values.seed ?? String(Date.now() % 1_000_000), 0),
    killsPerMinute: number(
      'kills-per-minute',
      values['kills-per-minute'] ?? String(usualKillsPerMinute(sessions)),
      0,
    ),
    mostKills: sessions * MAX_KILLS_PER_SESSION,
    atOnce: number('at-once', values['at-once'], 1),
    faultsPerSession: number('faults-per-session', values['faults-per-session'], 0),
    quietLimitMs: number('quiet-limit', values['quiet-limit'], 1) * 1_000,
    keep: values.keep,
  };
}

/** A short run has to fit in the least number of kills of each; a long one must get on between them. */
function usualKillsPerMinute(sessions: number): number {
  if (sessions <= 200) return 30;
  return sessions <= 2_000 ? 12 : 6;
}
