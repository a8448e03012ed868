/**
 * "Read the provider now", at a limited pace: a flood of callbacks or of page views about one payment must not grow its
 * workflow's history. One hint at once, then one for all that came meanwhile, the next ones further and further apart. A hint
 * that nobody waits for is sent a second later, if there is still something to read.
 */
import type { SessionId } from '../../domain/ids.ts';
import { errorFields } from '../error-fields.ts';
import { Coalescer } from './coalescer.ts';
import type { SessionWorkflows, SignalOutcome } from './session-workflows.ts';
import { classifyUnknownPayment } from '../../domain/reconciliation/ledger.ts';
import type { LedgerStore } from '../../ports/ledger-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { MoneyStore, PaymentOwner } from '../../ports/money-store.ts';
import type { AttentionStore } from '../../ports/attention-store.ts';
import type { PaymentHint } from '../../ports/webhooks.ts';

const PACE = { firstMs: 1000, longestMs: 30_000 };

/** Mostly the hint has become superfluous by then. Less than a callback's answer may take. */
const WAIT_MS = 1000;

type Waiting = Map<SessionId, Promise<void>>;

interface PaymentHintsDeps {
  stores: { money: Pick<MoneyStore, 'findPaymentOwner'> };
  workflows: Pick<SessionWorkflows, 'paymentChanged'>;
  log: Logger;
}

/** Should a hint fail, or end with its process, the session's own reads or the reconciliation's find the same. */
export class PaymentHints {
  readonly #deps: PaymentHintsDeps;
  readonly #hints = new Coalescer<SignalOutcome>(PACE);
  /** hints that wait, by session */
  readonly #ofReturns: Waiting = new Map();
  readonly #ofCallbacks: Waiting = new Map();

  constructor(deps: PaymentHintsDeps) {
    this.#deps = deps;
  }

  /** The customer is back from the wallet. Mostly the provider calls back about it too. Resolves when that is dealt with. */
  async returned(sessionId: SessionId): Promise<void> {
    if (this.#ofReturns.has(sessionId)) return;
    await this.#sendLater(this.#ofReturns, sessionId, (owner) => owner.isApprovalAwaited).catch(
      (error: unknown) => this.#warn('hintFailed', sessionId, error),
    );
  }

  /**
   * Resolves when a hint that was sent after the request for it has arrived, or at once where one is planned. After the approval
   * nobody waits for it, and mostly it is the echo of a call of ours whose outcome is about to be recorded.
   */
  calledBack({ sessionId, isApprovalAwaited }: PaymentOwner): Promise<void> {
    if (isApprovalAwaited) return this.#send(sessionId);
    return this.#sendLater(this.#ofCallbacks, sessionId, (owner) => !owner.isFinal);
  }

  #sendLater(
    waiting: Waiting,
    sessionId: SessionId,
    isNeeded: (owner: PaymentOwner) => boolean,
  ): Promise<void> {
    const sent =
      waiting.get(sessionId) ??
      wait().then(async () => {
        waiting.delete(sessionId);
        const owner = await this.#ownerOf(sessionId);
        // In doubt it is.
        if (owner === null || isNeeded(owner)) await this.#send(sessionId);
      });
    waiting.set(sessionId, sent);
    return sent;
  }

  async #ownerOf(sessionId: SessionId): Promise<PaymentOwner | null> {
    try {
      return await this.#deps.stores.money.findPaymentOwner(sessionId);
    } catch (error) {
      this.#warn('hintNotChecked', sessionId, error);
      return null;
    }
  }

  async #send(sessionId: SessionId): Promise<void> {
    const isDelayed = this.#hints.isDelayed(sessionId);
    const isFirst = !this.#hints.isPlanned(sessionId);
    const hinted = this.#hints.run(sessionId, () => this.#deps.workflows.paymentChanged(sessionId));
    if (!isDelayed) await hinted;
    else if (isFirst) hinted.catch((error: unknown) => this.#warn('hintFailed', sessionId, error));
  }

  #warn(event: 'hintFailed' | 'hintNotChecked', sessionId: SessionId, error: unknown): void {
    this.#deps.log.warn({ event, sessionId, ...errorFields(error) }, 'a hint was not passed on');
  }
}

/** Keeps the process: a stop waits for what was begun. */
function wait(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, WAIT_MS);
  });
}

interface PaymentCallbackDeps {
  stores: {
    money: Pick<MoneyStore, 'findSessionOfPayment'>;
    ledger: Pick<LedgerStore, 'installationId'>;
    attention: Pick<AttentionStore, 'raise'>;
  };
  hints: Pick<PaymentHints, 'calledBack'>;
  clock: Clock;
  log: Logger;
}

/** Resolves when every session has its hint, where there is something left to read. Each session once, all at the same time: a slow one delays no other. */
export async function forwardHints(
  deps: PaymentCallbackDeps,
  provider: string,
  hints: readonly PaymentHint[],
): Promise<void> {
  const owners = new Map<SessionId, PaymentOwner>();
  for (const hint of hints) {
    const owner = await deps.stores.money.findSessionOfPayment(hint);
    if (owner === null) await reportUnknownPayment(deps, provider, hint);
    else if (owner.isFinal) ignoreHint(deps, provider, owner.sessionId);
    else if (!owners.get(owner.sessionId)?.isApprovalAwaited) owners.set(owner.sessionId, owner);
  }
  await Promise.all([...owners.values()].map((owner) => deps.hints.calledBack(owner)));
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
