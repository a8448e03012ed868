/** Forwards a payment provider's callback, as a hint, to the sessions that it is about. */
import { strangerOf } from '../../domain/reconciliation/foreign.ts';
import type { BooksStore } from '../../ports/books-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { MoneyStore } from '../../ports/money-store.ts';
import type { AttentionStore } from '../../ports/attention-store.ts';
import type { PaymentHint } from '../../ports/payment-callbacks.ts';
import type { SessionWorkflows } from './session-workflows.ts';

interface PaymentCallbackDeps {
  stores: {
    money: Pick<MoneyStore, 'findSessionOfPayment'>;
    books: Pick<BooksStore, 'installationId'>;
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
    else await reportStranger(deps, provider, hint);
  }
  await Promise.all([...sessionIds].map((sessionId) => deps.workflows.paymentChanged(sessionId)));
}

/**
 * A payment without a record of ours is reported and never touched: one task per lost record, and one per other
 * installation on the account, however many payments it makes.
 */
async function reportStranger(
  { stores, clock, log }: PaymentCallbackDeps,
  provider: string,
  hint: PaymentHint,
): Promise<void> {
  const stranger = strangerOf(hint.paymentReference, await stores.books.installationId());
  const { kind } = stranger;
  log.info({ event: 'callbackOfUnknownPayment', provider, kind }, 'a callback matches no payment');
  if (kind === 'notOurs') return;
  const subject =
    kind === 'unrecorded' ? stranger.paymentReference : `${provider}:s2p${stranger.installationId}`;
  const task = { subject, reason: 'foreignPayment', sessionId: null, details: { provider, kind } } as const;
  const { raised } = await stores.attention.raise(task, clock.now());
  if (raised) log.warn({ event: 'foreignPayment', provider, kind, subject }, 'a payment is none of ours');
}
