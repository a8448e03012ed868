/** Stop on the session's page: a confirmation, then it ends the use by the same path as a text with the end word. */
import { Hono, type Context } from 'hono';
import type { SessionRecord } from '../../ports/session-store.ts';
import type { ApiDeps } from '../api-deps.ts';
import { within } from '../../ports/bounded.ts';
import { errorFields } from '../../app/error-fields.ts';
import { notFoundPage, stopFailedPage } from './message-page.tsx';
import { showPayment } from './payment-response.tsx';
import { paymentViewOf } from './payment-view.ts';
import { isToken } from './page-request.ts';

/** How long a customer waits for the database; what is stored later nevertheless is not stored twice. */
const STORE_MS = 3000;

export function stopPages(deps: ApiDeps): Hono {
  const routes = new Hono();

  routes.get('/p/:token/stop', async (c) => {
    const session = await sessionOf(deps, c);
    if (!session) return notFoundPage(c);
    if (!(await canStop(deps, session))) return c.redirect(`/p/${session.linkToken}`, 303);
    return showPayment(deps, c, session, { kind: 'confirmStop', use: null });
  });

  routes.post('/p/:token/stop', async (c) => {
    try {
      const session = await sessionOf(deps, c);
      if (!session) return notFoundPage(c);
      const page = `/p/${session.linkToken}`;
      if (isFromElsewhere(c)) return c.redirect(`${page}/stop`, 303);
      if (paymentViewOf(session).kind === 'active') await stop(deps, session);
      return c.redirect(page, 303);
    } catch (error) {
      deps.log.error({ event: 'stopFailed', ...errorFields(error) }, 'a Stop request could not be stored');
      return stopFailedPage(c, `/p/${c.req.param('token')}/stop`);
    }
  });
  return routes;
}

/** Stored before it is answered, like a text: from then on the use has ended, whatever becomes of this process. */
async function stop(deps: ApiDeps, { sessionId }: SessionRecord): Promise<void> {
  const accepting = deps.stores.inbox.acceptStop(sessionId, deps.clock.now());
  const accepted = await within(accepting, STORE_MS);
  if (accepted.late) {
    deps.inBackground?.(accepting.then(() => undefined));
    throw new Error('the database is too slow');
  }
  deps.dispatcher.offer([accepted.value]);
}

/** Requested already, or ended by a text: there is nothing to confirm. */
async function canStop(deps: ApiDeps, session: SessionRecord): Promise<boolean> {
  if (paymentViewOf(session).kind !== 'active') return false;
  const { inbox } = deps.stores;
  const { sessionId } = session;
  return ((await inbox.stopRequestedAt(sessionId)) ?? (await inbox.endRequestedAt(sessionId))) === null;
}

export async function sessionOf(deps: ApiDeps, c: Context): Promise<SessionRecord | null> {
  const token = c.req.param('token') ?? '';
  return isToken(token) ? deps.stores.sessions.findByLinkToken(token) : null;
}

/**
 * A form that another site's page sent. The token of the payment link is the customer's secret and no cookie is involved,
 * so no other site can forge one; a browser's own statement of where a request comes from counts nevertheless.
 */
export function isFromElsewhere(c: Context): boolean {
  const site = c.req.header('sec-fetch-site');
  return site === 'cross-site' || site === 'same-site';
}
