import { z } from 'zod';
import { Bound, tableBounds } from './bounds.ts';
import type { Journal } from './journal.ts';
import type {
  DeliveryRow,
  FaultRow,
  NonceRow,
  PaymentRow,
  PhoneRow,
  SettingsRow,
  TextRow,
} from './records.ts';
import type {
  VippsExpiredTokenRow,
  VippsOrderRow,
  VippsPaymentRow,
  VippsReplyRow,
  VippsWebhookRow,
} from './vendors/vipps/records.ts';

/** The tables beside the settings, empty. */
function emptyTables() {
  return {
    text: new Map<string, TextRow>(),
    payment: new Map<string, PaymentRow>(),
    delivery: new Map<string, DeliveryRow>(),
    fault: new Map<string, FaultRow>(),
    nonce: new Map<string, NonceRow>(),
    phone: new Map<string, PhoneRow>(),
    vippsPayment: new Map<string, VippsPaymentRow>(),
    vippsReply: new Map<string, VippsReplyRow>(),
    vippsWebhook: new Map<string, VippsWebhookRow>(),
    vippsOrder: new Map<string, VippsOrderRow>(),
    vippsExpiredToken: new Map<string, VippsExpiredTokenRow>(),
  };
}
type Tables = ReturnType<typeof emptyTables>;
type RowOf<T extends keyof Tables> = Tables[T] extends Map<string, infer Row> ? Row : never;

export type Change =
  | { table: 'settings'; put: SettingsRow }
  | { [T in keyof Tables]: { table: T; put: RowOf<T> } | { table: T; remove: string } }[keyof Tables];

const TABLE_NAMES = ['settings', ...Object.keys(emptyTables())];
const journalLine = z.array(
  z.union([
    z.object({ table: z.enum(TABLE_NAMES), put: z.looseObject({ id: z.string() }) }),
    z.object({ table: z.enum(TABLE_NAMES), remove: z.string() }),
  ]),
);

/** The simulator's state: rows in memory, every change first in the journal. One `commit` is one line: all or nothing. */
export class Store {
  readonly #tables = emptyTables();
  readonly texts = this.#tables.text;
  readonly payments = this.#tables.payment;
  readonly deliveries = this.#tables.delivery;
  readonly faults = this.#tables.fault;
  readonly nonces = this.#tables.nonce;
  readonly phones = this.#tables.phone;
  readonly vippsPayments = this.#tables.vippsPayment;
  readonly vippsReplies = this.#tables.vippsReply;
  readonly vippsWebhooks = this.#tables.vippsWebhook;
  readonly vippsOrders = this.#tables.vippsOrder;
  readonly vippsExpiredTokens = this.#tables.vippsExpiredToken;
  /** ids of payments that wait for the customer */
  readonly pendingPayments = new Set<string>();
  readonly #paymentByReference = new Map<string, string>();
  readonly #phoneAsWritten = new Map<string, string>();
  readonly #bounds: ReturnType<typeof tableBounds>;
  readonly #phoneBound = new Bound<string>(100_000);
  readonly #journal: Journal | null;
  readonly #onChange: () => void;
  #settings: SettingsRow;
  #closed = false;

  constructor(
    journal: Journal | null,
    defaults: Omit<SettingsRow, 'id'>,
    onChange: () => void = () => undefined,
    bounds = tableBounds(),
  ) {
    this.#bounds = bounds;
    this.#journal = journal;
    this.#onChange = onChange;
    this.#settings = { id: 'settings', ...defaults };
    for (const line of journal?.read() ?? []) {
      for (const change of journalLine.parse(line)) this.#apply(change as Change);
    }
    journal?.rewrite(this.#everything());
  }

  get settings(): SettingsRow {
    return this.#settings;
  }

  commit(...changes: Change[]): void {
    if (this.#closed) throw new Error('the simulator is closed');
    if (changes.length === 0) return;
    this.#journal?.append(changes);
    for (const change of changes) this.#apply(change);
    this.#onChange();
  }

  /** After this nothing is written: a later simulator may own the file. */
  close(): void {
    this.#closed = true;
  }

  paymentByReference(reference: string): PaymentRow | null {
    const id = this.#paymentByReference.get(reference);
    return (id === undefined ? undefined : this.payments.get(id)) ?? null;
  }

  /** A phone is shown as its owner last wrote it, with or without the plus. */
  phoneAsWritten(digits: string): string {
    return this.#phoneAsWritten.get(digits) ?? `+${digits}`;
  }

  /** Old nonces need no journal line: the next start leaves them out too. */
  forgetNonces(usedBeforeMs: number): void {
    for (const nonce of this.nonces.values()) {
      if (nonce.usedAtMs >= usedBeforeMs) return;
      this.nonces.delete(nonce.id);
    }
  }

  #apply(change: Change): void {
    if (change.table === 'settings') {
      this.#settings = change.put;
      return;
    }
    if ('remove' in change) {
      this.#tables[change.table].delete(change.remove);
      return;
    }
    (this.#tables[change.table] as Map<string, typeof change.put>).set(change.put.id, change.put);
    if (change.table === 'payment') this.#indexPayment(change.put);
    if (change.table === 'text' && change.put.direction === 'in') {
      this.#phoneAsWritten.set(digitsOf(change.put.from), change.put.from);
    }
    this.#trim(change.table);
  }

  /** Needs no journal line: a start that reads the same changes leaves out the same rows, or a few more. */
  #trim(table: keyof Tables): void {
    if (!(table in this.#bounds)) return;
    const name = table as keyof ReturnType<typeof tableBounds>;
    const removed = (this.#bounds[name] as Bound<unknown>).trim(this.#tables[name]);
    if (name === 'text') this.#phoneBound.trim(this.#phoneAsWritten);
    if (name !== 'payment') return;
    for (const { reference } of removed as PaymentRow[])
      if (reference !== null) this.#paymentByReference.delete(reference);
  }

  #indexPayment(payment: PaymentRow): void {
    if (payment.reference !== null) this.#paymentByReference.set(payment.reference, payment.id);
    if (payment.status === 'pending') this.pendingPayments.add(payment.id);
    else this.pendingPayments.delete(payment.id);
  }

  #everything(): Change[][] {
    return [
      [{ table: 'settings', put: this.#settings }],
      ...Object.entries(this.#tables).flatMap(([table, rows]) =>
        [...(rows as Map<string, unknown>).values()].map((put) => [{ table, put } as Change]),
      ),
    ];
  }
}

export function digitsOf(phone: string): string {
  return phone.replace(/\D/g, '');
}
