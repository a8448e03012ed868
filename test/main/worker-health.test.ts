// The health of a worker process: the image's HEALTHCHECK and any supervisor ask the same addresses as at an api.
import { expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { listen } from '../../src/main/http-server.ts';
import { workerHealth } from '../../src/main/serving.ts';

test('a worker answers /healthz and /readyz at HOST:PORT, and nothing else', async () => {
  const parts = { database: 'ok', temporal: 'ok', worker: 'starting' };
  const warned: string[] = [];
  const log = { info() {}, warn: (fields: object) => void warned.push(JSON.stringify(fields)), error() {} };
  const config = parseConfig({ HOST: '127.0.0.1' });
  const app = workerHealth({ ready: () => Promise.resolve(parts), log, keys: [] });
  const health = await listen({ ...config.http, port: 0 }, (request) => app.fetch(request));
  onTestFinished(() => health.close());

  expect((await fetch(`${health.url}/healthz`)).status).toBe(200);
  const notReady = await fetch(`${health.url}/readyz`);
  expect([notReady.status, await notReady.json()]).toEqual([
    503,
    expect.objectContaining({ detail: 'Not ready: worker.' }),
  ]);
  expect(warned).toEqual([expect.stringContaining('starting')]);
  parts.worker = 'ok';
  await expect.poll(async () => (await fetch(`${health.url}/readyz`)).status, { timeout: 5_000 }).toBe(200);
  for (const path of ['/', '/sim', '/p/x', '/webhooks/sms/link', '/api/v1/partners'])
    expect((await fetch(`${health.url}${path}`)).status).toBe(404);
});
