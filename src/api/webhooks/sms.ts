/** What SMS gateways call: texts from customers and delivery reports. Answered once stored; dispatched behind it. */
import { Hono, type Context } from 'hono';
import type { ApiDeps } from '../api-deps.ts';
import { within } from '../../ports/bounded.ts';
import { errorFields } from '../../app/error-fields.ts';
import { acceptDeliveries } from '../../app/inbox/accept.ts';
import { Intake } from '../../app/inbox/intake.ts';
import { notFoundProblem, unavailable } from '../problem.ts';
import { limitBody } from '../middleware/body-limit.ts';
import { inboundRequest, refused, refuseUnauthenticated } from './inbound-request.ts';

/** How long an answer waits for the database, then it is 503; gateways give up after 2 s. What is stored later is not stored twice. */
const STORE_MS = 1200;

const METHODS = ['GET', 'POST', 'PUT'];

const withSlash = (path: string): string[] => [path, `${path}/`];

export function smsWebhooks(deps: ApiDeps): Hono {
  const routes = new Hono();
  const gateways = new Map(Object.entries(deps.gateways));
  const intake = new Intake(deps);
  const gatewayOf = (c: Context) => gateways.get(c.req.param('gateway') ?? '');

  routes.on(METHODS, withSlash('/webhooks/sms/:gateway'), async (c, next) =>
    intake.isFull ? overloaded(deps, c) : next(),
  );
  routes.use('/webhooks/sms/:gateway/*', refuseUnauthenticated('gateway', gateways), limitBody());

  routes.on(METHODS, withSlash('/webhooks/sms/:gateway'), async (c) => {
    const gateway = gatewayOf(c);
    if (!gateway) return notFoundProblem(c);
    const parsed = gateway.parseInbound(await inboundRequest(c, deps.publicUrl()));
    if (!parsed.ok) return refused(c, parsed);
    reportDropped(deps, gateway.gateway, parsed.unreadable);
    const accepted = await stored(deps, 'accept', intake.accept(gateway.gateway, parsed.messages));
    if (accepted === 'overloaded') return overloaded(deps, c);
    if (accepted === null) return unavailable(c, 'The message could not be stored. Please send it again.');
    deps.dispatcher.offer(accepted);
    return c.text('OK');
  });

  routes.on(METHODS, withSlash('/webhooks/sms/:gateway/delivery'), async (c) => {
    const gateway = gatewayOf(c);
    if (!gateway) return notFoundProblem(c);
    const parsed = gateway.parseDelivery(await inboundRequest(c, deps.publicUrl()));
    if (!parsed.ok) return refused(c, parsed);
    reportDropped(deps, gateway.gateway, parsed.unreadable);
    const recording = acceptDeliveries(deps, gateway.gateway, parsed.reports).then(() => 'recorded');
    if ((await stored(deps, 'delivery', recording)) === null)
      return unavailable(c, 'The report could not be stored. Please send it again.');
    return c.text('OK');
  });
  return routes;
}

function overloaded({ log }: ApiDeps, c: Context): Response {
  log.warn({ event: 'webhookOverloaded' }, 'more texts than can be stored in time; the gateway is to repeat');
  return unavailable(c, 'There are too many messages at once. Please send it again.');
}

/** Acknowledged nevertheless: repeated for two days it would be as unreadable. */
function reportDropped({ log }: ApiDeps, gateway: string, unreadable: readonly string[]): void {
  for (const field of unreadable)
    log.warn({ event: 'recordDropped', gateway, field }, 'an unreadable text or report was dropped');
}

/** What `work` came to; null when the database failed or was too slow. Late work goes on by itself. */
async function stored<T>(deps: ApiDeps, what: 'accept' | 'delivery', work: Promise<T>): Promise<T | null> {
  try {
    const answer = await within(work, STORE_MS);
    if (!answer.late) return answer.value;
    deps.inBackground?.(work.then(() => undefined));
    deps.log.error({ event: `${what}Late` }, 'the database is too slow; the gateway is to repeat');
  } catch (error) {
    deps.log.error({ event: `${what}Failed`, ...errorFields(error) }, 'the database failed');
  }
  return null;
}
