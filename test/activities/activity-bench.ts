import { randomBytes, randomInt } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities } from '../../src/activities/index.ts';
import type { Activities } from '../../src/activities/contract.ts';
import type { ActivityDeps } from '../../src/activities/deps.ts';
import { createTariffPricing } from '../../src/adapters/pricing/tariff-pricing.ts';
import {
  createPersonalDataCipher,
  createStores,
  migrate,
  openPostgresPool,
  referencePartner,
} from '../../src/adapters/store/index.ts';
import { paymentReferenceOf } from '../../src/domain/session/payment.ts';
import type { SessionView } from '../../src/domain/session/view.ts';
import { addMs, type Instant } from '../../src/domain/instant.ts';
import { openPglite } from '../../src/embedded/pglite.ts';
import type { ProviderCapabilities } from '../../src/ports/payment-provider.ts';
import type { SessionRecord } from '../../src/ports/session-store.ts';
import type { Partner, Service } from '../../src/ports/settings-store.ts';
import { FakeGateway } from '../support/fake-gateway.ts';
import { FakeProvider, rulesIn } from '../support/fake-provider.ts';
import { createTestDatabase, hasPostgres } from '../support/postgres.ts';
import { acceptOne } from '../support/accept-one.ts';

export const NOW: Instant = '2026-11-23T10:00:00.000Z';
export const PUBLIC_URL = 'https://pay.test';
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
/** A session without a payment page to show. */
export const NO_PAGE = { paymentPageUrl: null, paymentPageExpiresAt: null };

/** One try of an activity, as the worker would describe it. */
export interface Try {
  attempt?: number;
  /** of the workflow's run */
  runId?: string;
  startToCloseTimeoutMs?: number;
}

export interface CustomerOptions {
  provider?: Partial<ProviderCapabilities>;
  partner?: Partial<Partner>;
  service?: Partial<Service>;
}

type StoresUnderTest = ReturnType<typeof createStores>;

/** Activities over a real database, with vendors in memory and a clock that stands still. One per file. */
export class ActivityBench {
  readonly stores: StoresUnderTest;
  readonly gateway = new FakeGateway();
  readonly deps: Omit<ActivityDeps, 'providers'>;
  now: Instant = NOW;
  private readonly closeDatabase: () => Promise<void>;
  private readonly providers: Record<string, FakeProvider>;

  private constructor(
    stores: StoresUnderTest,
    providers: Record<string, FakeProvider>,
    closeDatabase: () => Promise<void>,
  ) {
    this.providers = providers;
    this.stores = stores;
    this.closeDatabase = closeDatabase;
    this.deps = {
      stores,
      gateways: { link: this.gateway },
      clock: { now: () => this.now },
      pricing: createTariffPricing(),
      publicUrl: () => PUBLIC_URL,
    };
  }

  /** PostgreSQL where this machine has one, else PGlite: the stores behave alike (test/contract). */
  static async open(): Promise<ActivityBench> {
    const cipher = createPersonalDataCipher({
      keys: [{ id: 'test', encryptionKey: Buffer.alloc(32, 1), lookupKey: Buffer.alloc(32, 2) }],
    });
    const providers: Record<string, FakeProvider> = {};
    const paymentRules = rulesIn(providers);
    if (hasPostgres()) {
      const database = await createTestDatabase();
      const stores = createStores({ pool: openPostgresPool(database.url), cipher, paymentRules });
      await migrate(stores.db);
      return new ActivityBench(stores, providers, () => database.drop());
    }
    const embedded = await openPglite({ memory: true });
    const stores = createStores({ pool: embedded.createPool(), cipher, paymentRules });
    await migrate(stores.db);
    return new ActivityBench(stores, providers, () => embedded.close());
  }

