import { describe, expect, it } from 'vitest';
import { STAMPS_WATCHED_MS, watchGatewayStamps } from '../../src/app/attention/inbox-watch.ts';
import { addMs, isBefore } from '../../src/domain/instant.ts';
import type { GatewayStamps } from '../../src/ports/inbox-store.ts';
import { MemoryAttention } from '../support/memory-attention.ts';

const NOW = '2026-11-23T10:00:00.000Z';
const MINUTE_MS = 60_000;

/** Stamped texts of two accounts, as the store reads them: the last fault within the time asked for. */
class StampedTexts {
  readonly texts: { gateway: string; receivedAt: string; offsetSeconds: number }[] = [];

  async gatewayStamps(since: string): Promise<GatewayStamps[]> {
    const recent = this.texts.filter(({ receivedAt }) => !isBefore(receivedAt, since));
    return [...new Set(recent.map(({ gateway }) => gateway))].map((gateway) => {
      const last = recent.findLast((text) => text.gateway === gateway && text.offsetSeconds > 0);
      return { gateway, lastFault: last ? { ...last, fault: 'ahead' } : null };
    });
  }
}

function aWatch() {
  const inbox = new StampedTexts();
  const attention = new MemoryAttention();
  const logged: object[] = [];
  const log = { info: () => {}, error: () => {}, warn: (fields: object) => void logged.push(fields) };
  const at = (minute: number) => addMs(NOW, minute * MINUTE_MS);
  return {
    logged,
    text: (gateway: string, minute: number, offsetSeconds = 0) =>
      void inbox.texts.push({ gateway, receivedAt: at(minute), offsetSeconds }),
    openAt: async (minute: number) => {
      const clock = { now: () => at(minute) };
      await watchGatewayStamps({ stores: { inbox, attention }, clock, log });
      return [...attention.entries.keys()];
    },
    detailsOf: (key: string) => attention.entries.get(key),
  };
}

describe('the watch over the stamps of gateways', () => {
  it('raises one task for the account whose clock is off, with the measured offset, and logs it once', async () => {
    const watch = aWatch();
    watch.text('right', 0);
    watch.text('link', 0, 180);
    expect(await watch.openAt(1)).toEqual(['gatewayClockOff link']);
    expect(watch.detailsOf('gatewayClockOff link')).toMatchObject({ fault: 'ahead', offsetSeconds: 180 });
    watch.text('link', 2, 240);
    expect(await watch.openAt(3)).toEqual(['gatewayClockOff link']);
    expect(watch.detailsOf('gatewayClockOff link')).toMatchObject({ offsetSeconds: 240 });
    expect(watch.logged).toMatchObject([{ event: 'gatewayClockOff', gateway: 'link', offsetSeconds: 180 }]);
  });

  it('closes it after a while of right stamps: of two nodes one may be right all the time', async () => {
    const watch = aWatch();
    watch.text('link', 0, 180);
    watch.text('link', 1);
    expect(await watch.openAt(2)).toHaveLength(1);
    const later = STAMPS_WATCHED_MS / MINUTE_MS + 1;
    watch.text('link', later);
    expect(await watch.openAt(later)).toEqual([]);
  });

  it('keeps it while no text shows that the clock is right', async () => {
    const watch = aWatch();
    watch.text('link', 0, 180);
    await watch.openAt(1);
    expect(await watch.openAt(600)).toEqual(['gatewayClockOff link']);
  });
});
