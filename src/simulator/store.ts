import { z } from 'zod';
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

interface Tables {
  text: TextRow;
  payment: PaymentRow;
  delivery: DeliveryRow;
  fault: FaultRow;
  nonce: NonceRow;
  phone: PhoneRow;
  settings: SettingsRow;
  vippsPayment: VippsPaymentRow;
  vippsReply: VippsReplyRow;
  vippsWebhook: VippsWebhookRow;
  vippsOrder: VippsOrderRow;
  vippsExpiredToken: VippsExpiredTokenRow;
}
type TableName = keyof Tables;

export type Change = {
  [T in TableName]: { table: T; put: Tables[T] } | { table: T; remove: string };
}[TableName];

const TABLE_NAMES = [
  'text',
  'payment',
  'delivery',
  'fault',
  'nonce',
  'phone',
  'settings',
  'vippsPayment',
  'vippsReply',
  'vippsWebhook',
  'vippsOrder',
  'vippsExpiredToken',
] as const satisfies TableName[];
const journalLine = z.array(
  z.union([
    z.object({ table: z.enum(TABLE_NAMES), put: z.looseObject({ id: z.string() }) }),
    z.object({ table: z.enum(TABLE_NAMES), remove: z.string() }),
  ]),
);

/** The simulator's state: rows in memory, every change first in the journal. One `commit` is one line: all or nothing. */
export class Store {
  readonly texts = new Map<string, TextRow>();
  readonly payments = new Map<string, PaymentRow>();
  readonly deliveries = new Map<string, DeliveryRow>();
  readonly faults = new Map<string, FaultRow>();
  readonly nonces = new Map<string, NonceRow>();
  readonly phones = new Map<string, PhoneRow>();
  readonly vippsPayments = new Map<string, VippsPaymentRow>();
  readonly vippsReplies = new Map<string, VippsReplyRow>();
  readonly vippsWebhooks = new Map<string, VippsWebhookRow>();
  readonly vippsOrders = new Map<string, VippsOrderRow>();
  readonly vippsExpiredTokens = new Map<string, VippsExpiredTokenRow>();
  /** ids of payments that wait for the customer */
  readonly pendingPayments = new Set<string>();
  readonly #paymentByReference = new Map<string, string>();
  readonly #phoneAsWritten = new Map<string, string>();
  readonly #journal: Journal | null;
  readonly #onChange: () => void;
  #settings: SettingsRow;
  #closed = false;

  constructor(
    journal: Journal | null,
    defaults: Omit<SettingsRow, 'id'>,
    onChange: () => void = () => undefined,
  ) {
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
      if ('put' in change) this.#settings = change.put;
      return;
    }
    const rows = this.#rows();
    if ('remove' in change) {
      rows[change.table].delete(change.remove);
      return;
    }
    (rows[change.table] as Map<string, typeof change.put>).set(change.put.id, change.put);
    if (change.table === 'payment') this.#indexPayment(change.put);
    if (change.table === 'text' && change.put.direction === 'in') {
      this.#phoneAsWritten.set(digitsOf(change.put.from), change.put.from);
    }
  }

  #indexPayment(payment: PaymentRow): void {
    if (payment.reference !== null) this.#paymentByReference.set(payment.reference, payment.id);
    if (payment.status === 'pending') this.pendingPayments.add(payment.id);
    else this.pendingPayments.delete(payment.id);
  }

  #rows() {
    return {
      text: this.texts,
      payment: this.payments,
      delivery: this.deliveries,
      fault: this.faults,
      nonce: this.nonces,
      phone: this.phones,
      vippsPayment: this.vippsPayments,
      vippsReply: this.vippsReplies,
      vippsWebhook: this.vippsWebhooks,
      vippsOrder: this.vippsOrders,
      vippsExpiredToken: this.vippsExpiredTokens,
    };
  }

  #everything(): Change[][] {
    return [
      [{ table: 'settings', put: this.#settings }],
      ...Object.entries(this.#rows()).flatMap(([table, rows]) =>
        [...(rows as Map<string, unknown>).values()].map((put) => [{ table, put } as Change]),
      ),
    ];
  }
}

export function digitsOf(phone: string): string {
  return phone.replace(/\D/g, '');
}
