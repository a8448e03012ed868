/** What every money activity shares: reading before writing, the fence, the try's own deadline, the records. */
import { activityInfo } from '@temporalio/activity';
import type { PaymentSnapshot } from '../domain/payment.ts';
import type { MoneyOperationName } from '../ports/money-store.ts';
import { ProviderFault, type PaymentProvider } from '../ports/payment-provider.ts';
import type { ActivityDeps } from './deps.ts';
import { failureOfProvider, misconfigured, staleFence, tooLate } from './failures.ts';

/** A write is not begun unless this much of the try is left: longer than any provider's HTTP time-out. */
const WRITE_BUDGET_MS = 15_000;
/** Tries of one step come after each other within the step's fence. */
const TRIES_PER_FENCE = 1_000;

export interface MoneyCallInput {
  sessionId: string;
  provider: string;
  attempt: number;
  paymentReference: string;
  providerReference: string | null;
  fence: number;
}

export class MoneyCall {
  private readonly deps: ActivityDeps;
  private readonly input: MoneyCallInput;
  private readonly startedMs = performance.now();

  constructor(deps: ActivityDeps, input: MoneyCallInput) {
    this.deps = deps;
    this.input = input;
  }

  get provider(): PaymentProvider {
    const provider = this.deps.providers[this.input.provider];
    if (!provider) throw misconfigured(`no payment provider named ${this.input.provider} is set up`);
    return provider;
  }

  /** What the provider says now, recorded. */
  async read(): Promise<PaymentSnapshot | null> {
    const { paymentReference, providerReference } = this.input;
    const snapshot = await this.ask(() => this.provider.read({ paymentReference, providerReference }));
    if (snapshot) await this.deps.stores.money.recordSnapshot(snapshot, this.deps.clock.now());
    return snapshot;
  }

  /** Written before the call. Throws when a later step has begun or too little time is left. */
  async start(
    operation: MoneyOperationName,
    operationId: string,
    amountMinor: number,
  ): Promise<{ tries: number }> {
    const { sessionId, attempt, fence } = this.input;
    const fencing = fence * TRIES_PER_FENCE + Math.min(activityInfo().attempt, TRIES_PER_FENCE - 1);
    const started = await this.deps.stores.money.startOperation(
      { operationId, sessionId, attempt, operation, amountMinor, fencing },
      this.deps.clock.now(),
    );
    if (started === 'stale') throw staleFence();
    this.assertTimeLeft();
    return started;
  }

  /**
   * Makes the call. A definite refusal is returned with its code, for the caller to tell what it means; any other fault
   * is recorded and thrown as the retry table says.
   */
  async write(
    operationId: string,
    call: () => Promise<void>,
  ): Promise<{ refusedCode: string | null } | 'done'> {
    try {
      await call();
      return 'done';
    } catch (error) {
      if (!(error instanceof ProviderFault)) throw error;
      if (error.kind === 'rejected' || error.kind === 'unsupported') {
        return { refusedCode: error.code ?? error.kind };
      }
      await this.finish(operationId, 'unknown', error.code ?? error.kind);
      throw failureOfProvider(error);
    }
  }

  async finish(
    operationId: string,
    state: 'succeeded' | 'refused' | 'unknown',
    detail: string | null = null,
  ): Promise<void> {
    await this.deps.stores.money.finishOperation(operationId, state, detail, this.deps.clock.now());
  }

  /** A call that changes nothing. */
  async ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw error instanceof ProviderFault ? failureOfProvider(error) : error;
    }
  }

  private assertTimeLeft(): void {
    const elapsedMs = performance.now() - this.startedMs;
    if (elapsedMs > activityInfo().startToCloseTimeoutMs - WRITE_BUDGET_MS) throw tooLate();
  }
}
