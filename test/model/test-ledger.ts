/**
 * A payment provider's own ledger, written from the vendors' facts and apart from the lifecycle: types are shared, arithmetic is
 * not. What is in here is what really happened to the money; what a read shows may be older, or nothing.
 */

/** `paycore`: nothing can be called but one capture, and keys mean nothing. The others differ in one thing each. */
export type ProviderKind = 'paycore' | 'calling' | 'onOpen' | 'noAbandon' | 'automatic' | 'lapsing';

export type Phase = 'pending' | 'authorized' | 'declined' | 'expired' | 'abandoned';
export type GoneShownAs = 'amounts' | 'phase';

/** A payment as the provider may show it. */
export interface Shown {
  phase: Phase;
  requestedMinor: number;
  authorizedMinor: number;
  capturedMinor: number;
  releasedMinor: number;
  authorizedMs: number | null;
  deadlineMs: number | null;
}

export interface LedgerPayment extends Shown {
  reference: string;
  expiresMs: number;
  /** as it was shown before, oldest first: what a read that lags behind still shows */
  earlier: Shown[];
  /** a read has shown the approval */
  isApprovalSeen: boolean;
  /** somebody took money by hand, and no read has shown it since */
  isTakenUnseen: boolean;
}

/** Money that really moved by a call of ours. */
export interface LedgerOperation {
  kind: 'capture' | 'release';
  key: string;
  reference: string;
  amountMinor: number;
}

export type CallResult = 'done' | 'refused';

export interface LedgerOptions {
  kind: ProviderKind;
  saysWhen: boolean;
  saysDeadline: boolean;
  captureDeadlineMs: number;
  /** a customer who is on the wallet's page when the payment's time is over may still approve for this long */
  approvalSlackMs: number;
}

export class TestLedger {
  readonly payments: LedgerPayment[] = [];
  readonly operations: LedgerOperation[] = [];
  readonly options: LedgerOptions;
  private readonly results = new Map<string, CallResult>();

  constructor(options: LedgerOptions) {
    this.options = options;
  }

  find(reference: string): LedgerPayment | undefined {
    return this.payments.find((payment) => payment.reference === reference);
  }

  hasCaptureOfOurs(reference: string): boolean {
    return this.operations.some(
      (operation) => operation.kind === 'capture' && operation.reference === reference,
    );
  }

  /** What was not approved expires; what was not captured in time is nobody's any more. */
  passTime(nowMs: number): void {
    for (const payment of this.payments) {
      if (payment.phase === 'pending' && nowMs >= payment.expiresMs + this.options.approvalSlackMs) {
        change(payment, { phase: 'expired' });
      }
      const isOver = payment.deadlineMs !== null && nowMs > payment.deadlineMs;
      if (isOver && heldMinorOf(payment) > 0) {
        change(payment, { releasedMinor: payment.authorizedMinor - payment.capturedMinor });
      }
    }
  }

  approve(nowMs: number): boolean {
    this.passTime(nowMs);
    const payment = this.payments.findLast(({ phase }) => phase === 'pending');
    if (!payment) return false;
    change(payment, {
      phase: 'authorized',
      authorizedMinor: payment.requestedMinor,
      authorizedMs: nowMs,
      deadlineMs: nowMs + this.options.captureDeadlineMs,
    });
    return true;
  }

  decline(): boolean {
    const payment = this.payments.findLast(({ phase }) => phase === 'pending');
    if (payment) change(payment, { phase: 'declined' });
    return payment !== undefined;
  }

  giveBackEarly(shownAs: GoneShownAs): boolean {
    const payment = this.payments.findLast((candidate) => heldMinorOf(candidate) > 0);
    if (!payment || payment.capturedMinor > 0) return false;
    const phase = shownAs === 'phase' ? ('expired' as const) : payment.phase;
    change(payment, { phase, releasedMinor: payment.authorizedMinor });
    return true;
  }

