/** What every money activity shares: the read before a write, the stale call guard, the attempt's deadline, the records. */
import { activityInfo } from '@temporalio/activity';
import { msBetween, type Instant } from '../domain/instant.ts';
import { WRITE_BUDGET_MS } from '../domain/money-call-times.ts';
import type { PaymentSnapshot } from '../domain/payment.ts';
import { within } from '../ports/bounded.ts';
import {
  TOKENS_PER_STEP,
  type MoneyOperationName,
  type MoneyOperationState,
  type MoneyStore,
  type PaymentRecord,
  type RecordedOperation,
} from '../ports/money-store.ts';
import { ProviderFault, type PaymentIdentity, type PaymentProvider } from '../ports/payment-provider.ts';
import type { ActivityDeps } from './deps.ts';
import {
  failureOfProvider,
  misconfigured,
  notVisibleYet,
  staleToken,
  tooLate,
  underWay,
  withRepeatWait,
} from './failures.ts';
import { isLogged, isRefusal, confirmCall, type EventLog, type MovedMoney } from './confirm-calls.ts';

/** A call is over so long after its record: it begins soon after it, and no provider's HTTP time-out is longer than 12 s. */
const UNDER_WAY_MS = 20_000;
/** The rest of it. A process that stood still between the two makes no call: the next try may be about to. */
const BEGIN_WITHIN_MS = 8_000;
const LOG_LIMIT_MS = 4_000;
/** A key that this many attempts (one round of `moneyCalls`) left unclear may be followed by the next. */
const ATTEMPTS_BEFORE_NEXT_KEY = 5;
/** The time the provider has to show the effect of the last attempt, also when an operator requests a retry at once. */
const SHOWN_WITHIN_MS = 30_000;

interface MoneyCallInput {
  sessionId: string;
  provider: string;
  paymentNumber: number;
  paymentReference: string;
  providerReference: string | null;
  stepNumber: number;
}

/** One intended effect at the provider. */
interface MoneyEffect {
  operation: MoneyOperationName;
  operationId: string;
  amountMinor: number;
}

/** What the provider answered to a write. */
type WriteAnswer<T> =
  /** `result` is null when it was an earlier try that was confirmed */
  | { answer: 'confirmed'; result: T | null }
  /**
   * `isFinal`: not to be explained by an earlier try that acted without our knowing ("already captured"). One that is
   * not final is believed when a later try's read still shows no effect.
   */
  | { answer: 'refused'; code: string | null; isFinal: boolean };

/** A call that moves money, whose failures name the wait before the next try. */
export function waitingBetweenTries<I, R>(work: (input: I) => Promise<R>): (input: I) => Promise<R> {
  return async (input) => {
    try {
      return await work(input);
    } catch (error) {
      throw withRepeatWait(error, activityInfo().attempt);
    }
  };
}

export class MoneyCall {
  private readonly deps: ActivityDeps;
  private readonly input: MoneyCallInput;
  private readonly startedMs = performance.now();
  /** the calls of this payment, as this activity has read them last */
  private recorded: RecordedOperation[] | null = null;

  constructor(deps: ActivityDeps, input: MoneyCallInput) {
    this.deps = deps;
    this.input = input;
  }

  get isProviderSetUp(): boolean {
    return this.deps.providers[this.input.provider] !== undefined;
  }

  get provider(): PaymentProvider {
    const provider = this.deps.providers[this.input.provider];
    if (!provider) throw misconfigured(`no payment provider named ${this.input.provider} is set up`);
    return provider;
  }

  /**
   * What the provider shows now, recorded with the time before the read: a later read that answers first stays recorded. The
   * calls that it confirms are recorded as made.
   */
  async read(): Promise<PaymentSnapshot | null> {
    const { paymentReference, providerReference } = this.input;
    const readAt = this.deps.clock.now();
    const snapshot = await this.query(() => this.provider.read({ paymentReference, providerReference }));
    if (!snapshot) return null;
    this.keep(await this.deps.stores.money.recordSnapshot(snapshot, readAt));
    await this.confirmCalls(snapshot);
    return snapshot;
  }

  /** The payment's event log. One that is slow to come must not cost the read that it belongs to. */
  async readLog(payment: PaymentIdentity): Promise<EventLog> {
    const { provider } = this;
    if (!provider.readEvents) return 'none';
    const reading = provider.readEvents(payment).catch((error: unknown) => {
      if (error instanceof ProviderFault) return 'silent' as const;
      throw error;
    });
    const read = await within(reading, LOG_LIMIT_MS);
    return read.late ? 'silent' : read.value;
  }

