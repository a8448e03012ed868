/** A session's page as an answer: what it needs is read here, and nothing is changed. */
import type { Context } from 'hono';
import { invariant } from '../../domain/assert.ts';
import type { Instant } from '../../domain/instant.ts';
import type { SessionRecord } from '../../ports/session-store.ts';
import type { ApiDeps } from '../api-deps.ts';
import { liveUse, type PaymentView } from './payment-view.ts';
import { pageLanguage } from './page-request.ts';
import { pageResponse, type PageOptions } from './page-response.ts';
import type { PaymentPageProps } from './payment-page-props.tsx';
import { PaymentPage } from './payment-page.tsx';

/** After so many polls the page no longer reloads by itself; a text brings the outcome. */
const MAX_POLLS = 20;
/** How often a live page reloads where no script does it. */
const CALM_RELOAD_S = 15;

export async function showPayment(
  deps: ApiDeps,
  c: Context,
  session: SessionRecord,
  known: PaymentView,
  options: PageOptions & { polls?: number } = {},
): Promise<Response> {
  const { stores } = deps;
  const { serviceId, gateway, shortNumber } = session;
  const offer = await stores.settings.findOffer({ serviceId, gateway, shortNumber });
  invariant(offer !== null, 'a session must have its partner and service');
  const now = deps.clock.now();
  const view = await asOfNow(deps, session, known, now);
  const receipts = view.kind === 'charged' ? await stores.receipts.listForSession(session.sessionId) : [];
  const receiptToken = receipts.find(({ kind }) => kind === 'sale')?.token ?? null;
  const page = (
    <PaymentPage
      view={view}
      language={pageLanguage(c)}
      now={now}
      session={session}
      {...offer}
      receiptToken={receiptToken}
      refresh={refreshOf(session, view, receiptToken, options.polls ?? 0)}
      path={pathOf(session, view, options.polls ?? 0)}
    />
  );
  return pageResponse(c, page, { ...options, ...formOf(view) });
}

/** A use with its time and price so far; one whose Stop was requested has ended then, also where no workflow knows it yet. */
async function asOfNow(
  deps: ApiDeps,
  session: SessionRecord,
  view: PaymentView,
  now: Instant,
): Promise<PaymentView> {
  const { inbox, attention } = deps.stores;
  const { sessionId } = session;
  const isWorkflowMissing = async () =>
    (await attention.list({ sessionIds: [sessionId] })).some(({ reason }) => reason === 'workflowMissing');
  if (view.kind === 'ended')
    return (await isWorkflowMissing()) ? { kind: 'workflowMissing', endedAt: view.endedAt } : view;
  if (view.kind !== 'active' && view.kind !== 'confirmStop') return view;
  const notedAt = await inbox.endRequestedAt(sessionId);
  if (notedAt !== null) return { kind: 'workflowMissing', endedAt: notedAt };
  const stoppedAt = await inbox.stopRequestedAt(sessionId);
  const use = await liveUse(deps.pricing, session, stoppedAt ?? now);
  if (stoppedAt === null) return { kind: view.kind, use };
  if (await isWorkflowMissing()) return { kind: 'workflowMissing', endedAt: stoppedAt };
  return { kind: 'ended', endedAt: stoppedAt, toChargeMinor: use?.amountMinor ?? null };
}

function formOf({ kind }: PaymentView): Pick<PageOptions, 'form'> {
  if (kind === 'pay' || kind === 'opening' || kind === 'tryLater') return { form: 'leavesSite' };
  return kind === 'confirmStop' ? { form: 'own' } : {};
}

/** By script every few seconds. Without: calmly, and while we wait for the provider after 2, 4, 6, ... and at most 15 s. */
function refreshOf(
  session: SessionRecord,
  view: PaymentView,
  receiptToken: string | null,
  polls: number,
): PaymentPageProps['refresh'] {
  const url = `/p/${session.linkToken}`;
  switch (view.kind) {
    case 'checking': {
      if (polls > MAX_POLLS) return null;
      const polled = Math.max(1, polls);
      const afterSeconds = Math.min(CALM_RELOAD_S, 2 * polled);
      return { afterSeconds, url: `${url}/done?poll=${polled}` };
    }
    case 'active':
    case 'ended':
    case 'workflowMissing':
      return { afterSeconds: CALM_RELOAD_S, url };
    case 'charged':
      // The receipt is issued a moment after the capture.
      return receiptToken === null ? { afterSeconds: CALM_RELOAD_S, url } : null;
    default:
      return null;
  }
}

/** A page that answers a form has no address of its own to be shown in another language: the session's page has. */
function pathOf(session: SessionRecord, { kind }: PaymentView, polls: number): string {
  const url = `/p/${session.linkToken}`;
  if (kind === 'checking') return `${url}/done?poll=${Math.max(1, Math.min(polls, MAX_POLLS))}`;
  return kind === 'confirmStop' ? `${url}/stop` : url;
}

/** How often the page has polled already; nonsense counts as often enough. */
export function pollNumber(text: string | undefined): number {
  if (text === undefined) return 0;
  return /^\d{1,2}$/.test(text) ? Number(text) : MAX_POLLS;
}
