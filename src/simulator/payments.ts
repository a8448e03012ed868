import type { PaymentStatus } from './records.ts';

/** A payment as the simulator's API and phone page show it, whichever vendor it is at. */
export interface ShownPayment {
  id: string;
  provider: string;
  status: PaymentStatus;
  requestedMinor: number;
  authorizedMinor: number;
  capturedMinor: number;
  releasedMinor: number;
  refundedMinor: number;
  currency: string;
  createdAt: string;
  /** simulator clock; null: not approved */
  authorizedAt: string | null;
  /** captures that took money */
  captures: number;
  reference: string | null;
  description: string;
  expiresAt: string | null;
  landingUrl: string;
}

export type ShownOutcome =
  { ok: true; payment: ShownPayment } | { ok: false; status: 400 | 404 | 409; why: string };

/** What a tester may do with a vendor's payments. */
export interface PaymentDesk {
  all(): ShownPayment[];
  byId(id: string): ShownPayment | null;
  approve(id: string): ShownOutcome;
  reject(id: string): ShownOutcome;
  expire(id: string): ShownOutcome;
  /** The customer has it open and is about to decide. */
  beginApproval(id: string): ShownOutcome;
  /** What is due by the simulator's clock happens now. */
  expireDue(): void;
  /** Wakes up when the next thing is due. */
  watchExpiry(): void;
}

/** The payments of all stand-ins, oldest first. */
export class Payments implements PaymentDesk {
  readonly #desks: readonly PaymentDesk[];

  constructor(desks: readonly PaymentDesk[]) {
    this.#desks = desks;
  }

  all(): ShownPayment[] {
    const items = this.#desks.flatMap((desk) => desk.all());
    return items.toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  }

  byId(id: string): ShownPayment | null {
    return this.#deskOf(id)?.byId(id) ?? null;
  }

  approve(id: string): ShownOutcome {
    return this.#deskOf(id)?.approve(id) ?? NO_SUCH_PAYMENT;
  }

  reject(id: string): ShownOutcome {
    return this.#deskOf(id)?.reject(id) ?? NO_SUCH_PAYMENT;
  }

  expire(id: string): ShownOutcome {
    return this.#deskOf(id)?.expire(id) ?? NO_SUCH_PAYMENT;
  }

  beginApproval(id: string): ShownOutcome {
    return this.#deskOf(id)?.beginApproval(id) ?? NO_SUCH_PAYMENT;
  }

  expireDue(): void {
    for (const desk of this.#desks) desk.expireDue();
  }

  watchExpiry(): void {
    for (const desk of this.#desks) desk.watchExpiry();
  }

  #deskOf(id: string): PaymentDesk | undefined {
    return this.#desks.find((desk) => desk.byId(id) !== null);
  }
}

const NO_SUCH_PAYMENT: ShownOutcome = { ok: false, status: 404, why: 'No such payment.' };
