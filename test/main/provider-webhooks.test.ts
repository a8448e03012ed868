import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createVippsProvider, type VippsProvider } from '../../src/adapters/payment/vipps/provider.ts';
import { ProviderWebhooks } from '../../src/main/provider-webhooks.ts';
import { wallClock } from '../../src/main/serving.ts';
import type { ProviderWebhook, ProviderWebhookStore } from '../../src/ports/webhooks.ts';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';

const URL_OF_OURS = 'https://pay.example.com/webhooks/payments/vipps';

let simulator: Simulator;
let server: ReturnType<typeof createAdaptorServer>;
let vipps: VippsProvider;
let store: ProviderWebhookStore;

beforeEach(async () => {
  const place = { url: '' };
  const unit = {
    merchantSerialNumber: '123456',
    clientId: 'client',
    clientSecret: 'secret',
    subscriptionKey: 'key',
  };
  simulator = createSimulator({
    dataDir: null,
    baseUrl: () => `${place.url}/sim`,
    webhooks: () => ({ smsUrl: '', deliveryUrl: '', username: 'u', password: 'p' }),
    link: { username: 'u', password: 'p', platformId: '1', platformPartnerId: '1' },
    paycore: { partnerId: '4711', secretBase64: 'c2VjcmV0' },
    vipps: unit,
    shortNumber: '27222',
  });
  server = createAdaptorServer({ fetch: new Hono().route('/sim', simulator.app).fetch });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  place.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vipps = createVippsProvider({ ...unit, baseUrl: `${place.url}/sim/vipps`, timeoutMs: 5_000 });
  store = inMemory();
});

afterEach(async () => {
  await simulator.close();
  await new Promise((done) => server.close(done));
});

function inMemory(): ProviderWebhookStore {
  const rows: ProviderWebhook[] = [];
  return {
    list: (provider) => Promise.resolve(rows.filter((row) => row.provider === provider)),
    add: (webhook) => {
      if (!rows.some((row) => row.webhookId === webhook.webhookId)) rows.push(webhook);
      return Promise.resolve();
    },
    remove: (_provider, webhookId) => {
      const index = rows.findIndex((row) => row.webhookId === webhookId);
      if (index >= 0) rows.splice(index, 1);
      return Promise.resolve(index >= 0);
    },
  };
}

describe('our registration at Vipps', () => {
  it('is made once, and its secret is kept for every process', async () => {
    const registry = new ProviderWebhooks(store, wallClock);
    const first = await registry.ensure('vipps', vipps.webhooks, URL_OF_OURS);
    expect(first.isNew).toBe(true);
    expect(registry.secrets('vipps')).toEqual([{ id: first.id, secret: expect.stringMatching(/.{20,}/) }]);

    const other = new ProviderWebhooks(store, wallClock);
    const again = await other.ensure('vipps', vipps.webhooks, URL_OF_OURS);
    expect(again).toEqual({ id: first.id, isNew: false, superfluous: [] });
    expect(other.secrets('vipps')).toEqual(registry.secrets('vipps'));
  });

  it('is made anew when Vipps has dropped it', async () => {
    const registry = new ProviderWebhooks(store, wallClock);
    const { id } = await registry.ensure('vipps', vipps.webhooks, URL_OF_OURS);
    await vipps.webhooks.remove(id);
    const renewed = await registry.ensure('vipps', vipps.webhooks, URL_OF_OURS);
    expect(renewed.isNew).toBe(true);
    expect(renewed.id).not.toBe(id);
    expect(registry.secrets('vipps').map((known) => known.id)).toContain(renewed.id);
  });

  it('names registrations whose secret nobody kept', async () => {
    const lost = await vipps.webhooks.ensure(URL_OF_OURS, []);
    const registry = new ProviderWebhooks(store, wallClock);
    expect((await registry.ensure('vipps', vipps.webhooks, URL_OF_OURS)).superfluous).toEqual([lost.id]);
  });

  it('is looked at when a process starts and every day after, also when Vipps is away at first', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] });
    try {
      const errors: string[] = [];
      const log = {
        info: () => {},
        warn: () => {},
        error: (_: unknown, text: string) => void errors.push(text),
      };
      const registry = new ProviderWebhooks(store, wallClock);
      const ensure = vi.spyOn(registry, 'ensure').mockRejectedValueOnce(new Error('away'));
      ensure.mockResolvedValue({ id: 'a', isNew: false, superfluous: [] });
      registry.watch({ vipps }, 'https://pay.example.com', log);
      await vi.advanceTimersByTimeAsync(0);
      expect(errors).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(5 * 60_000);
      expect(ensure).toHaveBeenCalledTimes(2);
      await vi.advanceTimersByTimeAsync(24 * 3_600_000);
      expect(ensure).toHaveBeenCalledTimes(3);
      await registry.stop();
      await vi.advanceTimersByTimeAsync(48 * 3_600_000);
      expect(ensure).toHaveBeenCalledTimes(3);
    } finally {
      vi.useRealTimers();
    }
  });
});
