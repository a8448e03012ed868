import type { SimulatorParts } from './parts.ts';
import type { AnyPayment, PaymentStatus } from './records.ts';

/** A payment as the simulator's API and phone page show it, whichever vendor it is at. */
export interface ShownPayment extends AnyPayment {
  provider: string;
  status: PaymentStatus;
  releasedMinor: number;
  /** captures that succeeded */
  captures: number;
  reference: string | null;
  expiresAt: string | null;
  landingUrl: string;
}

/** Only these fields of a vendor's row: no phone number and no address of a callback is shown. */
export function shownPayment(
  { id, requestedMinor, authorizedMinor, capturedMinor, refundedMinor, ...row }: AnyPayment,
  own: Omit<ShownPayment, keyof AnyPayment>,
): ShownPayment {
  const { currency, createdAt, authorizedAt, description } = row;
  const amounts = { requestedMinor, authorizedMinor, capturedMinor, refundedMinor };
  return { id, ...amounts, currency, createdAt, authorizedAt, description, ...own };
}

export type ShownOutcome =
  { ok: true; payment: ShownPayment } | { ok: false; status: 400 | 404 | 409; why: string };

export const DECISIONS = ['approve', 'reject', 'expire', 'approving'] as const;
/** `approving`: the customer has the payment open and is about to decide. */
export type Decision = (typeof DECISIONS)[number];

/** What a tester may do with a vendor's payments. */
export interface VendorPayments {
  all(): ShownPayment[];
  byId(id: string): ShownPayment | null;
  decide(id: string, decision: Decision): ShownOutcome;
  /** Does what is due by the simulator's clock, and wakes up when more is. Call it after a step of the clock. */
  expireDue(): void;
}

/** The payments of all stand-ins, oldest first. */
export class Payments implements VendorPayments {
  readonly #vendors: readonly VendorPayments[];

  constructor(vendors: readonly VendorPayments[]) {
    this.#vendors = vendors;
  }

  all(): ShownPayment[] {
    const items = this.#vendors.flatMap((vendor) => vendor.all());
    return items.toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  }

  byId(id: string): ShownPayment | null {
    return this.#vendorOf(id)?.byId(id) ?? null;
  }

  decide(id: string, decision: Decision): ShownOutcome {
    return this.#vendorOf(id)?.decide(id, decision) ?? NO_SUCH_PAYMENT;
  }

  expireDue(): void {
    for (const vendor of this.#vendors) vendor.expireDue();
  }

  #vendorOf(id: string): VendorPayments | undefined {
    return this.#vendors.find((vendor) => vendor.byId(id) !== null);
  }
}

export const NO_SUCH_PAYMENT: ShownOutcome = { ok: false, status: 404, why: 'No such payment.' };

export function alreadyProcessed(status: PaymentStatus): ShownOutcome {
  return { ok: false, status: 409, why: `The payment has already been processed: it is ${status}.` };
}

const MAX_NAP_MS = 3_600_000;

/** When the next payment of a stand-in is due by the simulator's clock. */
export class NextDue {
  readonly #parts: Pick<SimulatorParts, 'clock' | 'timers'>;
  readonly #expireBy: (nowMs: number) => number;
  /** Not later than the earliest due time of any payment; unknown at start, so the first read scans. */
  #dueMs = -Infinity;
  #cancelNap: () => void = () => undefined;

  /** `expireBy` does what is due by then and returns when more is; Infinity: never. */
  constructor(parts: Pick<SimulatorParts, 'clock' | 'timers'>, expireBy: (nowMs: number) => number) {
    this.#parts = parts;
    this.#expireBy = expireBy;
  }

  expire(): void {
    const nowMs = this.#parts.clock.nowMs();
    if (nowMs < this.#dueMs) return;
    this.#dueMs = Infinity;
    this.#dueMs = Math.min(this.#expireBy(nowMs), this.#dueMs);
    this.watch();
  }

  /** Another payment is due then. */
  add(dueMs: number): void {
    if (dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    this.watch();
  }

  /** Wakes up at the next due time, so that what it reports goes out by itself. */
  watch(): void {
    this.#cancelNap();
    if (this.#dueMs === Infinity) return;
    const leftMs = Math.max(this.#dueMs - this.#parts.clock.nowMs(), 0);
    this.#cancelNap = this.#parts.timers.after(Math.min(leftMs, MAX_NAP_MS), () => {
      this.expire();
      this.watch();
    });
  }
}
