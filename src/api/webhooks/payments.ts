/**
 * What payment providers call. A callback is a hint ("look at the provider now"): it carries nothing we believe. When
 * Temporal or the database does not answer it is refused with 503, so that the provider repeats it; should it not, the
 * workflow's own looks at the provider find the same.
 */
import { Hono } from 'hono';
import type { PaymentHint } from '../../ports/payment-callbacks.ts';
import type { ApiDeps } from '../api-deps.ts';
import { within } from '../bounded.ts';
import { errorFields } from '../error-fields.ts';
import { notFoundProblem, unavailable } from '../problem.ts';
import { inboundRequest, refused } from './inbound-request.ts';

/** All hints of one callback together; providers wait only seconds for an answer. */
const FORWARD_MS = 1000;

export function paymentWebhooks(deps: ApiDeps): Hono {
  const routes = new Hono();
  const providers = new Map(Object.entries(deps.callbacks));

  routes.on(['GET', 'POST'], '/webhooks/payments/:provider', async (c) => {
    const callbacks = providers.get(c.req.param('provider'));
    if (!callbacks) return notFoundProblem(c);
    const parsed = callbacks.parse(await inboundRequest(c, deps.publicUrl()));
    if (!parsed.ok) return refused(c, parsed);
    try {
      const forwarded = await within(forward(deps, parsed.hints), FORWARD_MS);
      if (!forwarded.late) return c.text('OK');
      deps.log.warn({ event: 'callbackLate' }, 'a payment callback could not be passed on in time');
    } catch (error) {
      deps.log.error({ event: 'callbackFailed', ...errorFields(error) }, 'a payment callback failed');
    }
    return unavailable(c, 'The callback could not be passed on. Please send it again.');
  });
  return routes;
}

async function forward(deps: ApiDeps, hints: readonly PaymentHint[]): Promise<void> {
  for (const hint of hints) {
    const sessionId = await deps.stores.money.findSessionOfPayment(hint);
    if (sessionId === null)
      deps.log.info({ event: 'callbackOfUnknownPayment' }, 'a callback matches no payment');
    else await deps.workflows.paymentChanged(sessionId);
  }
}
