import { describe, expect, it } from 'vitest';
import { watchUnroutedNumbers } from '../../src/app/attention/inbox-watch.ts';
import type { UnroutedNumber } from '../../src/ports/inbox-store.ts';
import { MemoryAttention } from '../support/memory-attention.ts';

const NOW = '2026-11-23T10:00:00.000Z';
const MISTYPED: UnroutedNumber = {
  gateway: 'link',
  shortNumber: '27223',
  texts: 3,
  firstAt: '2026-11-23T09:00:00.000Z',
  lastAt: NOW,
};

function aWatch() {
  const attention = new MemoryAttention();
  const logged: object[] = [];
  const log = { info: () => {}, error: () => {}, warn: (fields: object) => void logged.push(fields) };
  return {
    attention: attention.entries,
    logged,
    pass: async (...unrouted: UnroutedNumber[]) => {
      const inbox = { unroutedNumbers: async () => unrouted };
      await watchUnroutedNumbers({ stores: { inbox, attention }, clock: { now: () => NOW }, log });
      return [...attention.entries.keys()];
    },
  };
}

describe('the watch over numbers that no route names', () => {
  it('raises one task for the number, with the count of texts, and logs it once without the number', async () => {
    const watch = aWatch();
    expect(await watch.pass(MISTYPED)).toEqual(['numberNotRouted link/27223']);
    expect(watch.attention.get('numberNotRouted link/27223')).toEqual(MISTYPED);
    await watch.pass({ ...MISTYPED, texts: 5 });
    expect(watch.attention.get('numberNotRouted link/27223')).toMatchObject({ texts: 5 });
    expect(watch.logged).toEqual([{ event: 'numberNotRouted', gateway: 'link', texts: 3 }]);
  });

  it('keeps accounts and numbers apart, and closes each when the number is routed', async () => {
    const watch = aWatch();
    const others = [
      { ...MISTYPED, shortNumber: '2722' },
      { ...MISTYPED, gateway: 'link2' },
    ];
    expect(await watch.pass(MISTYPED, ...others)).toHaveLength(3);
    expect(await watch.pass(...others)).toEqual(['numberNotRouted link/2722', 'numberNotRouted link2/27223']);
    expect(await watch.pass()).toEqual([]);
  });
});
