import { paymentRulesOf, type PaymentRules } from '../../src/domain/payment.ts';
import type { PaymentEvent, PaymentEventKind, PaymentSnapshot } from '../../src/domain/payment.ts';
import {
  ProviderFault,
  type CaptureRequest,
  type KeyBinding,
  type PaymentIdentity,
  type PaymentProvider,
  type ProviderCapabilities,
  type ProviderFaultKind,
  type RefundRequest,
  type ReleaseRequest,
  type ReservedPayment,
  type ReserveRequest,
} from '../../src/ports/payment-provider.ts';

export type ProviderOperation =
  'reserve' | 'find' | 'read' | 'capture' | 'release' | 'abandon' | 'refund' | 'readEvents';

interface Fault {
  operation: ProviderOperation;
  kind: ProviderFaultKind;
  /** the provider does it all the same, and only the answer is lost */
  afterActing: boolean;
  times: number;
  fired: number;
  code: string;
  retryAfterMs: number | null;
  keyBinding: KeyBinding;
}

interface Payment {
  snapshot: PaymentSnapshot;
  events: PaymentEvent[];
  expiresAt: string;
}

/** What reads show while they lag behind. */
interface Lag {
  reference: string;
  shown: PaymentSnapshot | null;
  times: number;
}

/** A payment provider in memory that behaves: it keeps the money's rules itself and counts what it was asked. */
export class FakeProvider implements PaymentProvider {
  readonly capabilities: ProviderCapabilities;
  readonly calls: {
    operation: ProviderOperation;
    reference: string;
    amountMinor: number | null;
    key: string;
  }[] = [];
  /** like Paycore: once captured, a read shows the captured amount in place of the authorised one */
  showsOnlyCaptured = false;
  /** as the port has it: there with the capability `eventLog` alone */
  readonly readEvents?: (payment: PaymentIdentity) => Promise<PaymentEvent[]>;
  private readonly payments = new Map<string, Payment>();
  /** what a key of an operation was told and is told again; with the capability `idempotencyKeys` alone */
  private readonly boundFaults = new Map<string, ProviderFault>();
  /** amounts refunded, by idempotency key */
  private readonly refundsMade = new Map<string, number>();
  private readonly lags: Lag[] = [];
  private readonly faults: Fault[] = [];
  private readonly now: () => string;

  constructor(capabilities: Partial<ProviderCapabilities> & { provider: string }, now: () => string) {
    this.now = now;
    this.capabilities = {
      release: 'unknown',
      abandon: false,
      paymentOnOpen: false,
      paymentLifeMs: null,
      minimumCaptureMinor: 100,
      captureDeadlineMs: 7 * 24 * 3_600_000,
      refund: false,
      idempotencyKeys: false,
      eventLog: false,
      showsReservationAfterCapture: true,
      currencies: ['NOK'],
      ...capabilities,
    };
    if (!this.capabilities.eventLog) return;
    this.readEvents = ({ paymentReference }) =>
      this.call('readEvents', paymentReference, null, '', () => {
        if (!this.payments.has(paymentReference)) this.refuse('unknownPayment');
        return this.known(paymentReference).events.map((event) => ({ ...event }));
      });
  }

  /**
   * The next `times` calls fail. With idempotency keys, one that is not `free` stays with its key: what is called again with
   * it is answered the same.
   */
  failNext(
    operation: ProviderOperation,
    kind: ProviderFaultKind,
    options: {
      afterActing?: boolean;
      times?: number;
      code?: string;
      retryAfterMs?: number;
      keyBinding?: KeyBinding;
    } = {},
  ): Fault {
    const fault = {
      operation,
      kind,
      afterActing: options.afterActing ?? false,
      times: options.times ?? 1,
      fired: 0,
      code: options.code ?? 'madeToFail',
      retryAfterMs: options.retryAfterMs ?? null,
      keyBinding: options.keyBinding ?? 'free',
    };
    this.faults.push(fault);
    return fault;
  }

  clearFaults(): void {
    this.faults.length = 0;
  }

  /** The next `times` reads and look-ups show the payment as it stands now, whatever happens to it meanwhile. */
  lagReads(reference: string, times: number): void {
    this.lags.push({ reference, shown: this.snapshotOf(reference), times });
  }

