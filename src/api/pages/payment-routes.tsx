/** `/p/<token>`: the payment link. GET never changes anything, so link previews and reloads are harmless. */
import { Hono, type Context } from 'hono';
import { instantMs } from '../../domain/instant.ts';
import { invariant } from '../../domain/assert.ts';
import type { SessionRecord } from '../../ports/session-store.ts';
import type { OpenPaymentResult } from '../../workflows/contract.ts';
import type { ApiDeps } from '../api-deps.ts';
import { within } from '../bounded.ts';
import { errorFields } from '../error-fields.ts';
import { isHttpUrl } from './http-url.ts';
import { notFoundPage } from './message-page.tsx';
import { pageLanguage } from './page-language.ts';
import { pageResponse, type PageOptions } from './page-response.ts';
import { PaymentPage } from './payment-page.tsx';
import { paymentViewOf, type PaymentView } from './payment-view.ts';
import { isToken } from './token.ts';

/** A customer waits at the button: opening makes a provider payment, which takes seconds. */
const OPEN_PAYMENT_MS = 8000;
/** Hints and looks that only improve the page. */
const HINT_MS = 1000;
/** After so many looks the page no longer reloads by itself; a text tells the customer what became of it. */
const MOST_LOOKS = 20;

export function paymentPages(deps: ApiDeps): Hono {
  const routes = new Hono();

  routes.get('/p/:token', async (c) => {
    const session = await sessionOf(deps, c);
    if (!session) return notFoundPage(c);
    const view = paymentViewOf(session);
    if (view.kind !== 'pay' || instantMs(deps.clock.now()) < instantMs(view.expiresAt))
      return show(deps, c, session, view);
    // Only the workflow decides that a link has expired: the customer may have approved in its last second.
    return (await mayBeRunning(deps, session.sessionId))
      ? show(deps, c, session, { kind: 'checking' }, { look: 1 })
      : show(deps, c, session, { kind: 'closed' });
  });

  routes.post('/p/:token', async (c) => {
    const session = await sessionOf(deps, c);
    if (!session) return notFoundPage(c);
    if (paymentViewOf(session).kind !== 'pay') return c.redirect(`/p/${session.linkToken}`, 303);
    return answerOpened(deps, c, session, await openPayment(deps, session.sessionId));
  });

  routes.get('/p/:token/done', async (c) => {
    const session = await sessionOf(deps, c);
    if (!session) return notFoundPage(c);
    const look = lookNumber(c.req.query('look'));
    // One hint per return from the wallet: the reloads only read, and the workflow looks again by itself.
    const hinted = look === 0 ? await hintPaymentChanged(deps, session.sessionId) : 'accepted';
    const view = paymentViewOf(session);
    if (view.kind !== 'pay') return show(deps, c, session, view, { look: look + 1 });
    if (hinted === 'notRunning') return show(deps, c, session, { kind: 'closed' });
    return show(deps, c, session, { kind: 'checking' }, { look: look + 1 });
  });
  return routes;
}

async function sessionOf(deps: ApiDeps, c: Context): Promise<SessionRecord | null> {
  const token = c.req.param('token') ?? '';
  return isToken(token) ? deps.stores.sessions.findByLinkToken(token) : null;
}

/** What became of the tap on the button; `tryLater` when Temporal could not be asked. */
async function openPayment(
  deps: ApiDeps,
  sessionId: string,
): Promise<OpenPaymentResult | { kind: 'notRunning' | 'tryLater' }> {
  try {
    const opened = await within(deps.workflows.openPayment(sessionId), OPEN_PAYMENT_MS);
    return opened.late ? { kind: 'oneMoment' } : opened.value;
  } catch (error) {
    deps.log.error({ event: 'openPaymentFailed', sessionId, ...errorFields(error) }, 'no payment was opened');
    return { kind: 'tryLater' };
  }
}

function answerOpened(
  deps: ApiDeps,
  c: Context,
  session: SessionRecord,
  opened: OpenPaymentResult | { kind: 'notRunning' | 'tryLater' },
): Response | Promise<Response> {
  switch (opened.kind) {
    case 'redirect':
      if (isHttpUrl(opened.url)) return c.redirect(opened.url, 303);
      deps.log.error(
        { event: 'walletUrlRefused', sessionId: session.sessionId },
        'the provider gave an address that is no web address',
      );
      return show(deps, c, session, { kind: 'tryLater' }, { status: 502 });
    case 'alreadyApproved':
      // The projection may be a moment behind the workflow; the return page waits for it.
      return c.redirect(`/p/${session.linkToken}/done`, 303);
    case 'declined':
    case 'expired':
    case 'cancelled':
      return show(deps, c, session, { kind: opened.kind });
    case 'oneMoment':
      return show(deps, c, session, { kind: 'opening' });
    case 'notRunning':
      return show(deps, c, session, { kind: 'closed' });
    case 'tryLater':
      return show(deps, c, session, { kind: 'tryLater' }, { status: 503, headers: { 'Retry-After': '5' } });
  }
}

async function hintPaymentChanged(deps: ApiDeps, sessionId: string): Promise<'accepted' | 'notRunning'> {
  try {
    const hinted = await within(deps.workflows.paymentChanged(sessionId), HINT_MS);
    return hinted.late ? 'accepted' : hinted.value;
  } catch (error) {
    deps.log.warn({ event: 'hintFailed', sessionId, ...errorFields(error) }, 'a hint was not passed on');
    return 'accepted';
  }
}

/** False only when Temporal says so: doubt must not tell a customer that an approved payment is void. */
async function mayBeRunning(deps: ApiDeps, sessionId: string): Promise<boolean> {
  try {
    const running = await within(deps.workflows.isRunning(sessionId), HINT_MS);
    return running.late || running.value;
  } catch (error) {
    deps.log.warn({ event: 'lookFailed', sessionId, ...errorFields(error) }, 'the session was not seen');
    return true;
  }
}

async function show(
  deps: ApiDeps,
  c: Context,
  session: SessionRecord,
  view: PaymentView,
  options: PageOptions & { look?: number } = {},
): Promise<Response> {
  const { stores } = deps;
  const partner = await stores.settings.findPartner(session.partnerId);
  const service = await stores.settings.findService(session.serviceId);
  invariant(partner !== null && service !== null, 'a session must have its partner and service');
  const receipts = view.kind === 'charged' ? await stores.receipts.listForSession(session.sessionId) : [];
  const page = (
    <PaymentPage
      view={view}
      language={pageLanguage(c.req.header('accept-language'))}
      session={session}
      partner={partner}
      serviceName={service.name}
      words={await stores.settings.findWords(session)}
      receiptToken={receipts.find(({ kind }) => kind === 'sale')?.token ?? null}
      refresh={refreshOf(session, view, options.look ?? 0)}
    />
  );
  return pageResponse(c, page, { ...options, formLeavesSite: hasForm(view) });
}

function hasForm({ kind }: PaymentView): boolean {
  return kind === 'pay' || kind === 'opening' || kind === 'tryLater';
}

/** Looks again after 2, 4, 6, ... and at most 15 seconds. */
function refreshOf(session: SessionRecord, view: PaymentView, look: number) {
  if (view.kind !== 'checking' || look > MOST_LOOKS) return null;
  return {
    afterSeconds: Math.min(15, 2 * Math.max(1, look)),
    url: `/p/${session.linkToken}/done?look=${Math.max(1, look)}`,
  };
}

/** How often the page has looked already; nonsense counts as often enough. */
function lookNumber(text: string | undefined): number {
  if (text === undefined) return 0;
  return /^\d{1,2}$/.test(text) ? Number(text) : MOST_LOOKS;
}
