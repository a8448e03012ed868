/**
 * "Read the provider now", at a limited pace: a flood of callbacks or of page views about one payment must not grow its
 * workflow's history. One hint at once, then one for all that came meanwhile, the next ones further and further apart.
 */
import type { SessionId } from '../../domain/ids.ts';
import { errorFields } from '../error-fields.ts';
import { Coalescer } from './coalescer.ts';
import type { SessionWorkflows, SignalOutcome } from './session-workflows.ts';
import { classifyUnknownPayment } from '../../domain/reconciliation/ledger.ts';
import type { LedgerStore } from '../../ports/ledger-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { MoneyStore } from '../../ports/money-store.ts';
import type { AttentionStore } from '../../ports/attention-store.ts';
import type { PaymentHint } from '../../ports/webhooks.ts';

const PACE = { firstMs: 1000, longestMs: 30_000 };

/**
 * The same workflows; a `paymentChanged` resolves with a hint that was sent after the request for it, or at once where one is
 * planned. Should that one fail, the session's own reads or the reconciliation's find the same.
 */
export function coalescingHints(workflows: SessionWorkflows, log: Logger): SessionWorkflows {
  const hints = new Coalescer<SignalOutcome>(PACE);
  const notPassedOn = (sessionId: SessionId, error: unknown): void =>
    log.warn({ event: 'hintFailed', sessionId, ...errorFields(error) }, 'a hint was not passed on');
  return {
    startSession: (input) => workflows.startSession(input),
    startReply: (input) => workflows.startReply(input),
    customerMessage: (sessionId, message) => workflows.customerMessage(sessionId, message),
    paymentChanged: async (sessionId) => {
      const isDelayed = hints.isDelayed(sessionId);
      const isFirst = !hints.isPlanned(sessionId);
      const hinted = hints.run(sessionId, () => workflows.paymentChanged(sessionId));
      if (!isDelayed) return await hinted;
      if (isFirst) hinted.catch((error: unknown) => notPassedOn(sessionId, error));
      return 'accepted';
    },
    paymentOpened: (sessionId, opened) => workflows.paymentOpened(sessionId, opened),
    linkReported: (sessionId, reported) => workflows.linkReported(sessionId, reported),
    operatorAction: (sessionId, input) => workflows.operatorAction(sessionId, input),
    isRunning: (sessionId) => workflows.isRunning(sessionId),
  };
}

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

/** Resolves when every session has its hint, where there is something left to read. Each session once, all at the same time: a slow one delays no other. */
export async function forwardHints(
  deps: PaymentCallbackDeps,
  provider: string,
  hints: readonly PaymentHint[],
): Promise<void> {
  const sessionIds = new Set<string>();
  for (const hint of hints) {
    const owner = await deps.stores.money.findSessionOfPayment(hint);
    if (owner === null) await reportUnknownPayment(deps, provider, hint);
    else if (owner.isFinal) ignoreHint(deps, provider, owner.sessionId);
    else sessionIds.add(owner.sessionId);
  }
  await Promise.all([...sessionIds].map((sessionId) => deps.workflows.paymentChanged(sessionId)));
}

/** Its session would read nothing for it, and a signal costs four events. */
function ignoreHint({ log }: PaymentCallbackDeps, provider: string, sessionId: SessionId): void {
  const fields = { event: 'callbackOfFinalPayment', provider, sessionId };
  log.info(fields, 'a callback about a payment that is final changes nothing');
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
  if (raised) log.warn({ event: 'foreignPayment', provider, kind, subject }, 'a payment has no record here');
}
