/**
 * What payment providers call. A callback is a hint ("read the provider now"): it carries nothing we believe, and is
 * stored nowhere. Answered 2xx once a workflow has been signalled after it came, or will be in a moment (many about one payment:
 * once for all), or nothing is left to read. When Temporal or the database does not answer in time it is refused with 503, so
 * that the provider repeats it; should it not, the workflow's own reads of the provider find the same, or in a use those of the
 * reconciliation.
 */
import { Hono } from 'hono';
import type { ApiDeps } from '../api-deps.ts';
import { within } from '../../ports/bounded.ts';
import { errorFields } from '../../app/error-fields.ts';
import { forwardHints } from '../../app/sessions/payment-hints.ts';
import { notFoundProblem, unavailable } from '../problem.ts';
import { limitBody } from '../middleware/body-limit.ts';
import { inboundRequest, refused, refuseUnauthenticated } from './inbound-request.ts';

/** All hints of one callback together, the second that a hint may be held back included. */
const FORWARD_MS = 1600;

export function paymentWebhooks(deps: ApiDeps): Hono {
  const routes = new Hono();
  const providers = new Map(Object.entries(deps.callbacks));

  routes.use('/webhooks/payments/:provider', refuseUnauthenticated('provider', providers), limitBody());
  routes.on(['GET', 'POST'], '/webhooks/payments/:provider', async (c) => {
    const callbacks = providers.get(c.req.param('provider'));
    if (!callbacks) return notFoundProblem(c);
    const parsed = callbacks.parse(await inboundRequest(c, deps.publicUrl()));
    if (!parsed.ok) return refused(c, parsed);
    try {
      const forwarded = await within(forwardHints(deps, c.req.param('provider'), parsed.hints), FORWARD_MS);
      if (!forwarded.late) return c.text('OK');
      deps.log.warn({ event: 'callbackLate' }, 'a payment callback could not be passed on in time');
    } catch (error) {
      deps.log.error({ event: 'callbackFailed', ...errorFields(error) }, 'a payment callback failed');
    }
    return unavailable(c, 'The callback could not be passed on. Please send it again.');
  });
  return routes;
}