  approve(reference: string, authorizedAt: string = this.now()): void {
    const { snapshot } = this.known(reference);
    if (snapshot.phase !== 'pending') throw new Error(`payment is ${snapshot.phase}`);
    Object.assign(snapshot, { phase: 'authorized', authorizedMinor: snapshot.requestedMinor, authorizedAt });
    this.log(reference, 'authorized', snapshot.requestedMinor);
  }

  reject(reference: string): void {
    this.known(reference).snapshot.phase = 'declined';
    this.log(reference, 'declined', this.known(reference).snapshot.requestedMinor);
  }

  expire(reference: string): void {
    this.known(reference).snapshot.phase = 'expired';
    this.log(reference, 'expired', this.known(reference).snapshot.requestedMinor);
  }

  /** The reservation runs out by itself: what is not captured goes back, and nobody's key is with it. */
  lapse(reference: string): void {
    this.giveBack(reference, null);
  }

  /** A slip of the provider's own ledger: what reads show changes, and nothing is logged. */
  distort(reference: string, change: Partial<PaymentSnapshot>): void {
    Object.assign(this.known(reference).snapshot, change);
  }

  truth(reference: string): PaymentSnapshot {
    return { ...this.known(reference).snapshot };
  }

  countOf(operation: ProviderOperation, reference: string): number {
    return this.calls.filter((call) => call.operation === operation && call.reference === reference).length;
  }

  async reserve(request: ReserveRequest): Promise<ReservedPayment> {
    const { paymentReference: reference, amountMinor, currency, idempotencyKey, expiresAt } = request;
    return await this.call('reserve', reference, amountMinor, idempotencyKey, () => {
      if (this.payments.has(reference)) this.refuse('duplicateReference');
      const snapshot: PaymentSnapshot = {
        paymentReference: reference,
        providerReference: `provider-${reference}`,
        phase: 'pending',
        currency,
        requestedMinor: amountMinor,
        authorizedMinor: 0,
        capturedMinor: 0,
        releasedMinor: 0,
        refundedMinor: 0,
        authorizedAt: null,
        captureDeadlineAt: null,
      };
      this.payments.set(reference, { snapshot, expiresAt, events: [] });
      this.log(reference, 'created', amountMinor, idempotencyKey);
      return this.reservationOf(reference);
    });
  }

  async findReservation(reference: string): Promise<ReservedPayment | null> {
    return await this.call('find', reference, null, '', () =>
      this.shownOf(reference) ? this.reservationOf(reference) : null,
    );
  }

  async read({ paymentReference }: PaymentIdentity): Promise<PaymentSnapshot | null> {
    return await this.call('read', paymentReference, null, '', () => this.shownOf(paymentReference));
  }

  async capture(request: CaptureRequest): Promise<void> {
    const { paymentReference, amountMinor, idempotencyKey } = request;
    await this.call('capture', paymentReference, amountMinor, idempotencyKey, () => {
      const { snapshot } = this.known(paymentReference);
      if (snapshot.phase !== 'authorized' || snapshot.capturedMinor > 0) this.refuse('wrongState');
      if (amountMinor > snapshot.authorizedMinor - snapshot.releasedMinor) this.refuse('tooHigh');
      snapshot.capturedMinor = amountMinor;
      this.log(paymentReference, 'captured', amountMinor, idempotencyKey);
    });
  }

  async release(request: ReleaseRequest): Promise<void> {
    await this.call('release', request.paymentReference, null, request.idempotencyKey, () => {
      if (this.capabilities.release === 'unknown') throw new ProviderFault('unsupported', 'no such call');
      this.giveBack(request.paymentReference, request.idempotencyKey);
    });
  }

  async abandon(request: ReleaseRequest): Promise<void> {
    await this.call('abandon', request.paymentReference, null, request.idempotencyKey, () => {
      if (!this.capabilities.abandon) throw new ProviderFault('unsupported', 'no such call');
      const { snapshot } = this.known(request.paymentReference);
      if (snapshot.phase !== 'pending') this.refuse('wrongState');
      snapshot.phase = 'abandoned';
      this.log(request.paymentReference, 'abandoned', snapshot.requestedMinor, request.idempotencyKey);
    });
  }

