/** What SMS gateways call: texts from customers and delivery reports. Stores first, answers then. */
import { Hono, type Context } from 'hono';
import type { ApiDeps } from '../api-deps.ts';
import { within } from '../bounded.ts';
import { errorFields } from '../error-fields.ts';
import { dispatchSlotOf, type DispatcherDeps } from '../inbox-dispatcher.ts';
import { notFoundProblem, unavailable } from '../problem.ts';
import { inboundRequest, refused } from './inbound-request.ts';

/** How long an answer waits for Temporal. Gateways want theirs within 2 s; the stored row is safe either way. */
const INLINE_DISPATCH_MS = 1000;

const METHODS = ['GET', 'POST'];

export function smsWebhooks(deps: ApiDeps): Hono {
  const routes = new Hono();
  const gateways = new Map(Object.entries(deps.gateways));
  const gatewayOf = (c: Context) => gateways.get(c.req.param('gateway') ?? '');

  routes.on(METHODS, '/webhooks/sms/:gateway', async (c) => {
    const gateway = gatewayOf(c);
    if (!gateway) return notFoundProblem(c);
    const parsed = gateway.parseInbound(await inboundRequest(c, deps.publicUrl()));
    if (!parsed.ok) return refused(c, parsed);
    const undispatched: string[] = [];
    try {
      for (const message of parsed.messages) {
        const accepted = await deps.stores.inbox.accept(gateway.gateway, message, deps.clock.now());
        if (!accepted.dispatched) undispatched.push(accepted.inboxId);
      }
    } catch (error) {
      deps.log.error({ event: 'acceptFailed', ...errorFields(error) }, 'a text could not be stored');
      return unavailable(c, 'The message could not be stored. Please send it again.');
    }
    await dispatchInline(deps, undispatched);
    return c.text('OK');
  });

  routes.on(METHODS, '/webhooks/sms/:gateway/delivery', async (c) => {
    const gateway = gatewayOf(c);
    if (!gateway) return notFoundProblem(c);
    const parsed = gateway.parseDelivery(await inboundRequest(c, deps.publicUrl()));
    if (!parsed.ok) return refused(c, parsed);
    try {
      for (const report of parsed.reports) {
        const known = await deps.stores.outbox.recordDelivery(gateway.gateway, report);
        // Answered 200 all the same: repeating it for two days would not make the text known.
        if (!known) deps.log.info({ event: 'deliveryOfUnknownText' }, 'a delivery report matches no text');
      }
    } catch (error) {
      deps.log.error({ event: 'deliveryFailed', ...errorFields(error) }, 'a report could not be stored');
      return unavailable(c, 'The report could not be stored. Please send it again.');
    }
    return c.text('OK');
  });
  return routes;
}

/** Bounded: what takes longer goes on in the background, and what fails is left to the sweeper. */
async function dispatchInline(deps: ApiDeps, inboxIds: readonly string[]): Promise<void> {
  if (inboxIds.length === 0) return;
  const dispatcher: DispatcherDeps = { ...deps, inbox: deps.stores.inbox };
  const work = dispatchAll(dispatcher, inboxIds);
  deps.inBackground?.(work);
  await within(work, INLINE_DISPATCH_MS);
}

async function dispatchAll(deps: DispatcherDeps, inboxIds: readonly string[]): Promise<void> {
  for (const inboxId of inboxIds) {
    try {
      const dispatch = await dispatchSlotOf(deps, inboxId);
      if (dispatch.kind === 'stopped') throw dispatch.error;
    } catch (error) {
      deps.log.warn(
        { event: 'inlineDispatchFailed', inboxId, ...errorFields(error) },
        'a message is left for the sweeper',
      );
    }
  }
}