  /** A customer with a partner, a number and a provider of their own: nothing is shared but the database. */
  async customer(options: CustomerOptions = {}): Promise<Customer> {
    const partnerId = `p${randomBytes(6).toString('hex')}`;
    const shortNumber = String(randomInt(10_000_000, 99_999_999));
    const provider = new FakeProvider({ provider: partnerId, ...options.provider }, () => this.now);
    this.providers[partnerId] = provider;
    const { partner, services, routes } = referencePartner(partnerId);
    await this.stores.settings.addPartner({
      partner: { ...partner, partnerId, language: 'en', ...options.partner },
      services: services.map((service) => ({
        ...service,
        ...options.service,
        serviceId: partnerId,
        partnerId,
      })),
      routes: routes.map((route) => ({ ...route, shortNumber, serviceId: partnerId })),
    });
    return new Customer(this, { partnerId, shortNumber, provider });
  }

  async close(): Promise<void> {
    await this.stores.close();
    await this.closeDatabase();
  }
}

export class Customer {
  readonly bench: ActivityBench;
  readonly partnerId: string;
  readonly shortNumber: string;
  readonly provider: FakeProvider;
  readonly msisdn = `47${randomInt(90_000_000, 99_999_999)}`;
  readonly deps: ActivityDeps;
  private messages = 0;

  constructor(
    bench: ActivityBench,
    parts: { partnerId: string; shortNumber: string; provider: FakeProvider },
  ) {
    this.bench = bench;
    this.partnerId = parts.partnerId;
    this.shortNumber = parts.shortNumber;
    this.provider = parts.provider;
    this.deps = { ...bench.deps, providers: { [parts.partnerId]: parts.provider } };
  }

  /** Stores a text as the webhook does; the inboxId comes back. */
  async text(text: string, overrides: { sentAt?: Instant; messageId?: string } = {}): Promise<string> {
    this.messages += 1;
    const { inboxId } = await acceptOne(
      this.bench.stores.inbox,
      'link',
      {
        messageId: `${this.partnerId}-${this.messages}`,
        msisdn: this.msisdn,
        shortNumber: this.shortNumber,
        text,
        sentAt: this.bench.now,
        ...overrides,
      },
      this.bench.now,
    );
    return inboxId;
  }

  /** The session that a text was assigned to. */
  async sessionIdOf(inboxId: string): Promise<string> {
    const items = await this.bench.stores.inbox.undispatched({ limit: 10_000 });
    const item = items.find((candidate) => candidate.inboxId === inboxId);
    if (item?.assignment.kind !== 'startSession') throw new Error('that text starts no session');
    return item.assignment.sessionId;
  }

  async begin(text = 'CHARGE'): Promise<Charge> {
    const inboxId = await this.text(text);
    const sessionId = await this.sessionIdOf(inboxId);
    const record = await this.bench.stores.sessions.find(sessionId);
    if (!record) throw new Error('a begun session has a row');
    return new Charge(this, record);
  }

  /** Runs one try of an activity in a context of its own; `deps` replaces some of what it works with. */
  async run<K extends keyof Activities>(
    name: K,
    input: Parameters<Activities[K]>[0],
    { attempt = 1, startToCloseTimeoutMs = 40_000, runId = 'run-1' }: Try = {},
    deps: Partial<ActivityDeps> = {},
  ): Promise<Awaited<ReturnType<Activities[K]>>> {
    const environment = new MockActivityEnvironment(
      { attempt, startToCloseTimeoutMs, workflowExecution: { workflowId: 'session', runId } },
      { logger: new DefaultLogger('ERROR') },
    );
    const activity = createActivities({ ...this.deps, ...deps })[name];
    const untyped = activity as unknown as (input: unknown) => Promise<unknown>;
    const outcome: unknown = await environment.run(untyped, input);
    return outcome as Awaited<ReturnType<Activities[K]>>;
  }

  texts(): string[] {
    return this.bench.gateway.textsTo(this.msisdn);
  }
}

/** A begun session, with the inputs its workflow would give. */
export class Charge {
  readonly customer: Customer;
  readonly record: SessionRecord;
  readonly sessionId: string;
  readonly reference: string;
  /** number of the running money step */
  stepNumber = 1;

