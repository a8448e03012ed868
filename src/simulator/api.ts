import { type Context, Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import { z } from 'zod';
import { type ClockSteps, MIN_STEP_SECONDS } from './clock.ts';
import type { SimulatorParts } from './parts.ts';
import type { Gateway } from './vendors/link/gateway.ts';
import { DECISIONS, type Payments, type ShownOutcome } from './payments.ts';
import { problem, readJson } from './problem.ts';
import { FAULT_KINDS, FAULT_OPERATIONS } from './records.ts';
import { digitsOf } from './store.ts';
import { vippsErrorOf } from './vendors/vipps/errors.ts';

export interface ApiParts extends SimulatorParts {
  clockSteps: ClockSteps;
  gateway: Gateway;
  payments: Payments;
}

/** A sender of a text waits so long for its first push to sms2pay. */
export const FIRST_TRY_WITHIN_MS = 5_000;
/** UTF-16 units of one text */
export const MAX_TEXT_LENGTH = 1_600;
const TEN_YEARS_SECONDS = 10 * 366 * 86_400;

export const phoneSchema = z
  .string()
  .transform((text) => text.replaceAll(' ', ''))
  .pipe(z.string().regex(/^\+?\d{5,15}$/, 'must be a phone number with country code'));

const newText = z.object({
  from: phoneSchema,
  to: z
    .string()
    .regex(/^\+?\d{3,15}$/, 'must be a number')
    .transform(digitsOf),
  text: z.string().max(MAX_TEXT_LENGTH),
  messageId: z.string().min(1).max(100).optional(),
  sentAt: z.iso
    .datetime({ offset: true })
    .transform((time) => new Date(time).toISOString())
    .optional(),
});
const newFault = z.object({
  operation: z.enum(FAULT_OPERATIONS),
  kind: z.enum(FAULT_KINDS),
  code: z
    .number()
    .int()
    .refine((code) => vippsErrorOf(code) !== undefined, 'is no error code of a vendor here')
    .optional(),
  ms: z.number().int().min(0).max(600_000).optional(),
  times: z.number().int().min(1).max(1_000).optional(),
});
const clockStep = z.object({
  seconds: z.number().min(MIN_STEP_SECONDS, 'must be 0.001 or more').max(TEN_YEARS_SECONDS),
});
const newSettings = z
  .strictObject({ paycoreSendsReceipts: z.boolean(), paycoreReleasesRest: z.boolean() })
  .partial();
const eventsQuery = z.object({
  since: z.string().regex(/^\d+$/, 'must be an id of an event').optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(10_000),
});

/** The simulator's own JSON API: what a tester can do and see (shapes: README of the product's public surface). */
export function apiRoutes(parts: ApiParts): Hono {
  const app = new Hono();
  app.use(endWithNewline);
  textRoutes(app, parts);
  paymentRoutes(app, parts);
  clockRoutes(app, parts);
  faultRoutes(app, parts);
  settingsRoutes(app, parts);
  app.get('/events', (c) => {
    const query = eventsQuery.safeParse(c.req.query());
    if (!query.success)
      return problem(c, 400, 'since must be the id of an event, limit a number from 1 to 10000.');
    return c.json({ items: parts.exchanges.list(query.data.since ?? null, query.data.limit) });
  });
  return app;
}

/** For terminals: the answers of several curl commands must not run together. */
const endWithNewline = createMiddleware(async (c, next) => {
  await next();
  if (c.res.headers.get('content-type')?.includes('json'))
    c.res = new Response(`${await c.res.text()}\n`, c.res);
});

function textRoutes(app: Hono, { store, gateway, deliveries }: ApiParts): void {
  app.post('/sms', async (c) => {
    const body = await readJson(c, newText);
    if (!body.ok) return body.response;
    const sent = gateway.fromPhone(body.value);
    await deliveries.firstTry(sent.deliveryId, FIRST_TRY_WITHIN_MS);
    const text = store.texts.get(sent.textId);
    if (text === undefined) return problem(c, 500, 'The text is not in the store any more.');
    const { id, messageId, state, attempts } = text;
    return c.json({ id, messageId, delivery: { status: state, attempts } }, 201);
  });
  app.get('/sms', (c) => {
    const msisdn = c.req.query('msisdn');
    const digits = digitsOf(msisdn ?? '');
    if (msisdn !== undefined && digits === '') return problem(c, 400, 'msisdn must be a phone number.');
    const phoneOf = { in: 'from', out: 'to' } as const;
    const items = [...store.texts.values()].filter(
      (text) => msisdn === undefined || digitsOf(text[phoneOf[text.direction]]) === digits,
    );
    return c.json({ items });
  });
}

function paymentRoutes(app: Hono, { payments }: ApiParts): void {
  const answer = (c: Context, outcome: ShownOutcome) =>
    outcome.ok ? c.json(outcome.payment) : problem(c, outcome.status, outcome.why);
  app.get('/payments', (c) => c.json({ items: payments.all() }));
  app.get('/payments/:id', (c) => {
    const payment = payments.byId(c.req.param('id'));
    return payment === null ? problem(c, 404, 'No such payment.') : c.json(payment);
  });
  for (const decision of DECISIONS)
    app.post(`/payments/:id/${decision}`, (c) =>
      answer(c, payments.decide(c.req.param('id') ?? '', decision)),
    );
}

function clockRoutes(app: Hono, { clock, clockSteps }: ApiParts): void {
  app.get('/clock', (c) => c.json({ now: clock.now(), offsetMs: clock.offsetMs() }));
  app.post('/clock/advance', async (c) => {
    const body = await readJson(c, clockStep);
    if (!body.ok) return body.response;
    const step = await clockSteps.advance(body.value.seconds);
    switch (step.kind) {
      case 'unsupported':
        return problem(c, 501, step.why);
      case 'failed':
        return problem(c, 502, 'The clock moved, but the workflows could not all be moved along.');
      case 'advanced':
        return c.json({ now: clock.now(), offsetMs: clock.offsetMs(), fastForwarded: step.fastForwarded });
    }
  });
}

function faultRoutes(app: Hono, { faults }: ApiParts): void {
  app.post('/faults', async (c) => {
    const body = await readJson(c, newFault);
    if (!body.ok) return body.response;
    const added = faults.add(body.value);
    return added.ok ? c.json(added.fault, 201) : problem(c, 400, added.detail);
  });
  app.get('/faults', (c) => c.json({ items: faults.list() }));
  app.delete('/faults', (c) => {
    faults.clear();
    return c.body(null, 204);
  });
}

function settingsRoutes(app: Hono, { store }: ApiParts): void {
  const shown = () => {
    const { paycoreSendsReceipts, paycoreReleasesRest } = store.settings;
    return { paycoreSendsReceipts, paycoreReleasesRest };
  };
  app.get('/settings', (c) => c.json(shown()));
  app.put('/settings', async (c) => {
    const body = await readJson(c, newSettings);
    if (!body.ok) return body.response;
    store.commit({ table: 'settings', put: { ...store.settings, ...body.value } });
    return c.json(shown());
  });
}
