/** A session and what operators do to it, over HTTP: bearer token, JSON. Never personal data. */
import type { Stores } from '../../ports/stores.ts';
import { Hono, type Context } from 'hono';
import { z } from 'zod';
import type { ActionKind } from '../../domain/action.ts';
import type { Logger } from '../../ports/logger.ts';
import { errorFields } from '../../app/error-fields.ts';
import { limitBody } from '../middleware/body-limit.ts';
import { notFoundProblem, problem, unavailable, unprocessable } from '../problem.ts';
import { requestAction, type ActionAnswer, type ActionDeps } from '../../app/actions/request-action.ts';
import { describeAction, describeSession, listSessions } from '../../app/sessions/session-description.ts';
import { bearer } from './bearer.ts';

/** A UUID and nothing else: it becomes part of a workflow id, where no phone number may ever stand. */
const actionIdSchema = z
  .string()
  .regex(/^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i, 'actionId must be a UUID.');

/** An operator's id; stored readable, so that no phone number may stand in it. */
export const actorSchema = z
  .string()
  .regex(/^[\p{L}\p{N}._@ -]{1,64}$/u, 'actor must be 1 to 64 letters, digits, or any of . _ @ -')
  .refine((text) => !/\p{N}{8}/u.test(text.replaceAll(/[ .-]/g, '')), 'actor must not hold a number.');

const common = {
  actionId: actionIdSchema,
  actor: actorSchema,
  reason: z.string().trim().min(1, 'reason must say why.').max(500, 'reason must be at most 500 characters.'),
};

const KINDS_WITHOUT_AMOUNT = [
  'release',
  'endNow',
  'retryCapture',
  'waive',
  'writeOff',
  'resendReceipt',
] as const satisfies readonly ActionKind[];

export const actionSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('refund'),
      amountMinor: z
        .int('amountMinor must be a whole number of minor units.')
        .min(1, 'amountMinor must be more than 0.'),
      ...common,
    }),
    z.strictObject({ kind: z.enum(KINDS_WITHOUT_AMOUNT), ...common }),
  ],
  { error: `kind must be one of ${['refund', ...KINDS_WITHOUT_AMOUNT].join(', ')}.` },
);

/** Of the list's query. */
export const listSchema = z.object({
  limit: z.coerce
    .number('limit must be a number.')
    .int()
    .min(1)
    .max(500, 'limit must be at most 500.')
    .default(50),
  partnerId: z.string().min(1).optional(),
  attention: z.stringbool('attention must be true or false.').default(false),
});

export type ListRequest = z.infer<typeof listSchema>;

export function sessionRoutes(
  deps: ActionDeps & {
    stores: Pick<Stores, 'inbox' | 'outbox' | 'attention'>;
    adminToken: string;
    publicUrl: () => string;
    log: Logger;
  },
): Hono {
  const routes = new Hono().basePath('/api/v1/sessions');
  routes.use(bearer(deps.adminToken), limitBody());
  routes.get('/', async (c) => {
    const parsed = listSchema.safeParse(c.req.query());
    if (!parsed.success) {
      return unprocessable(c, parsed.error.issues.map(({ message }) => message).join(' '));
    }
    return c.json({ items: await listSessions(deps.stores, parsed.data) });
  });
  routes.get('/:sessionId', async (c) => {
    const sessionId = c.req.param('sessionId');
    const described = isId(sessionId)
      ? await describeSession(deps.stores, sessionId, deps.publicUrl())
      : null;
    return described ? c.json(described) : unknownSession(c);
  });
  routes.post('/:sessionId/actions', async (c) => {
    const sessionId = c.req.param('sessionId');
    const body: unknown = await c.req.json().catch(() => null);
    const parsed = actionSchema.safeParse(body);
    if (!parsed.success) {
      return unprocessable(c, parsed.error.issues.map(({ message }) => message).join(' '));
    }
    if (!isId(sessionId)) return unknownSession(c);
    const request = { amountMinor: null, ...parsed.data };
    try {
      return answer(c, await requestAction(deps, sessionId, request));
    } catch (error) {
      deps.log.error(
        { event: 'actionFailed', sessionId, requestId: c.get('requestId'), ...errorFields(error) },
        'an action was not carried out',
      );
      const { actionId } = request;
      const detail = `It is not known how far this came. Send it again with the same actionId (${actionId}).`;
      return unavailable(c, detail);
    }
  });
  return routes;
}

function isId(text: string): boolean {
  return /^[\w-]{1,64}$/.test(text);
}

function unknownSession(c: Context): Response {
  return notFoundProblem(c, 'There is no such session.');
}

function answer(c: Context, given: ActionAnswer): Response {
  switch (given.kind) {
    case 'unknownSession':
      return unknownSession(c);
    case 'conflict':
      return problem(c, { status: 409, title: 'Conflict', detail: given.detail });
    case 'action':
      return c.json(describeAction(given.action), given.action.state === 'requested' ? 202 : 200);
  }
}
