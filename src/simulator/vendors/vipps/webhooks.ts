import { randomBytes, randomUUID } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { jsonOf } from '../../problem.ts';
import type { VendorEnv } from '../../recording.ts';
import type { Store } from '../../store.ts';
import { answer } from './answers.ts';
import { malformed, problemAnswer } from './errors.ts';
import { fieldProblems, isHttpsOrLocal, isLocalHost } from './requests.ts';
import type { VippsWebhookRow } from './records.ts';
import { forgetWebhook, WEBHOOK_EVENTS } from './webhook-pushes.ts';

// The Webhooks API (specs: vipps-webhooks.v1.yaml; limit and ports: facts: payments.md A3).

const MAX_PER_EVENT = 25;
const ALLOWED_PORTS = new Set(['', '80', '443', '8080']);
const SECRET_BYTES = 64;

const registration = z.strictObject({
  url: z.string().refine(isReachable, 'must be https, on port 80, 443 or 8080'),
  events: z
    .array(z.string().refine((name) => WEBHOOK_EVENTS.has(name), 'is no event of ePayment'))
    .min(1, 'must name an event')
    .transform((names) => [...new Set(names)]),
});

function isReachable(text: string): boolean {
  if (!isHttpsOrLocal(text)) return false;
  const { hostname, port } = new URL(text);
  return ALLOWED_PORTS.has(port) || isLocalHost(hostname);
}

export function webhookRoutes(app: Hono<VendorEnv>, { store }: { store: Store }): void {
  const path = '/webhooks/v1/webhooks';
  app.post(path, (c) => register(store, c));
  app.get(path, (c) => {
    const webhooks = Array.from(store.vippsWebhooks.values(), ({ id, url, events }) => ({ id, url, events }));
    return c.json({ webhooks });
  });
  app.delete(`${path}/:id`, (c) => {
    const id = c.req.param('id');
    if (!store.vippsWebhooks.has(id)) return answer(c, problemAnswer(404, 'Not Found', c.req.path));
    store.commit(...forgetWebhook(store, id));
    return c.body(null, 204);
  });
}

/** The secret is shown here and never again. */
async function register(store: Store, c: Context<VendorEnv>): Promise<Response> {
  const parsed = registration.safeParse(await jsonOf(c));
  if (!parsed.success) return answer(c, malformed(fieldProblems(parsed.error), c.req.path));
  const { url, events } = parsed.data;
  const full = events.filter((name) => registeredFor(store, name) >= MAX_PER_EVENT);
  if (full.length > 0) {
    const reason = `has ${MAX_PER_EVENT} registrations already`;
    return answer(
      c,
      malformed(
        full.map((name) => ({ name, reason })),
        c.req.path,
      ),
    );
  }
  const secret = randomBytes(SECRET_BYTES).toString('base64');
  const webhook: VippsWebhookRow = { id: randomUUID(), url, events, secret, failingSinceMs: null };
  store.commit({ table: 'vippsWebhook', put: webhook });
  return c.json({ id: webhook.id, secret }, 201);
}

function registeredFor(store: Store, event: string): number {
  return [...store.vippsWebhooks.values()].filter(({ events }) => events.includes(event)).length;
}
