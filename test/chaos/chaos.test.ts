// The whole crash test, in its own processes: 40 sessions here, 1,000 in `npm run test:full`.
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hasPostgres } from '../support/postgres.ts';
import { scaled } from '../support/scale.ts';
import { processesOf, startChaos } from './chaos-run.ts';
import { PLANS } from './customer.ts';

const LIMIT_MS = scaled({ sample: 480_000, full: 1_150_000 });
const SESSIONS = scaled({ sample: 40, full: 1_000 });
const POINTS = [
  'between inbox insert and dispatch',
  'provider acted, reply not yet read',
  'captured, not yet recorded',
  'receipt sent, not yet marked',
];

const KINDS = [
  'stampsAhead',
  'stampsBehind',
  'endsBeforeStart',
  'foreignWords',
  'generalWords',
  'pageViews',
  'continuedRuns',
];

function valueOf(output: string, name: string): string {
  return new RegExp(`^${name} +(.*)$`, 'm').exec(output)?.[1] ?? `there is no ${name}`;
}

describe.skipIf(!hasPostgres())('npm run chaos', { timeout: LIMIT_MS }, () => {
  test(`loses, doubles, bends and strands none of ${SESSIONS} sessions, whatever is killed`, async ({
    task,
  }) => {
    // A repetition, in CI alone, must leave time for the rest.
    const isRepeated = (task.result?.retryCount ?? 0) > 0;
    const sessions = isRepeated ? Math.ceil(SESSIONS / 3) : SESSIONS;
    const run = await startChaos('--sessions', String(sessions), '--quiet-limit', '180');
    const code = await run.ended;
    const output = run.output();
    console.log(output.slice(Math.max(0, output.search(/^seed /m))));
    expect(`${code}\n${output}`).toMatch(/^0\n/);
    for (const name of ['lost', 'doubled', 'wrong', 'stuck']) expect(valueOf(output, name)).toBe('0');
    expect(Number.parseInt(valueOf(output, 'sessions'), 10)).toBeGreaterThanOrEqual(sessions);
    for (const victim of ['api', 'worker', 'simulator', 'postgres', 'temporal'])
      expect(
        Number(new RegExp(`${victim} (\\d+)`).exec(valueOf(output, 'kills'))?.[1]),
      ).toBeGreaterThanOrEqual(2);
    for (const point of POINTS)
      expect(Number(new RegExp(`(\\d+) +${point}`).exec(output)?.[1])).toBeGreaterThanOrEqual(1);
    expect(Number.parseInt(valueOf(output, 'faults fired'), 10)).toBeGreaterThan(0);
    for (const [plan] of PLANS) expect(valueOf(output, 'plans')).toMatch(new RegExp(`\\b${plan} [1-9]`));
    for (const kind of KINDS) expect(output).toMatch(new RegExp(`^met .*${kind} [1-9]`, 'm'));
    expect(valueOf(output, '  hit money calls')).toMatch(/^[1-9]/);
    expect(await processesOf(run)).toEqual([]);
    expect(existsSync(run.folder())).toBe(false);
  });
});
