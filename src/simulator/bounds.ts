import type { PaymentRow, TextRow } from './records.ts';
import type {
  VippsExpiredTokenRow,
  VippsOrderRow,
  VippsPaymentRow,
  VippsReplyRow,
} from './vendors/vipps/records.ts';
import { nextDueMs } from './vendors/vipps/payment-rules.ts';

/** How far a table may exceed its bound before it is gone through: so that this costs nothing per row. */
const SLACK = 1.1;

/** The newest `limit` rows of a table, and all older ones that may not go yet. */
export class Bound<Row> {
  readonly #limit: number;
  readonly #mayGo: (row: Row) => boolean;
  #checkAtSize: number;

  constructor(limit: number, mayGo: (row: Row) => boolean = () => true) {
    this.#limit = limit;
    this.#mayGo = mayGo;
    this.#checkAtSize = limit * SLACK;
  }

  /** Removes the oldest rows that are too many; a Map lists its rows by age. Returns them. */
  trim(rows: Map<string, Row>): Row[] {
    if (rows.size <= this.#checkAtSize) return [];
    const removed: Row[] = [];
    for (const [id, row] of rows) {
      if (rows.size <= this.#limit) break;
      if (!this.#mayGo(row)) continue;
      rows.delete(id);
      removed.push(row);
    }
    this.#checkAtSize = Math.max(this.#limit, rows.size) * SLACK;
    return removed;
  }
}

/**
 * About 150 MB in all when full. Enough for a crash test of 10,000 sessions, whose audit reads every payment and text; an
 * open payment is kept whatever its age, as a bank does.
 */
export function tableBounds() {
  return {
    text: new Bound<TextRow>(100_000),
    payment: new Bound<PaymentRow>(20_000, ({ status }) => status !== 'pending' && status !== 'authorized'),
    vippsPayment: new Bound<VippsPaymentRow>(20_000, (payment) => nextDueMs(payment) === null),
    vippsReply: new Bound<VippsReplyRow>(100_000),
    vippsOrder: new Bound<VippsOrderRow>(20_000),
    vippsExpiredToken: new Bound<VippsExpiredTokenRow>(1_000),
  };
}