  /** Whether money that a read shows as captured is of no call of ours: each is recorded before it is made. */
  async isCapturedByOther(): Promise<boolean> {
    const calls = await this.calls();
    return !calls.some(({ operation, state }) => operation === 'capture' && !isRefusal(state));
  }

  private async confirmCalls(snapshot: PaymentSnapshot): Promise<void> {
    let log: Promise<EventLog> | null = null;
    const readLog = () => (log ??= this.readLog(snapshot));
    for (const made of await this.calls()) {
      if (made.state === 'succeeded') continue;
      const confirmed = await confirmCall(made, snapshot, readLog);
      if (confirmed && confirmed.state !== made.state)
        await this.finish(made.operationId, confirmed.state, confirmed.detail);
    }
  }

  /**
   * Not null when the provider has permanently refused this idempotency key and a read shows that the call had no effect: the
   * next call uses the next number. Throws, to be tried again, while the provider's event log does not show so too.
   */
  async refusedKey(
    operationId: string,
    payment: PaymentIdentity,
    of: MovedMoney,
  ): Promise<{ code: string | null; at: Instant } | null> {
    const call = await this.earlier(operationId);
    if (!call) return null;
    const { state, tries, lastTriedAt, detail } = call;
    const isUnclear = state === 'refusedUnclear' && tries >= ATTEMPTS_BEFORE_NEXT_KEY;
    if (!isUnclear && state !== 'refusedForNow') return null;
    const at = this.deps.clock.now();
    if (isUnclear && msBetween(lastTriedAt, at) < SHOWN_WITHIN_MS) throw notVisibleYet('outcome');
    const log = await this.readLog(payment);
    if (log === 'silent') throw notVisibleYet('event log');
    if (log !== 'none' && isLogged(log, of, operationId)) throw notVisibleYet('outcome');
    if (isUnclear) await this.finish(operationId, 'refusedForNow', detail);
    return { code: detail, at };
  }

  /** Its record, and with it the calls of earlier tries. */
  async addPayment(payment: Parameters<MoneyStore['addPayment']>[0]): Promise<PaymentRecord> {
    const { operations, ...record } = await this.deps.stores.money.addPayment(payment);
    this.keep(operations);
    return record;
  }

  /** The record of an earlier call with this key; null: none was made. */
  async earlier(operationId: string): Promise<RecordedOperation | null> {
    const calls = await this.calls();
    return calls.find((candidate) => candidate.operationId === operationId) ?? null;
  }

  private async calls(): Promise<readonly RecordedOperation[]> {
    const { money } = this.deps.stores;
    return this.recorded ?? this.keep(await money.listOperations(this.input.sessionId));
  }

  private keep(operations: readonly RecordedOperation[]): readonly RecordedOperation[] {
    const { paymentNumber } = this.input;
    return (this.recorded = operations.filter((made) => made.paymentNumber === paymentNumber));
  }

  /**
   * Makes the one write of an effect, recorded before and after. What the provider has answered in an earlier try is not
   * called again: a read that lags behind must not lead to a second call. A fault other than a refusal is thrown as the
   * retry table says.
   */
  async write<T>(
    effect: MoneyEffect,
    call: () => Promise<T>,
    recordResult = (_result: T) => this.finish(effect.operationId, 'succeeded'),
  ): Promise<WriteAnswer<T>> {
    const { operationId } = effect;
    const earlier = await this.earlier(operationId);
    if (earlier && isAnswered(earlier)) return answerOf(earlier);
    this.assertAlone(earlier);
    // A release releases all that remains, which may be less than when it was first recorded.
    const recorded = effect.operation === 'release' ? earlier : null;
    const amountMinor = recorded?.amountMinor ?? effect.amountMinor;
    const started = await this.start({ ...effect, amountMinor }, earlier);
    // A slower try was answered just now.
    if (isAnswered(started)) return answerOf(started);
    try {
      const result = await call();
      await recordResult(result);
      return { answer: 'confirmed', result };
    } catch (error) {
      if (!(error instanceof ProviderFault)) throw error;
      const code = error.code ?? error.kind;
      if (error.kind === 'rejected' || error.kind === 'unsupported') {
        await this.finish(operationId, 'refused', code);
        return { answer: 'refused', code, isFinal: started.tries === 1 };
      }
      await this.finish(operationId, stateAfter(error, earlier, started), code);
      throw failureOfProvider(error);
    }
  }