  captureElsewhere(share: 'part' | 'all'): boolean {
    const payment = this.payments.findLast((candidate) => heldMinorOf(candidate) > 0);
    if (!payment || payment.phase !== 'authorized') return false;
    // What Paycore forgets before anybody has read it, nobody can know.
    if (this.options.kind === 'paycore' && !payment.isApprovalSeen) return false;
    payment.isTakenUnseen = true;
    const heldMinor = heldMinorOf(payment);
    this.book(payment, share === 'all' ? heldMinor : Math.ceil(heldMinor / 3));
    return true;
  }

  /** A call of ours that came twice, the second time under a key that is not ours. */
  captureAgain(reference: string, amountMinor: number): void {
    const payment = this.find(reference);
    if (!payment || !this.takesFurtherCaptures() || amountMinor > heldMinorOf(payment)) return;
    payment.isTakenUnseen = true;
    this.book(payment, amountMinor);
  }

  reserve(reference: string, order: { key: string; amountMinor: number; expiresMs: number }): CallResult {
    return this.once(order.key, () => {
      if (this.find(reference)) return 'refused';
      this.payments.push({
        reference,
        expiresMs: order.expiresMs,
        phase: 'pending',
        requestedMinor: order.amountMinor,
        authorizedMinor: 0,
        capturedMinor: 0,
        releasedMinor: 0,
        authorizedMs: null,
        deadlineMs: null,
        earlier: [],
        isApprovalSeen: false,
        isTakenUnseen: false,
      });
      return 'done';
    });
  }

  capture(reference: string, order: { key: string; amountMinor: number }): CallResult {
    const { key, amountMinor } = order;
    return this.once(key, () => {
      const payment = this.find(reference);
      if (payment?.phase !== 'authorized' || amountMinor > heldMinorOf(payment)) return 'refused';
      if (!this.takesFurtherCaptures() && payment.capturedMinor > 0) return 'refused';
      this.book(payment, amountMinor);
      this.operations.push({ kind: 'capture', key, reference, amountMinor });
      return 'done';
    });
  }

  release(reference: string, key: string): CallResult {
    return this.once(key, () => {
      const payment = this.find(reference);
      if (payment?.phase !== 'authorized' || heldMinorOf(payment) === 0) return 'refused';
      this.operations.push({ kind: 'release', key, reference, amountMinor: heldMinorOf(payment) });
      change(payment, { releasedMinor: payment.authorizedMinor - payment.capturedMinor });
      return 'done';
    });
  }

  abandon(reference: string, key: string): CallResult {
    return this.once(key, () => {
      const payment = this.find(reference);
      if (payment?.phase !== 'pending') return 'refused';
      change(payment, { phase: 'abandoned' });
      return 'done';
    });
  }

  /** From now on this key is told no, whatever it asks for. False where keys mean nothing. */
  keepRefusal(key: string): boolean {
    if (this.options.kind === 'paycore') return false;
    this.results.set(key, 'refused');
    return true;
  }

  /** Where keys mean nothing a payment is captured once; with keys, another key is another capture. */
  private takesFurtherCaptures(): boolean {
    return this.options.kind !== 'paycore';
  }

  /** A repeated key is answered as the first time and does nothing; Paycore knows no keys. */
  private once(key: string, act: () => CallResult): CallResult {
    const known = this.options.kind === 'paycore' ? undefined : this.results.get(key);
    const result = known ?? act();
    if (result === 'done') this.results.set(key, result);
    return result;
  }

  private book(payment: LedgerPayment, amountMinor: number): void {
    const capturedMinor = payment.capturedMinor + amountMinor;
    const isAutomatic = this.options.kind === 'automatic';
    const releasedMinor = isAutomatic ? payment.authorizedMinor - capturedMinor : payment.releasedMinor;
    change(payment, { capturedMinor, releasedMinor });
  }
}

export function heldMinorOf({ authorizedMinor, capturedMinor, releasedMinor }: Shown): number {
  return authorizedMinor - capturedMinor - releasedMinor;
}

function change(payment: LedgerPayment, to: Partial<Shown>): void {
  const { phase, requestedMinor, authorizedMinor, capturedMinor, releasedMinor, authorizedMs, deadlineMs } =
    payment;
  payment.earlier.push({
    phase,
    requestedMinor,
    authorizedMinor,
    capturedMinor,
    releasedMinor,
    authorizedMs,
    deadlineMs,
  });
  Object.assign(payment, to);
}
