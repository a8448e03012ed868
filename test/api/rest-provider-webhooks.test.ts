// What the doctor asks a running process about registrations at providers: which secrets it keeps, never the secrets.
import { expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { providerWebhookRoutes } from '../../src/api/rest/admin-routes.ts';
import { apiFixture } from './api-fixture.ts';

const kept = { provider: 'vipps', webhookId: 'id-1', url: 'https://pay.example/w', secret: 'hemmelig' };

async function ask(provider: string, token: string): Promise<{ status: number; text: string }> {
  const providerWebhooks = { list: async (asked: string) => (asked === kept.provider ? [kept] : []) };
  const extraRoutes = providerWebhookRoutes({
    providerWebhooks,
    ensureWebhook: () => Promise.resolve(null),
    adminToken: 'token',
  });
  const app = createApp({ ...apiFixture().deps, extraRoutes });
  const response = await app.request(`/api/v1/provider-webhooks/${provider}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, text: await response.text() };
}

test('ids and addresses of the registrations are told, without their secrets', async () => {
  const { status, text } = await ask('vipps', 'token');
  expect(status).toBe(200);
  expect(JSON.parse(text)).toEqual({ items: [{ webhookId: 'id-1', url: 'https://pay.example/w' }] });
  expect((await ask('paycore', 'token')).text).toBe('{"items":[]}');
});

test('nothing is told without the token', async () => {
  const { status, text } = await ask('vipps', 'another');
  expect(status).toBe(401);
  expect(text).not.toContain('id-1');
});