  /** Records what a read shows of a call's effect; nothing if no call was made. */
  async recordResult(
    operationId: string,
    state: 'succeeded' | 'refused',
    detail: string | null = null,
  ): Promise<void> {
    const earlier = await this.earlier(operationId);
    if (earlier && earlier.state !== state) await this.finish(operationId, state, detail);
  }

  /** A call that changes nothing. */
  async query<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw error instanceof ProviderFault ? failureOfProvider(error) : error;
    }
  }

  /**
   * A try that counts as interrupted may only have been cut off from Temporal. Where no key removes doubles, the next one
   * makes no call while the call of that one may still be under way.
   */
  private assertAlone(earlier: RecordedOperation | null): void {
    if (earlier?.state !== 'started' || this.provider.capabilities.idempotencyKeys) return;
    const waitMs = UNDER_WAY_MS - msBetween(earlier.lastTriedAt, this.deps.clock.now());
    if (waitMs > 0) throw underWay(Math.min(waitMs, UNDER_WAY_MS));
  }

  /** The last thing before the call: nothing that takes time may come between. */
  private async start(effect: MoneyEffect, earlier: RecordedOperation | null): Promise<RecordedOperation> {
    const { sessionId, paymentNumber, stepNumber } = this.input;
    const recordedAfterMs = performance.now();
    // Tries of one step come after each other within the step's number.
    const fencingToken = stepNumber * TOKENS_PER_STEP + Math.min(activityInfo().attempt, TOKENS_PER_STEP - 1);
    const started = await this.deps.stores.money.startOperation(
      { ...effect, sessionId, paymentNumber, fencingToken },
      this.deps.clock.now(),
    );
    if (started === 'stale') throw staleToken();
    this.recorded = [
      ...(await this.calls()).filter(({ operationId }) => operationId !== effect.operationId),
      started,
    ];
    if (isAnswered(started)) return started;
    // Another try has begun since this one saw its record.
    if (!isNextTry(earlier, started) && !this.provider.capabilities.idempotencyKeys)
      throw underWay(UNDER_WAY_MS);
    const now = performance.now();
    const hasTime = now - this.startedMs <= activityInfo().startToCloseTimeoutMs - WRITE_BUDGET_MS;
    if (hasTime && now - recordedAfterMs <= BEGIN_WITHIN_MS) return started;
    await this.finish(effect.operationId, 'unknown', 'tooLate');
    throw tooLate();
  }

  private async finish(
    operationId: string,
    state: Exclude<MoneyOperationState, 'started'>,
    detail: string | null = null,
  ): Promise<void> {
    const known = await this.earlier(operationId);
    const { money } = this.deps.stores;
    await money.finishOperation(operationId, state, detail, this.deps.clock.now(), known?.fencingToken);
    this.recorded = (await this.calls()).map((made) =>
      made.operationId === operationId && made.state !== 'succeeded' ? { ...made, state, detail } : made,
    );
  }
}

function isAnswered({ state }: RecordedOperation): boolean {
  return state === 'succeeded' || state === 'refused';
}

/** Of a call that an earlier try has made. */
function answerOf({ state, detail }: RecordedOperation): WriteAnswer<never> {
  return state === 'succeeded'
    ? { answer: 'confirmed', result: null }
    : { answer: 'refused', code: detail, isFinal: true };
}

/** The state recorded for a failed call: only a refusal that is, or perhaps is, bound to its key may lead to the next key. */
function stateAfter(
  { keyBinding }: ProviderFault,
  earlier: RecordedOperation | null,
  started: RecordedOperation,
): 'refusedForNow' | 'refusedUnclear' | 'unknown' {
  if (keyBinding === 'bound') return 'refusedForNow';
  const areAnswered = isNextTry(earlier, started) && (earlier === null || earlier.state === 'refusedUnclear');
  return keyBinding === 'perhaps' && areAnswered ? 'refusedUnclear' : 'unknown';
}

/** No other try has begun between the record that was read and this one. */
function isNextTry(earlier: RecordedOperation | null, { tries }: RecordedOperation): boolean {
  return tries === (earlier?.tries ?? 0) + 1;
}
