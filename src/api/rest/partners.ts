/** Partner settings over HTTP, for the command line beside a running process: bearer token, JSON. */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { validateReceiptTemplate } from '../../domain/receipt-template.ts';
import type { SettingsStore } from '../../ports/settings-store.ts';
import { problem } from '../problem.ts';
import { bearer } from './bearer.ts';

const changeSchema = z.strictObject({
  receiptSmsOn: z.boolean().optional(),
  receiptSmsText: z
    .string()
    .superRefine((text, context) => {
      for (const line of validateReceiptTemplate(text)) context.addIssue({ code: 'custom', message: line });
    })
    .optional(),
});

const MAX_BODY_BYTES = 64 * 1024;

export function partnerRoutes(deps: {
  settings: Pick<SettingsStore, 'listPartners' | 'updatePartner'>;
  adminToken: string;
}): Hono {
  const routes = new Hono().basePath('/api/v1/partners');
  routes.use(bodyLimit({ maxSize: MAX_BODY_BYTES }));
  routes.use(bearer(deps.adminToken));
  routes.get('/', async (c) => c.json({ items: await deps.settings.listPartners() }));
  routes.patch('/:partnerId', async (c) => {
    const body: unknown = await c.req.json().catch(() => null);
    const change = changeSchema.safeParse(body);
    if (!change.success) {
      const detail = change.error.issues.map((issue) => issue.message).join(' ');
      return problem(c, { status: 422, title: 'Unprocessable Content', detail });
    }
    const partner = await deps.settings.updatePartner(c.req.param('partnerId'), change.data);
    if (partner) return c.json(partner);
    return problem(c, { status: 404, title: 'Not Found', detail: 'There is no such partner.' });
  });
  return routes;
}
