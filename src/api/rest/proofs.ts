/** Proofs, the reconciliation report and the attention list, over HTTP: bearer token, JSON. Never personal data. */
import { Hono, type Context } from 'hono';
import { z } from 'zod';
import { isDay } from '../../domain/instant.ts';
import type { AttentionEntry } from '../../ports/attention-store.ts';
import { limitBody } from '../middleware/body-limit.ts';
import { notFoundProblem, unprocessable } from '../problem.ts';
import { proveDay, proveSession, reconcileDays, type ProofDeps } from '../../app/proofs.ts';
import { clearByOperator } from '../../app/attention/entries.ts';
import { bearer } from './bearer.ts';
import { actorSchema } from './sessions.ts';

export type ProofRoutesDeps = ProofDeps & { adminToken: string };

const LONGEST_DAYS = 92;
const TASKS = 500;

const day = z.string().refine(isDay, 'must be a day such as 2026-11-26.');
const partner = z.string().min(1).nullable().default(null);

export const daySchema = z.object({ day, partnerId: partner });
export const daysSchema = z
  .object({ from: day, to: day, partnerId: partner })
  .refine(({ from, to }) => from <= to, 'the first day must not be after the last.')
  .refine(
    ({ from, to }) => Date.parse(to) - Date.parse(from) < LONGEST_DAYS * 86_400_000,
    `at most ${LONGEST_DAYS} days at once.`,
  );

export const clearEntrySchema = z.object({
  subject: z.string().min(1).max(100),
  reason: z.custom<AttentionEntry['reason']>(
    (value) => typeof value === 'string' && /^\w{1,40}$/.test(value),
  ),
  actor: actorSchema,
});

export function proofRoutes(deps: ProofRoutesDeps): Hono {
  const routes = new Hono().basePath('/api/v1');
  for (const path of ['/proof', '/proof/*', '/reconciliation', '/tasks', '/tasks/*'])
    routes.use(path, bearer(deps.adminToken), limitBody());
  routes.get('/proof/:sessionId', async (c) => {
    const proof = await proveSession(deps, c.req.param('sessionId'));
    return proof ? c.json(proof) : notFoundProblem(c, 'There is no such session.');
  });
  routes.get('/proof', async (c) => {
    const parsed = daySchema.safeParse(c.req.query());
    return parsed.success ? c.json({ items: await proveDay(deps, parsed.data) }) : notValid(c, parsed.error);
  });
  routes.get('/reconciliation', async (c) => {
    const parsed = daysSchema.safeParse(c.req.query());
    return parsed.success ? c.json(await reconcileDays(deps, parsed.data)) : notValid(c, parsed.error);
  });
  routes.get('/tasks', async (c) => c.json({ items: await deps.stores.attention.list({ limit: TASKS }) }));
  routes.post('/tasks/close', async (c) => {
    const body: unknown = await c.req.json().catch(() => null);
    const parsed = clearEntrySchema.safeParse(body);
    if (!parsed.success) return notValid(c, parsed.error);
    const refusal = await clearByOperator(deps, parsed.data);
    if (refusal === null) return c.json({ closed: true });
    return notFoundProblem(c, refusal);
  });
  return routes;
}

function notValid(c: Context, error: z.ZodError): Response {
  const detail = error.issues.map(({ path, message }) => [...path, message].join(' ')).join(' ');
  return unprocessable(c, detail);
}
