import type { Context, Hono } from 'hono';
import type { Child } from 'hono/jsx';
import type { PaymentStatus } from '../records.ts';
import { mountPathOf, type VendorEnv } from '../recording.ts';
import { amountText, TestPage } from './test-page.tsx';

interface WalletPayment {
  requestedMinor: number;
  currency: string;
  description: string;
  status: PaymentStatus;
}

export type Decided =
  | { kind: 'back'; returnUrl: string | null }
  | { kind: 'processed' }
  /** refused, but the payer may try again */
  | { kind: 'again'; why: string };

/** Which payment an address stands for, and what deciding does to it. */
export type FindWalletPayment = (
  c: Context<VendorEnv>,
) => { payment: WalletPayment; decide(decision: 'approve' | 'reject'): Decided } | null;

interface Parts {
  baseUrl: () => string;
  find: FindWalletPayment;
}

const NONE = 'There is no such payment.';
const EXPIRED = 'This payment request has expired.';
const PROCESSED = 'This payment has already been processed.';

/** A vendor's landing page and the wallet behind it, as one page a payer's browser is sent to. No login, as there. */
export function walletRoutes(app: Hono<VendorEnv>, path: string, parts: Parts): void {
  const sorry = (c: Context<VendorEnv>, status: 200 | 400 | 404 | 409 | 410, text: string) =>
    c.html(
      <WalletFrame mountPath={mountPathOf(parts.baseUrl())}>
        <p>{text}</p>
      </WalletFrame>,
      status,
    );
  const show = (c: Context<VendorEnv>, payment: WalletPayment, notice: string | null) =>
    c.html(
      <WalletPage mountPath={mountPathOf(parts.baseUrl())} payment={payment} notice={notice} />,
      notice === null ? 200 : 409,
    );
  app.get(path, (c) => {
    const found = parts.find(c);
    if (found === null) return sorry(c, 404, NONE);
    const { payment } = found;
    if (payment.status === 'expired') return sorry(c, 410, EXPIRED);
    return payment.status === 'pending' ? show(c, payment, null) : sorry(c, 409, PROCESSED);
  });
  app.post(path, async (c) => {
    const { decision } = await c.req.parseBody();
    const found = parts.find(c);
    if (found === null) return sorry(c, 404, NONE);
    if (decision !== 'approve' && decision !== 'reject')
      return sorry(c, 400, 'Choose to approve or to reject.');
    if (found.payment.status === 'expired') return sorry(c, 410, EXPIRED);
    const decided = found.decide(decision);
    switch (decided.kind) {
      case 'back':
        return decided.returnUrl === null
          ? sorry(c, 200, 'Thank you. You can close this page.')
          : c.redirect(decided.returnUrl, 303);
      case 'processed':
        return sorry(c, 409, PROCESSED);
      case 'again':
        return show(c, found.payment, decided.why);
    }
  });
}

function WalletPage(props: { mountPath: string; payment: WalletPayment; notice: string | null }) {
  const { mountPath, payment, notice } = props;
  return (
    <WalletFrame mountPath={mountPath}>
      {notice !== null && <p class="ui-notice ui-tone-warn">{notice}</p>}
      <p class="ui-amount">{amountText(payment.requestedMinor, payment.currency)}</p>
      <p dir="auto">{payment.description}</p>
      <form method="post">
        <button name="decision" value="approve" class="ui-button ui-button-primary ui-button-big">
          Approve
        </button>
        <button name="decision" value="reject" class="ui-button ui-button-quiet ui-button-big">
          Reject
        </button>
      </form>
      <p class="small muted">The amount is reserved. You pay only for what you use.</p>
    </WalletFrame>
  );
}

function WalletFrame({ mountPath, children }: { mountPath: string; children: Child }) {
  return (
    <TestPage title="Wallet" mountPath={mountPath}>
      <section class="ui-card sim-approve">
        <h1>Wallet</h1>
        {children}
      </section>
    </TestPage>
  );
}
