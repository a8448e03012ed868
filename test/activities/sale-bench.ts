import { randomUUID } from 'node:crypto';
import type { ActionBegun, RefundOutcome } from '../../src/activities/contract.ts';
import type { ActivityDeps } from '../../src/activities/deps.ts';
import type { ActionRecord } from '../../src/ports/action-store.ts';
import {
  NO_PAGE,
  type ActivityBench,
  type Charge,
  type CustomerOptions,
  type Try,
} from './activity-bench.ts';
import type { ChargeState } from '../../src/domain/session/charge-state.ts';

/** Like Vipps, as far as a refund and a late release go. */
export const EVERYTHING = {
  release: 'call',
  abandon: true,
  refund: true,
  idempotencyKeys: true,
} as const;

/** A session that has ended with a capture and its receipt, as its workflow leaves it; 500 were reserved. */
export async function aSale(
  bench: ActivityBench,
  capturedMinor = 100,
  { provider = EVERYTHING, ...options }: CustomerOptions = {},
): Promise<Sale> {
  const customer = await bench.customer({ ...options, provider });
  const charge = await (await customer.begin()).authorize();
  const captured = await customer.run('capturePayment', charge.captureInput(capturedMinor));
  if (captured.type !== 'captured') throw new Error('not captured');
  charge.stepNumber += 1;
  const { providerReference: transactionId } = captured.snapshot;
  const session = charge.capturedView({ capturedMinor, computedMinor: capturedMinor, transactionId });
  await customer.run('recordSession', {
    projection: { ...session, revision: 9, handledInboxIds: [], ...NO_PAGE, sinceRevision: 0 },
  });
  await customer.run('issueReceipt', charge.receiptInput(session));
  return new Sale(bench, charge);
}

export class Sale {
  readonly bench: ActivityBench;
  readonly charge: Charge;
  readonly sessionId: string;

  constructor(bench: ActivityBench, charge: Charge) {
    this.bench = bench;
    this.charge = charge;
    this.sessionId = charge.sessionId;
  }

  get provider() {
    return this.charge.customer.provider;
  }

  get run() {
    return this.charge.customer.run.bind(this.charge.customer);
  }

  async request(amountMinor: number, kind: 'refund' | 'release' = 'refund'): Promise<ActionRecord> {
    const { sessionId } = this;
    const requested = await this.bench.stores.actions.request(
      {
        actionId: randomUUID(),
        sessionId,
        kind,
        paymentNumber: 1,
        amountMinor,
        actor: 'operator-1',
        reason: 'test',
      },
      this.bench.now,
    );
    if (requested.outcome !== 'requested') throw new Error(`not requested: ${requested.outcome}`);
    return requested.action;
  }

  /** A requested refund, ready for its tries. */
  async refund(amountMinor = 50): Promise<Refund> {
    const action = await this.request(amountMinor);
    const refund = new Refund(this, action);
    await refund.begin();
    return refund;
  }

  /** A refund made and recorded to its end. */
  async refunded(amountMinor: number): Promise<Refund> {
    const refund = await this.refund(amountMinor);
    await refund.tryOnce();
    await refund.succeed();
    return refund;
  }

  /** By somebody at the provider, without us. */
  async refundElsewhere(amountMinor: number): Promise<void> {
    await this.provider.refund({
      paymentReference: this.charge.reference,
      providerReference: null,
      idempotencyKey: randomUUID(),
      amountMinor,
      currency: 'NOK',
    });
  }

  truth() {
    return this.charge.truth();
  }

  async documents(kind: 'sale' | 'creditNote' = 'creditNote') {
    const documents = await this.bench.stores.receipts.listForSession(this.sessionId);
    return documents.filter((document) => document.kind === kind);
  }

  async record() {
    const record = await this.bench.stores.sessions.find(this.sessionId);
    if (!record) throw new Error('a sale has a row');
    return record;
  }
}

export class Refund {
  readonly sale: Sale;
  readonly action: ActionRecord;
  readonly identity: { sessionId: string; actionId: string };
  private begun: ActionBegun | null = null;

  constructor(sale: Sale, action: ActionRecord) {
    this.sale = sale;
    this.action = action;
    this.identity = { sessionId: action.sessionId, actionId: action.actionId };
  }

  /** A new round: a step number of its own. */
  async begin(): Promise<void> {
    this.begun = await this.sale.run('beginAction', this.identity);
  }

  input(): ActionBegun {
    if (!this.begun) throw new Error('not begun');
    return this.begun;
  }

  async tryOnce(attempt = 1, options: Try = {}, deps: Partial<ActivityDeps> = {}): Promise<RefundOutcome> {
    return await this.sale.run('refundPayment', this.input(), { ...options, attempt }, deps);
  }

  /** What the workflow does once a refund is proven. */
  async succeed(): Promise<void> {
    await this.sale.run('issueCreditNote', this.identity);
    await this.sale.run('finishAction', {
      ...this.identity,
      state: 'succeeded',
      detail: null,
      snapshot: this.sale.truth(),
      attention: null,
    });
  }

  /** State, tries and detail of its money call; null: never started. */
  async operation() {
    const operations = await this.sale.bench.stores.money.listOperations(this.sale.sessionId);
    const operation = operations.find(({ operationId }) => operationId === this.action.operationId);
    return operation ? { state: operation.state, tries: operation.tries, detail: operation.detail } : null;
  }

  callsMade(): number {
    return this.sale.provider.calls.filter(({ key }) => key === this.action.operationId).length;
  }
}

/** The link's text of a sale, as it went out before the use: afterwards it would not be sent. */
export async function sendLinkOf({ bench, charge, sessionId }: Sale): Promise<void> {
  const setState = (state: ChargeState) =>
    bench.stores.db.updateTable('chargeSession').set({ state }).where('sessionId', '=', sessionId).execute();
  await setState('awaitingApproval');
  await charge.customer.run('sendText', charge.textInput('paymentLink'));
  await setState('captured');
}
