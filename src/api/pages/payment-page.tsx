/** The page behind the payment link: what needs consent, and the session from then on. */
import type { Child } from 'hono/jsx';
import { Card } from '../../ui/elements.tsx';
import { CustomerLayout } from './customer-layout.tsx';
import { Ask, Checking, ReserveForm } from './payment-ask.tsx';
import { ConfirmStop, InUse } from './payment-live.tsx';
import { Charged, Ended, NothingCharged, Over } from './payment-outcome.tsx';
import type { PaymentPageProps } from './payment-page-props.tsx';
import { PAGE_TEXTS } from './page-texts.ts';

export function PaymentPage(props: PaymentPageProps) {
  const { view, language, partner, refresh, path } = props;
  const { heading, asksYou } = PAGE_TEXTS[language];
  const title = view.kind === 'pay' ? `${partner.name} ${asksYou}` : heading[view.kind];
  return (
    <CustomerLayout
      language={language}
      title={title}
      path={path}
      {...(refresh ? { refresh, scripts: ['htmx.js', 'live.js'] as const } : {})}
    >
      <Live url={refresh?.url ?? null}>
        <Card>{bodyOf(props)}</Card>
      </Live>
    </CustomerLayout>
  );
}

const LEAVE_WHEN_FAILED = { 'hx-status:4xx': 'swap:none', 'hx-status:5xx': 'swap:none' };

/** Polls every few seconds and at once when the customer comes back to it. What fails leaves the page as it is. */
function Live({ url, children }: { url: string | null; children: Child }) {
  if (url === null) return <div id="session">{children}</div>;
  return (
    <div
      id="session"
      hx-get={url}
      hx-trigger="every 5s, visibilitychange from:document"
      hx-select="#session"
      hx-target="this"
      hx-swap="outerMorph"
      {...LEAVE_WHEN_FAILED}
    >
      {children}
    </div>
  );
}

function bodyOf(props: PaymentPageProps): Child {
  const { view } = props;
  switch (view.kind) {
    case 'pay':
      return <Ask {...props} expiresAt={view.expiresAt} />;
    case 'opening':
    case 'tryLater':
      return (
        <Over {...props} kind={view.kind} shape={view.kind === 'opening' ? 'clock' : 'cross'}>
          <ReserveForm {...props} />
        </Over>
      );
    case 'checking':
      return <Checking {...props} />;
    case 'active':
      return <InUse {...props} use={view.use} />;
    case 'confirmStop':
      return <ConfirmStop {...props} use={view.use} />;
    case 'ended':
    case 'workflowMissing':
      return <Ended {...props} view={view} />;
    case 'charged':
      return <Charged {...props} chargedMinor={view.chargedMinor} />;
    case 'nothingCharged':
      return <NothingCharged {...props} view={view} />;
    case 'closed':
    case 'declined':
    case 'expired':
    case 'cancelled':
      return (
        <Over {...props} kind={view.kind} shape={view.kind === 'expired' ? 'clock' : 'cross'} startAgain />
      );
  }
}