  /** With idempotency keys, a refund that was made answers its key again without being made again. */
  async refund(request: RefundRequest): Promise<void> {
    const { paymentReference, amountMinor, idempotencyKey } = request;
    await this.call('refund', paymentReference, amountMinor, idempotencyKey, () => {
      if (!this.capabilities.refund) throw new ProviderFault('unsupported', 'no such call');
      const made = this.capabilities.idempotencyKeys ? this.refundsMade.get(idempotencyKey) : undefined;
      if (made === amountMinor) return;
      if (made !== undefined) this.refuse('keyReused');
      const { snapshot } = this.known(paymentReference);
      if (amountMinor <= 0 || amountMinor > snapshot.capturedMinor - snapshot.refundedMinor)
        this.refuse('tooHigh');
      snapshot.refundedMinor += amountMinor;
      this.log(paymentReference, 'refunded', amountMinor, idempotencyKey);
      this.refundsMade.set(idempotencyKey, amountMinor);
    });
  }

  private giveBack(reference: string, idempotencyKey: string | null): void {
    const { snapshot } = this.known(reference);
    const heldMinor = snapshot.authorizedMinor - snapshot.capturedMinor - snapshot.releasedMinor;
    snapshot.releasedMinor = snapshot.authorizedMinor - snapshot.capturedMinor;
    if (heldMinor > 0) this.log(reference, 'released', heldMinor, idempotencyKey);
  }

  private async call<T>(
    operation: ProviderOperation,
    reference: string,
    amountMinor: number | null,
    key: string,
    act: () => T,
  ): Promise<T> {
    this.calls.push({ operation, reference, amountMinor, key });
    const bound = this.boundFaults.get(`${operation} ${key}`);
    if (bound) throw bound;
    const fault = this.faults.find((candidate) => candidate.operation === operation && candidate.times > 0);
    if (!fault) return await Promise.resolve(act());
    fault.times -= 1;
    fault.fired += 1;
    if (fault.afterActing) act();
    const { keyBinding, code, retryAfterMs } = fault;
    const made = new ProviderFault(fault.kind, `${operation}: made to fail`, {
      code,
      keyBinding,
      ...(retryAfterMs === null ? {} : { retryAfterMs }),
    });
    if (this.capabilities.idempotencyKeys && keyBinding !== 'free')
      this.boundFaults.set(`${operation} ${key}`, made);
    throw made;
  }

  private log(
    reference: string,
    kind: PaymentEventKind,
    amountMinor: number,
    idempotencyKey: string | null = null,
  ): void {
    this.known(reference).events.push({ kind, amountMinor, at: this.now(), success: true, idempotencyKey });
  }

  private refuse(code: string): never {
    throw new ProviderFault('rejected', 'refused', { code });
  }

  private shownOf(reference: string): PaymentSnapshot | null {
    const lag = this.lags.find((candidate) => candidate.reference === reference && candidate.times > 0);
    if (!lag) return this.snapshotOf(reference);
    lag.times -= 1;
    return lag.shown;
  }

  private snapshotOf(reference: string): PaymentSnapshot | null {
    const payment = this.payments.get(reference);
    if (!payment) return null;
    const { authorizedMinor, capturedMinor } = payment.snapshot;
    const shrunk = this.showsOnlyCaptured && capturedMinor > 0;
    return { ...payment.snapshot, authorizedMinor: shrunk ? capturedMinor : authorizedMinor };
  }

  private known(reference: string): Payment {
    const payment = this.payments.get(reference);
    if (!payment) throw new Error('no such payment');
    return payment;
  }

  private reservationOf(reference: string): ReservedPayment {
    return { providerReference: `provider-${reference}`, redirectUrl: `https://wallet.test/${reference}` };
  }
}

/** What sessions copy of these providers, by name. */
export function rulesIn(
  providers: Readonly<Record<string, FakeProvider>>,
): (name: string) => PaymentRules | null {
  return (name) => {
    const provider = providers[name];
    return provider ? paymentRulesOf(provider.capabilities) : null;
  };
}