  constructor(customer: Customer, record: SessionRecord) {
    this.customer = customer;
    this.record = record;
    this.sessionId = record.sessionId;
    this.reference = paymentReferenceOf(record.sessionId, 1);
  }

  private common() {
    return {
      sessionId: this.sessionId,
      provider: this.customer.partnerId,
      currency: this.record.terms.currency,
      stepNumber: this.stepNumber,
      paymentNumber: 1,
      paymentReference: this.reference,
      providerReference: null,
    };
  }

  reserveInput() {
    return {
      ...this.common(),
      step: 'reserve' as const,
      operationId: `${this.sessionId}-reserve-1`,
      amountMinor: 500,
      expiresAt: addMs(NOW, 15 * MINUTE_MS),
    };
  }

  readInput() {
    return { ...this.common(), step: 'read' as const };
  }

  captureInput(amountMinor = 100, authorizedMinor = 500, n = 1) {
    return {
      ...this.common(),
      step: 'capture' as const,
      operationId: `${this.sessionId}-capture-${n}`,
      amountMinor,
      authorizedMinor,
    };
  }

  releaseInput(amountMinor = 500, n = 1) {
    return {
      ...this.common(),
      step: 'release' as const,
      operationId: `${this.sessionId}-release-${n}`,
      amountMinor,
    };
  }

  abandonInput() {
    return { ...this.common(), step: 'abandon' as const, operationId: `${this.sessionId}-abandon-1` };
  }

  async reserve(): Promise<this> {
    await this.customer.run('reservePayment', this.reserveInput());
    this.stepNumber += 1;
    return this;
  }

  async authorize(): Promise<this> {
    await this.reserve();
    this.customer.provider.approve(this.reference);
    return this;
  }

  /** State, tries and detail of one money operation, as an operator would see it; null: never started. */
  async operation(name: 'reserve' | 'capture' | 'release' | 'abandon', n = 1) {
    const operations = await this.customer.bench.stores.money.listOperations(this.sessionId);
    const operationId = `${this.sessionId}-${name}-${n}`;
    const operation = operations.find((candidate) => candidate.operationId === operationId);
    return operation ? { state: operation.state, tries: operation.tries, detail: operation.detail } : null;
  }

  callsOf(operation: Parameters<FakeProvider['countOf']>[0]): number {
    return this.customer.provider.countOf(operation, this.reference);
  }

  truth() {
    return this.customer.provider.truth(this.reference);
  }

  view(overrides: Partial<SessionView> = {}): SessionView {
    return {
      sessionId: this.sessionId,
      state: 'active',
      currency: 'NOK',
      transactionId: null,
      linkExpiresAt: addMs(NOW, 15 * MINUTE_MS),
      startedAt: NOW,
      endedAt: null,
      reservedMinor: 500,
      computedMinor: null,
      capturedMinor: 0,
      releasedMinor: 0,
      releaseSource: null,
      shortfallMinor: 0,
      needsAttention: false,
      attentionReason: null,
      attention: [],
      limitAt: addMs(NOW, 24 * HOUR_MS),
      nextDueAt: null,
      ...overrides,
    };
  }

  capturedView(overrides: Partial<SessionView> = {}): SessionView {
    const endedAt = addMs(NOW, HOUR_MS);
    return this.view({ state: 'captured', endedAt, computedMinor: 100, capturedMinor: 100, ...overrides });
  }

  textInput(kind: Parameters<Activities['sendText']>[0]['kind'], session = this.view(), n = 1) {
    return { sessionId: this.sessionId, kind, n, session };
  }

  receiptInput(session = this.capturedView()) {
    return { sessionId: this.sessionId, operationId: `${this.sessionId}-capture-1`, session };
  }

  /** State and text of what was to be sent. */
  async outbox(kind: string) {
    const rows = await this.customer.bench.stores.outbox.listForSession(this.sessionId);
    return rows
      .filter((row) => row.kind === kind)
      .map(({ outboundId, state, text }) => ({ outboundId, state, text }));
  }
}
