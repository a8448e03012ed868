import { type Fact, Facts, Pill, type Tone } from '../../ui/elements.tsx';
import type { ShownPayment } from '../payments.ts';
import type { PaymentStatus } from '../records.ts';
import { amountText } from './test-page.tsx';
import { shortTime } from './times.ts';
import type { View } from './view.ts';

const STATUS_WORDS: Record<PaymentStatus, { tone: Tone; word: string }> = {
  pending: { tone: 'warn', word: 'Waiting for you' },
  authorized: { tone: 'live', word: 'Reserved' },
  captured: { tone: 'good', word: 'Paid' },
  released: { tone: 'neutral', word: 'Released' },
  declined: { tone: 'bad', word: 'Rejected' },
  expired: { tone: 'neutral', word: 'Expired' },
};

/** The payments as their payer sees them in a wallet's app. */
export function WalletPane(view: View) {
  return (
    <section class="sim-pane sim-wallet" aria-labelledby="wallet-title" data-pane="wallet">
      <h2 id="wallet-title">Wallet</h2>
      <Wallet {...view} />
    </section>
  );
}

export function Wallet({ payments, ...view }: View) {
  return (
    <div id="wallet" class="sim-cards">
      {payments.length === 0 && (
        <p class="sim-empty">No payments. One shows up here when somebody requests money.</p>
      )}
      {payments.map((payment) => (
        <PaymentCard payment={payment} mountPath={view.mountPath} phoneKey={view.phone.key} />
      ))}
    </div>
  );
}

function PaymentCard(props: { payment: ShownPayment; mountPath: string; phoneKey: string }) {
  const { payment } = props;
  const { tone, word } = STATUS_WORDS[payment.status];
  const isPending = payment.status === 'pending';
  const shown = payment.status === 'captured' ? payment.capturedMinor : payment.requestedMinor;
  return (
    <article id={`payment-${payment.id}`} class={isPending ? 'sim-payment sim-payment-waits' : 'sim-payment'}>
      <header>
        <div>
          <p class="sim-amount">{amountText(shown, payment.currency)}</p>
          <p dir="auto">{payment.description || 'Payment'}</p>
        </div>
        <Pill tone={tone}>{word}</Pill>
      </header>
      <Amounts payment={payment} />
      {isPending && <Decision {...props} />}
      <p class="small muted">
        Requested at {shortTime(payment.createdAt)}
        {isPending && payment.expiresAt !== null && `, good until ${shortTime(payment.expiresAt)}`}
      </p>
    </article>
  );
}

function Amounts({ payment }: { payment: ShownPayment }) {
  const { status, currency, authorizedMinor, capturedMinor, releasedMinor, refundedMinor } = payment;
  if (authorizedMinor === 0) return null;
  const restMinor = authorizedMinor - capturedMinor - releasedMinor;
  const isSettled = status === 'captured' || status === 'released';
  const line = (what: string, minor: number, isShown: boolean): Fact | null =>
    isShown ? [what, amountText(minor, currency)] : null;
  return (
    <Facts
      facts={[
        line('Reserved', authorizedMinor, true),
        line('Charged', capturedMinor, isSettled || capturedMinor > 0),
        line('Released', releasedMinor, releasedMinor > 0),
        line('Not charged', restMinor, status === 'captured' && restMinor > 0),
        line('Refunded', refundedMinor, refundedMinor > 0),
      ]}
    />
  );
}

function Decision(props: { payment: ShownPayment; mountPath: string; phoneKey: string }) {
  const { payment, mountPath, phoneKey } = props;
  const address = (action: string) => `${mountPath}/page/payments/${payment.id}/${action}`;
  const button = (action: string, kind: string, label: string) => (
    <button
      class={`ui-button ui-button-${kind}`}
      formaction={address(action)}
      hx-post={address(action)}
      hx-swap="none"
    >
      {label}
    </button>
  );
  return (
    <form method="post" action={address('approve')} class="sim-decision">
      <input type="hidden" name="phone" value={phoneKey} />
      {button('approve', 'primary', 'Approve')}
      {button('reject', 'quiet', 'Reject')}
      {button('expire', 'quiet', 'Let expire')}
    </form>
  );
}
