/** Forwards a payment provider's callback, as a hint, to the sessions that it is about. */
import { classifyUnknownPayment } from '../../domain/reconciliation/unknown-payment.ts';
import type { LedgerStore } from '../../ports/ledger-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { MoneyStore } from '../../ports/money-store.ts';
import type { AttentionStore } from '../../ports/attention-store.ts';
import type { PaymentHint } from '../../ports/payment-callbacks.ts';
import type { SessionWorkflows } from './session-workflows.ts';

interface PaymentCallbackDeps {
  stores: {
    money: Pick<MoneyStore, 'findSessionOfPayment'>;
    ledger: Pick<LedgerStore, 'installationId'>;
    attention: Pick<AttentionStore, 'raise'>;
  };
  workflows: Pick<SessionWorkflows, 'paymentChanged'>;
  clock: Clock;
  log: Logger;
}

/** Resolves when every session has its hint. Each session once, all at the same time: a slow one delays no other. */
export async function forwardHints(
  deps: PaymentCallbackDeps,
  provider: string,
  hints: readonly PaymentHint[],
): Promise<void> {
  const sessionIds = new Set<string>();
  for (const hint of hints) {
    const sessionId = await deps.stores.money.findSessionOfPayment(hint);
    if (sessionId !== null) sessionIds.add(sessionId);
    else await reportUnknownPayment(deps, provider, hint);
  }
  await Promise.all([...sessionIds].map((sessionId) => deps.workflows.paymentChanged(sessionId)));
}

/**
 * A payment without a record of ours is reported and never touched: one entry per lost record, and one per other
 * installation on the account, however many payments it makes.
 */
async function reportUnknownPayment(
  { stores, clock, log }: PaymentCallbackDeps,
  provider: string,
  hint: PaymentHint,
): Promise<void> {
  const unknown = classifyUnknownPayment(hint.paymentReference, await stores.ledger.installationId());
  const { kind } = unknown;
  log.info({ event: 'callbackOfUnknownPayment', provider, kind }, 'a callback matches no payment');
  if (kind === 'notOurs') return;
  const subject =
    kind === 'recordMissing' ? unknown.paymentReference : `${provider}:s2p${unknown.installationId}`;
  const entry = { subject, reason: 'foreignPayment', sessionId: null, details: { provider, kind } } as const;
  const { raised } = await stores.attention.raise(entry, clock.now());
  if (raised) log.warn({ event: 'foreignPayment', provider, kind, subject }, 'a payment is none of ours');
}
