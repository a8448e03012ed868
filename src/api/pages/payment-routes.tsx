/** `/p/<token>`: the payment link. GET never changes anything, so link previews and reloads are harmless. */
import { Hono, type Context } from 'hono';
import { isBefore, type Instant } from '../../domain/instant.ts';
import type { SessionRecord } from '../../ports/session-store.ts';
import type { ApiDeps } from '../api-deps.ts';
import { within } from '../../ports/bounded.ts';
import { errorFields } from '../../app/error-fields.ts';
import { openPayment, type OpenedPayment } from '../../app/sessions/open-payment.ts';
import { isHttpUrl } from '../../domain/http-url.ts';
import { notFoundPage } from './message-page.tsx';
import { pollNumber, showPayment } from './payment-response.tsx';
import { paymentViewOf } from './payment-view.ts';
import { isFromElsewhere, sessionOf, stopPages } from './stop-routes.tsx';

/** A customer waits at the button: opening makes a provider payment, which takes seconds. */
const OPEN_PAYMENT_MS = 8000;
/** Hints and reads that only improve the page. */
const HINT_MS = 1000;

export function paymentPages(deps: ApiDeps): Hono {
  const routes = new Hono();

  routes.get('/p/:token', async (c) => {
    const session = await sessionOf(deps, c);
    if (!session) return notFoundPage(c);
    const view = paymentViewOf(session);
    if (view.kind !== 'pay' || !isOver(deps, view.expiresAt)) return showPayment(deps, c, session, view);
    // Only the workflow decides that a payment link has expired: the customer may have approved in its last second.
    const { sessionId } = session;
    const isRunning = () => deps.workflows.isRunning(sessionId);
    return (await inTime(deps, { event: 'sessionNotRead', sessionId }, isRunning, true))
      ? showPayment(deps, c, session, { kind: 'checking' }, { polls: 1 })
      : showPayment(deps, c, session, { kind: 'closed' });
  });

  routes.post('/p/:token', async (c) => {
    const session = await sessionOf(deps, c);
    if (!session) return notFoundPage(c);
    const view = paymentViewOf(session);
    if (isFromElsewhere(c) || view.kind !== 'pay' || isOver(deps, view.expiresAt))
      return c.redirect(`/p/${session.linkToken}`, 303);
    return answerOpened(deps, c, session, await tryToOpen(deps, session));
  });

  routes.get('/p/:token/done', async (c) => {
    const session = await sessionOf(deps, c);
    if (!session) return notFoundPage(c);
    const view = paymentViewOf(session);
    // The payment is known: the payment link is the session's page, and viewing it costs the workflow nothing.
    if (view.kind !== 'pay' && view.kind !== 'checking') return c.redirect(`/p/${session.linkToken}`, 303);
    const polls = pollNumber(c.req.query('poll'));
    // One hint per return from the wallet: the reloads only read, and the workflow polls by itself.
    const { sessionId } = session;
    if (polls === 0) {
      const hinting = deps.hints.returned(sessionId);
      deps.inBackground?.(hinting);
    }
    // By then the hint has shown an approval, unless no workflow is left to receive it.
    const isRunning = () => deps.workflows.isRunning(sessionId);
    if (polls === 1 && !(await inTime(deps, { event: 'sessionNotRead', sessionId }, isRunning, true)))
      return showPayment(deps, c, session, { kind: 'closed' });
    return showPayment(deps, c, session, { kind: 'checking' }, { polls: polls + 1 });
  });
  return routes.route('/', stopPages(deps));
}

function isOver({ clock }: ApiDeps, linkExpiresAt: Instant): boolean {
  return !isBefore(clock.now(), linkExpiresAt);
}

/** The outcome of a request to pay; `tryLater` when Temporal or the database did not answer. */
async function tryToOpen(
  deps: ApiDeps,
  session: SessionRecord,
): Promise<OpenedPayment | { kind: 'tryLater' }> {
  try {
    const opened = await within(openPayment(deps, session), OPEN_PAYMENT_MS);
    return opened.late ? { kind: 'oneMoment' } : opened.value;
  } catch (error) {
    const { sessionId } = session;
    deps.log.error({ event: 'openPaymentFailed', sessionId, ...errorFields(error) }, 'no payment was opened');
    return { kind: 'tryLater' };
  }
}

function answerOpened(
  deps: ApiDeps,
  c: Context,
  session: SessionRecord,
  opened: OpenedPayment | { kind: 'tryLater' },
): Response | Promise<Response> {
  switch (opened.kind) {
    case 'redirect':
      if (isHttpUrl(opened.url)) return c.redirect(opened.url, 303);
      deps.log.error(
        { event: 'walletUrlRefused', sessionId: session.sessionId },
        'the provider gave an address that is no web address',
      );
      return showPayment(deps, c, session, { kind: 'tryLater' }, { status: 502 });
    case 'alreadyApproved':
      // The projection may be a moment behind the workflow; the return page waits for it.
      return c.redirect(`/p/${session.linkToken}/done`, 303);
    case 'declined':
    case 'expired':
    case 'cancelled':
      return showPayment(deps, c, session, { kind: opened.kind });
    case 'oneMoment':
      return showPayment(deps, c, session, { kind: 'opening' });
    case 'notRunning':
      return showPayment(deps, c, session, { kind: 'closed' });
    case 'tryLater':
      return showPayment(
        deps,
        c,
        session,
        { kind: 'tryLater' },
        { status: 503, headers: { 'Retry-After': '5' } },
      );
  }
}

/** The workflow's answer in time, else `otherwise`: doubt must not void a payment that a customer has approved. */
async function inTime<T>(
  { log }: ApiDeps,
  failure: { event: string; sessionId: string },
  call: () => Promise<T>,
  otherwise: T,
): Promise<T> {
  try {
    const answer = await within(call(), HINT_MS);
    return answer.late ? otherwise : answer.value;
  } catch (error) {
    log.warn({ ...failure, ...errorFields(error) }, 'the workflow did not answer');
    return otherwise;
  }
}
