import { describe, expect, it } from 'vitest';
import { UNREACHABLE_AFTER_MS, watchGateways } from '../../src/app/attention/text-watch.ts';
import { addMs } from '../../src/domain/instant.ts';
import type { GatewayRefusal } from '../../src/ports/outbox-store.ts';
import { MemoryAttention } from '../support/memory-attention.ts';

const NOW = '2026-11-23T10:00:00.000Z';
const REFUSED: GatewayRefusal = {
  gateway: 'link',
  shortNumber: '27222',
  code: '106100',
  lastCode: '106100',
  texts: 1,
  since: NOW,
};
const UNREACHED: GatewayRefusal = { ...REFUSED, code: 'unreachable', lastCode: 'ECONNREFUSED' };

function aWatch() {
  const attention = new MemoryAttention();
  const logged: object[] = [];
  const log = { info: () => {}, error: () => {}, warn: (fields: object) => void logged.push(fields) };
  return {
    attention,
    logged,
    pass: async (refusals: GatewayRefusal[], afterMs = 0) => {
      const outbox = { listGatewayRefusals: async () => refusals };
      const clock = { now: () => addMs(NOW, afterMs) };
      await watchGateways({ stores: { outbox, attention }, clock, log });
      return [...attention.entries.keys()];
    },
  };
}

describe('the watch over gateways', () => {
  it('raises one task for a refused account, at once, with the count of texts, and logs it once', async () => {
    const watch = aWatch();
    expect(await watch.pass([REFUSED])).toEqual(['gatewayRefuses link/27222/106100']);
    await watch.pass([{ ...REFUSED, texts: 4 }]);
    expect(watch.attention.entries.get('gatewayRefuses link/27222/106100')).toEqual({ ...REFUSED, texts: 4 });
    expect(watch.logged).toEqual([{ event: 'gatewayRefuses', ...REFUSED }]);
  });

  it('keeps accounts, numbers and codes apart, and closes each when its texts are taken', async () => {
    const watch = aWatch();
    const others = [
      { ...REFUSED, code: '106101' },
      { ...REFUSED, shortNumber: '2012' },
      { ...REFUSED, gateway: 'link2' },
    ];
    expect(await watch.pass([REFUSED, ...others])).toHaveLength(4);
    expect(await watch.pass(others)).toEqual([
      'gatewayRefuses link/27222/106101',
      'gatewayRefuses link/2012/106100',
      'gatewayRefuses link2/27222/106100',
    ]);
    expect(await watch.pass([])).toEqual([]);
  });

  it('raises an unreachable gateway after a minute without a text that was taken, not before', async () => {
    const watch = aWatch();
    expect(await watch.pass([UNREACHED], UNREACHABLE_AFTER_MS - 1)).toEqual([]);
    expect(await watch.pass([UNREACHED], UNREACHABLE_AFTER_MS)).toEqual([
      'gatewayRefuses link/27222/unreachable',
    ]);
    expect(await watch.pass([], UNREACHABLE_AFTER_MS + 1)).toEqual([]);
  });

  it('leaves the tasks of others alone', async () => {
    const watch = aWatch();
    await watch.attention.raise(
      { subject: 'link', reason: 'gatewayClockOff', sessionId: null, details: {} },
      NOW,
    );
    expect(await watch.pass([])).toEqual(['gatewayClockOff link']);
  });
});
