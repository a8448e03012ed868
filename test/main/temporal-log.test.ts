import { expect, test } from 'vitest';
import { type NewTemporalCall, TemporalLog } from '../../src/main/demo/temporal-log.ts';

const opening = {
  from: 'sms2pay',
  kind: 'signal',
  name: 'endCharge',
  workflowId: 'charge-session-1',
} as const;

test('a call is written down with what was given, how it went and what came back', async () => {
  const log = new TemporalLog();
  const written: NewTemporalCall[] = [];
  log.attach((call) => written.push(call));
  await log.around({ ...opening, args: [{ inboxId: '1' }] }, () => Promise.resolve({ done: true }));
  const failing = log.around({ ...opening, args: [1, 2] }, () => Promise.reject(new TypeError('no')));
  await expect(failing).rejects.toThrow('no');
  await log.around({ ...opening, args: [] }, () => Promise.resolve(10n));
  expect(written).toMatchObject([
    { ...opening, input: '{"inboxId":"1"}', outcome: 'ok', output: '{"done":true}' },
    { input: '[1,2]', outcome: 'failed', output: 'TypeError: no' },
    { input: '[]', outcome: 'ok', output: '(not shown)' },
  ]);
});

test('before the simulator is there, calls go through and are not kept', async () => {
  const log = new TemporalLog();
  expect(await log.around({ ...opening, args: [] }, () => Promise.resolve(7))).toBe(7);
});
