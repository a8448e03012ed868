import { type Context, Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { amountText, TestPage } from './test-page.tsx';
import type { PaycorePayments } from './paycore-payments.ts';
import { templateValues } from './paycore-replies.ts';
import type { PaymentRow } from './records.ts';
import { mountPathOf, type VendorEnv } from './recording.ts';
import { fillTemplate } from './template.ts';

interface Parts {
  payments: PaycorePayments;
  baseUrl: () => string;
}

/** Paycore's landing page and the wallet behind it, as one page a payer's browser is sent to. No login, as there. */
export function walletRoutes(parts: Parts): Hono<VendorEnv> {
  const app = new Hono<VendorEnv>();
  app.get('/:partnerId/:id', (c) => {
    const payment = findPayment(parts, c);
    if (payment === null) return sorry(parts, c, 404, 'There is no such payment.');
    if (payment.status === 'expired') return sorry(parts, c, 410, 'This payment request has expired.');
    if (payment.status !== 'pending') return processed(parts, c);
    return c.html(<WalletPage mountPath={mountPathOf(parts.baseUrl())} payment={payment} />);
  });
  app.post('/:partnerId/:id', async (c) => {
    const payment = findPayment(parts, c);
    if (payment === null) return sorry(parts, c, 404, 'There is no such payment.');
    const { decision } = await c.req.parseBody();
    if (decision !== 'approve' && decision !== 'reject') {
      return sorry(parts, c, 400, 'Choose to approve or to reject.');
    }
    if (payment.status === 'expired') return sorry(parts, c, 410, 'This payment request has expired.');
    const decided =
      decision === 'approve' ? parts.payments.approve(payment.id) : parts.payments.reject(payment.id);
    return decided.ok ? goBack(parts, c, decided.payment) : processed(parts, c);
  });
  return app;
}

function findPayment(parts: Parts, c: Context<VendorEnv>): PaymentRow | null {
  const payment = parts.payments.byId(c.req.param('id') ?? '');
  return payment !== null && payment.partnerId === c.req.param('partnerId') ? payment : null;
}

function goBack(parts: Parts, c: Context<VendorEnv>, payment: PaymentRow): Response | Promise<Response> {
  if (payment.returnUrl === null) return sorry(parts, c, 200, 'Thank you. You can close this page.');
  const values = templateValues(parts.baseUrl(), payment);
  return c.redirect(fillTemplate(payment.returnUrl, values, encodeURIComponent), 303);
}

function processed(parts: Parts, c: Context<VendorEnv>): Response | Promise<Response> {
  return sorry(parts, c, 409, 'This payment has already been processed.');
}

function sorry(parts: Parts, c: Context<VendorEnv>, status: 200 | 400 | 404 | 409 | 410, text: string) {
  return c.html(
    <WalletFrame mountPath={mountPathOf(parts.baseUrl())}>
      <p class="note">{text}</p>
    </WalletFrame>,
    status,
  );
}

function WalletPage({ mountPath, payment }: { mountPath: string; payment: PaymentRow }) {
  return (
    <WalletFrame mountPath={mountPath}>
      <p class="amount">{amountText(payment.requestedMinor, payment.currency)}</p>
      <p>{payment.description}</p>
      <form method="post" class="decision">
        <button name="decision" value="approve">
          Approve
        </button>
        <button name="decision" value="reject" class="quiet">
          Reject
        </button>
      </form>
      <p class="small">The amount is reserved. You pay only for what you use.</p>
    </WalletFrame>
  );
}

function WalletFrame({ mountPath, children }: { mountPath: string; children: Child }) {
  return (
    <TestPage title="Wallet" mountPath={mountPath}>
      <main class="wallet">
        <h1>Wallet</h1>
        {children}
      </main>
    </TestPage>
  );
}
