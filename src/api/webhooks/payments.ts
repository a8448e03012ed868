/**
 * What payment providers call. A callback is a hint ("look at the provider now"): it carries nothing we believe, and is
 * stored nowhere. Answered 2xx once a workflow has been told after it came, or will be in a moment (many about one payment:
 * once for all). When Temporal or the database does not answer in time it is refused with 503, so that the provider repeats it;
 * should it not, the workflow's own looks at the provider find the same, or in a use those of the reconciliation.
 */
import { Hono } from 'hono';
import { strangerOf } from '../../domain/reconciliation/foreign.ts';
import type { PaymentHint } from '../../ports/payment-callbacks.ts';
import type { ApiDeps } from '../api-deps.ts';
import { within } from '../../ports/bounded.ts';
import { errorFields } from '../error-fields.ts';
import { notFoundProblem, unavailable } from '../problem.ts';
import { limitBody } from '../middleware/body-limit.ts';
import { inboundRequest, refused, refuseStrangers } from './inbound-request.ts';

/** All hints of one callback together, the second that a hint may be held back included. */
const FORWARD_MS = 1600;

export function paymentWebhooks(deps: ApiDeps): Hono {
  const routes = new Hono();
  const providers = new Map(Object.entries(deps.callbacks));

  routes.use('/webhooks/payments/:provider', refuseStrangers('provider', providers), limitBody());
  routes.on(['GET', 'POST'], '/webhooks/payments/:provider', async (c) => {
    const callbacks = providers.get(c.req.param('provider'));
    if (!callbacks) return notFoundProblem(c);
    const parsed = callbacks.parse(await inboundRequest(c, deps.publicUrl()));
    if (!parsed.ok) return refused(c, parsed);
    try {
      const forwarded = await within(forward(deps, c.req.param('provider'), parsed.hints), FORWARD_MS);
      if (!forwarded.late) return c.text('OK');
      deps.log.warn({ event: 'callbackLate' }, 'a payment callback could not be passed on in time');
    } catch (error) {
      deps.log.error({ event: 'callbackFailed', ...errorFields(error) }, 'a payment callback failed');
    }
    return unavailable(c, 'The callback could not be passed on. Please send it again.');
  });
  return routes;
}

async function forward(deps: ApiDeps, provider: string, hints: readonly PaymentHint[]): Promise<void> {
  // Each session once and all at the same time: one that is held back must not hold back the others.
  const sessionIds = new Set<string>();
  for (const hint of hints) {
    const sessionId = await deps.stores.money.findSessionOfPayment(hint);
    if (sessionId !== null) sessionIds.add(sessionId);
    else await reportStranger(deps, provider, hint);
  }
  await Promise.all([...sessionIds].map((sessionId) => deps.workflows.paymentChanged(sessionId)));
}

/**
 * A payment we have no record of is reported and never touched: one task for each lost record of ours, and one for each
 * other installation on the account, however many payments it makes.
 */
async function reportStranger(
  { stores, clock, log }: ApiDeps,
  provider: string,
  hint: PaymentHint,
): Promise<void> {
  const stranger = strangerOf(hint.paymentReference, await stores.books.installationId());
  const { kind } = stranger;
  log.info({ event: 'callbackOfUnknownPayment', provider, kind }, 'a callback matches no payment');
  if (kind === 'notOurs') return;
  const subject =
    kind === 'unrecorded' ? stranger.paymentReference : `${provider}:s2p${stranger.installationId}`;
  const task = { subject, reason: 'foreignPayment', sessionId: null, details: { provider, kind } } as const;
  const { opened } = await stores.tasks.open(task, clock.now());
  if (opened) log.warn({ event: 'foreignPayment', provider, kind, subject }, 'a payment is none of ours');
}
