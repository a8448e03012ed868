// The numbers of the bench, without a system: what it starts is tried by `.ci/run`.
import { describe, expect, test } from 'vitest';
import { Figures, tableOf } from '../../bench/figures.ts';
import { load } from '../../bench/load.ts';
import { News } from '../../bench/news.ts';
import { readOptions } from '../../bench/options.ts';
import { PARTS } from '../../bench/parts.ts';
import { withReport } from '../../bench/report.ts';
import { median, quantile, slope } from '../../bench/statistics.ts';
import { cpuMsOf, memoryMbOf } from '../../bench/usage.ts';

describe('statistics', () => {
  test('of an odd and of an even number of values', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  test('a quantile lies between the two values around it', () => {
    const hundred = Array.from({ length: 101 }, (_, index) => index);
    expect(quantile(hundred, 0.99)).toBe(99);
    expect(quantile([10, 20], 0.25)).toBe(12.5);
    expect(quantile([7], 0.99)).toBe(7);
  });

  test('of nothing there is none', () => {
    expect(() => median([])).toThrow('no value');
  });

  test('the slope of a line is found beside its scatter', () => {
    const points = [0, 1, 3, 10].map((x, index) => ({ x, y: 200 + 30 * x + (index % 2) }));
    expect(slope(points)).toBeCloseTo(30, 0);
  });
});

test('a table has the median and the spread of the rounds, and the goal', () => {
  const figures = new Figures('cost');
  for (const value of [3, 1, 2]) figures.add('CPU', 'ms', value, '<= 2');
  figures.add('events', '', 127);
  expect(tableOf(figures.all).split('\n').slice(2)).toEqual([
    '| CPU | 2 ms | 1 to 3 | <= 2 |',
    '| events | 127 |  |  |',
  ]);
});

test('a run of some parts takes the place of theirs in the document, and leaves the others', () => {
  const machine = { date: '2026-12-01', commit: 'abc', cpu: 'a CPU', cores: '2', memory: '8 GiB' };
  const versions = { system: 'linux', node: 'v20', temporal: '1', sdk: '1', postgres: '15' };
  const figure = { part: 'ack', name: 'p99', unit: 'ms', values: [7] };
  const report = {
    machine: { ...machine, ...versions },
    options: '--quick',
    figures: [figure],
    seconds: { ack: 9 },
  };
  const earlier =
    '# Title\n\n<!-- bench -->\n\nold\n\n### cost\n\n12\n\n### ack\n\n13\n\n<!-- /bench -->\n\nend\n';
  const now = withReport(earlier, report);
  expect(now).toContain(
    '### cost\n\n12\n\n### ack\n\n`npm run bench -- ack --quick`, 9 s; 2026-12-01, commit abc',
  );
  expect(now).toContain('| p99 | 7 ms |  |  |\n\n<!-- /bench -->\n\nend\n');
  expect(now).not.toMatch(/old|13/);
  expect(withReport(now, report)).toBe(now);
});

describe('news', () => {
  test('reaches who waits for it, and who asks later, once', async () => {
    const news = new News();
    const waiting = news.next('text 1', 1_000);
    news.add('text 1', 'first');
    news.add('text 1', 'second');
    expect([await waiting, await news.next('text 1', 1_000)]).toEqual(['first', 'second']);
  });

  test('that does not come in time is an error, without the number it is about', async () => {
    await expect(new News().next('text +4799000001', 5)).rejects.toThrow(/in vain for a "text"$/);
  });
});

test('the first failure of a load ends it: nothing more begins', async () => {
  let begun = 0;
  const work = async (index: number): Promise<void> => {
    begun += 1;
    await new Promise((done) => setTimeout(done, 2));
    if (index === 3) throw new Error('the fourth failed');
  };
  await expect(load(100, 2, work)).rejects.toThrow('the fourth failed');
  await new Promise((done) => setTimeout(done, 20));
  expect(begun).toBeLessThanOrEqual(6);
});

test('the CPU time and the memory of a process are found', async () => {
  const before = await cpuMsOf([process.pid]);
  for (const end = process.cpuUsage().user + 60_000; process.cpuUsage().user < end;);
  expect((await cpuMsOf([process.pid])) - before).toBeGreaterThanOrEqual(
    process.platform === 'linux' ? 40 : 0,
  );
  expect(await memoryMbOf([process.pid])).toBeGreaterThan(20);
});

describe('options', () => {
  test('all parts, when none is named', () => {
    expect(readOptions([]).parts).toEqual(Object.keys(PARTS));
    expect(readOptions(['cost', '--quick', '--rounds', '3'])).toMatchObject({
      parts: ['cost'],
      quick: true,
      rounds: 3,
      given: '--quick --rounds 3',
    });
  });

  test('parts run in the order of a whole run: the last of them ends what the others need', () => {
    expect(readOptions(['lists', 'cost']).parts).toEqual(['cost', 'lists']);
  });

  test.each([
    [['costs'], /no part costs/],
    [['--rounds', '0'], /--rounds must be/],
    [['--slow'], /slow/],
  ])('%s is refused', (args, why) => {
    expect(() => readOptions(args)).toThrow(why);
  });
});
