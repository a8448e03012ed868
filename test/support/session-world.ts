import { randomInt, randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { vi } from 'vitest';
import { createTariffPricing } from '../../src/adapters/pricing/tariff-pricing.ts';
import {
  createPersonalDataCipher,
  createStores,
  migrate,
  openPostgresPool,
  referencePartner,
} from '../../src/adapters/store/index.ts';
import { createActivities } from '../../src/activities/index.ts';
import { createActionWorkflows } from '../../src/app/actions/action-workflows.ts';
import { dispatchSlotOf } from '../../src/app/inbox/slot-dispatch.ts';
import { openPayment, type OpenedPayment } from '../../src/app/sessions/open-payment.ts';
import { requestAction, type ActionDeps } from '../../src/app/actions/request-action.ts';
import { createIssuedNumbers } from '../../src/app/sessions/session-executions.ts';
import {
  createSessionWorkflows,
  DEFAULT_TIMEOUTS,
  type SessionWorkflows,
} from '../../src/app/sessions/session-workflows.ts';
import { paymentReferenceOf } from '../../src/domain/session/payment.ts';
import type { SessionView } from '../../src/domain/session/view.ts';
import type { Instant } from '../../src/domain/instant.ts';
import type { SessionCarriedKind } from '../../src/domain/action.ts';
import { openPglite } from '../../src/embedded/pglite.ts';
import type { ProviderCapabilities } from '../../src/ports/payment-provider.ts';
import type { Partner, Service } from '../../src/ports/settings-store.ts';
import type { Stores } from '../../src/ports/stores.ts';
import {
  chargeSessionWorkflowId,
  paymentChangedSignal,
  sessionStateQuery,
  type OperatorActionResult,
} from '../../src/workflows/contract.ts';
import type { ChargeSession } from '../../src/workflows/index.ts';
import { FakeGateway } from './fake-gateway.ts';
import { FakeProvider, rulesIn } from './fake-provider.ts';
import { createTestDatabase, hasPostgres } from './postgres.ts';
import { openTemporalEnv, type TemporalEnv } from './temporal-env.ts';
import { acceptOne } from './accept-one.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

const PUBLIC_URL = 'https://pay.test';

/** The kinds of provider a session can meet. */
const PROVIDERS = {
  /** like Paycore: nothing can be called but the capture */
  assuming: { showsReservationAfterCapture: false },
  /** like Vipps, but reserved with the link: everything can be called */
  calling: { release: 'call', abandon: true, refund: true, idempotencyKeys: true, eventLog: true },
  /** like Vipps: the payment is made when the link is opened and lives ten minutes */
  onOpen: {
    release: 'call',
    abandon: true,
    idempotencyKeys: true,
    paymentOnOpen: true,
    paymentLifeMs: 10 * MINUTE_MS,
  },
} as const satisfies Record<string, Partial<ProviderCapabilities>>;

export interface SubscriberOptions {
  provider?: keyof typeof PROVIDERS;
  partner?: Partial<Partner>;
  service?: Partial<Service>;
}

/**
 * Real workflow, real activities, real store and dispatcher on the run's Temporal server; vendors in memory; one clock
 * that moves only as told (and with the wall). One per file; each subscriber is a test's own.
 */
export class SessionWorld {
  readonly env: TemporalEnv;
  readonly stores: Stores;
  readonly gateway = new FakeGateway('link', { reportsDelivery: false });
  readonly taskQueue: string;
  private readonly providers: Record<string, FakeProvider>;
  private readonly closeStores: () => Promise<void>;
  private offsetMs = 0;
  private worker: { stop(): Promise<void> } | null = null;

  private constructor({
    env,
    stores,
    providers,
    close,
  }: {
    env: TemporalEnv;
    stores: Stores;
    providers: Record<string, FakeProvider>;
    close: () => Promise<void>;
  }) {
    this.env = env;
    this.providers = providers;
    this.stores = stores;
    this.closeStores = close;
    this.taskQueue = env.uniqueId('sessions');
  }

  static async open(): Promise<SessionWorld> {
    const providers: Record<string, FakeProvider> = {};
    const [env, database] = await Promise.all([openTemporalEnv(), openTestStores(providers)]);
    const world = new SessionWorld({ env, providers, ...database });
    await world.startWorker();
    return world;
  }

  now(): Instant {
    return new Date(Date.now() + this.offsetMs).toISOString();
  }

  /** A customer with a partner, a number and a provider of their own: nothing is shared but worker, store and server. */
  async subscriber(options: SubscriberOptions = {}): Promise<Subscriber> {
    const name = this.env.uniqueId('p').slice(0, 20);
    const provider = new FakeProvider({ provider: name, ...PROVIDERS[options.provider ?? 'assuming'] }, () =>
      this.now(),
    );
    const shortNumber = String(randomInt(10_000_000, 99_999_999));
    const { partner, services, routes } = referencePartner(name);
    await this.stores.settings.addPartner({
      partner: { ...partner, partnerId: name, language: 'en', ...options.partner },
      services: services.map((service) => ({
        ...service,
        ...options.service,
        serviceId: name,
        partnerId: name,
      })),
      routes: routes.map((route) => ({ ...route, shortNumber, serviceId: name })),
    });
    this.providers[name] = provider;
    const msisdn = `47${randomInt(90_000_000, 99_999_999)}`;
    return new Subscriber(this, { msisdn, shortNumber, provider, partnerId: name });
  }

  async startWorker(): Promise<void> {
    const activities = createActivities({
      stores: this.stores,
      gateways: { link: this.gateway },
      providers: this.providers,
      issuedNumbers: createIssuedNumbers(this.env.client.workflow),
      clock: { now: () => this.now() },
      pricing: createTariffPricing(),
      publicUrl: () => PUBLIC_URL,
    });
    this.worker = await this.env.createWorker(this.taskQueue, activities);
  }

  /** What the API needs for refunds and late releases. */
  sessionWorkflows(): SessionWorkflows {
    const { taskQueue } = this;
    return createSessionWorkflows(this.env.client.workflow, { ...DEFAULT_TIMEOUTS, taskQueue });
  }

  actionDeps(): ActionDeps {
    const { workflow } = this.env.client;
    const { taskQueue } = this;
    return {
      stores: this.stores,
      clock: { now: () => this.now() },
      workflows: this.sessionWorkflows(),
      actionWorkflows: createActionWorkflows(workflow, { taskQueue }),
      capabilitiesOf: (provider) => this.providers[provider]?.capabilities ?? null,
    };
  }

  async stopWorker(): Promise<void> {
    await this.worker?.stop();
  }

  later(ms: number): void {
    this.offsetMs += ms;
  }

  async close(): Promise<void> {
    await this.env.close();
    await this.closeStores();
  }
}

interface SubscriberParts {
  msisdn: string;
  shortNumber: string;
  provider: FakeProvider;
  partnerId: string;
}

export class Subscriber {
  readonly world: SessionWorld;
  readonly msisdn: string;
  readonly provider: FakeProvider;
  readonly partnerId: string;
  readonly shortNumber: string;
  private readonly parts: SubscriberParts;
  readonly workflows;
  private messageNumber = 0;

  constructor(world: SessionWorld, parts: SubscriberParts) {
    this.world = world;
    this.msisdn = parts.msisdn;
    this.provider = parts.provider;
    this.partnerId = parts.partnerId;
    this.shortNumber = parts.shortNumber;
    this.parts = parts;
    this.workflows = createSessionWorkflows(world.env.client.workflow, {
      ...DEFAULT_TIMEOUTS,
      taskQueue: world.taskQueue,
    });
  }

  /** Stores a text as the webhook does, without dispatching it. */
  async store(text: string, options: { sentAt?: Instant; messageId?: string } = {}): Promise<string> {
    this.messageNumber += 1;
    const { inboxId } = await acceptOne(
      this.world.stores.inbox,
      'link',
      {
        messageId: options.messageId ?? `${this.msisdn}-${this.messageNumber}`,
        msisdn: this.msisdn,
        shortNumber: this.parts.shortNumber,
        text,
        sentAt: options.sentAt ?? this.world.now(),
      },
      this.world.now(),
    );
    return inboxId;
  }

  async dispatch(inboxId: string): Promise<void> {
    const clock = { now: () => this.world.now() };
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    const { inbox } = this.world.stores;
    const result = await dispatchSlotOf({ inbox, workflows: this.workflows, clock, log }, inboxId);
    if (result.kind === 'stopped') throw new Error('not dispatched', { cause: result.error });
  }

  async text(text: string, options: { sentAt?: Instant; messageId?: string } = {}): Promise<string> {
    const inboxId = await this.store(text, options);
    await this.dispatch(inboxId);
    return inboxId;
  }

  /** Sends CHARGE and waits until the link has gone out (or the session says why not). */
  async charge(): Promise<Session> {
    const known = new Set(await this.sessionIds());
    const sentBefore = this.texts().length;
    await this.text('CHARGE');
    const session = await this.newSession(known);
    await session.until((view) => view.state !== 'awaitingApproval' || this.texts().length > sentBefore);
    return session;
  }

  /** Waits for a session that is not in `known`. */
  async newSession(known: ReadonlySet<string> = new Set()): Promise<Session> {
    return await vi.waitFor(
      async () => {
        const id = (await this.sessionIds()).find((candidate) => !known.has(candidate));
        if (id === undefined) throw new Error('no session yet');
        return new Session(this, id);
      },
      { timeout: 10_000, interval: 20 },
    );
  }

  async sessionIds(): Promise<string[]> {
    const sessions = await this.world.stores.sessions.list({ limit: 100, partnerId: this.partnerId });
    return sessions.map((session) => session.sessionId);
  }

  texts(): string[] {
    return this.world.gateway.textsTo(this.msisdn);
  }

  async untilTexts(count: number): Promise<string[]> {
    return await vi.waitFor(
      () => {
        const texts = this.texts();
        if (texts.length < count) throw new Error(`${texts.length} of ${count} texts: ${texts.join(' | ')}`);
        return texts;
      },
      { timeout: 10_000, interval: 20 },
    );
  }
}

export class Session {
  readonly sessionId: string;
  readonly reference: string;
  readonly subscriber: Subscriber;
  readonly handle: WorkflowHandle<typeof ChargeSession>;

  constructor(subscriber: Subscriber, sessionId: string) {
    this.subscriber = subscriber;
    this.sessionId = sessionId;
    this.reference = paymentReferenceOf(sessionId, 1);
    this.handle = subscriber.world.env.client.workflow.getHandle(chargeSessionWorkflowId(sessionId));
  }

  /** What a person reads of it in the Temporal UI. */
  async account(): Promise<string> {
    const asked = this.handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    return (await asked).currentDetails;
  }

  async view(): Promise<SessionView> {
    return await this.handle.query(sessionStateQuery);
  }

  async until(is: (view: SessionView) => boolean): Promise<SessionView> {
    return await vi.waitFor(
      async () => {
        const view = await this.view();
        if (!is(view)) throw new Error(`session is ${JSON.stringify(view)}`);
        return view;
      },
      { timeout: 15_000, interval: 25 },
    );
  }

  async untilState(state: SessionView['state']): Promise<SessionView> {
    return await this.until((view) => view.state === state);
  }

  /** Approves at the provider and lets the session look. */
  async approve(): Promise<SessionView> {
    this.subscriber.provider.approve(this.reference);
    await this.lookAtProvider();
    return await this.untilState('active');
  }

  async lookAtProvider(): Promise<void> {
    await this.handle.signal(paymentChangedSignal);
  }

  /** A tap on the button of the payment link, as the API takes it. */
  async open(): Promise<OpenedPayment> {
    const { stores } = this.subscriber.world;
    const session = await stores.sessions.find(this.sessionId);
    if (!session) throw new Error(`no row of ${this.sessionId}`);
    return await openPayment(this.deps(), session);
  }

  /** A press of a button, as the API takes it: on record first, under an id of its own. */
  async operator(kind: SessionCarriedKind, actionId: string = randomUUID()): Promise<OperatorActionResult> {
    const request = { kind, actionId, amountMinor: null, actor: 'operator-1', reason: 'test' };
    const deps = { ...this.subscriber.world.actionDeps(), workflows: this.subscriber.workflows };
    const answer = await requestAction(deps, this.sessionId, request);
    if (answer.kind !== 'action') throw new Error(`${kind} was not taken: ${answer.kind}`);
    const { action } = answer;
    return action.state === 'succeeded'
      ? { done: true }
      : { done: false, why: action.detail ?? action.state };
  }

  private deps() {
    const { world, workflows } = this.subscriber;
    return { stores: world.stores, workflows, clock: { now: () => world.now() } };
  }

  /** Business time and this workflow's time move together. */
  async later(ms: number): Promise<void> {
    this.subscriber.world.later(ms);
    await this.subscriber.world.env.fastForward(this.handle, ms);
  }

  async ended(): Promise<SessionView> {
    const result = await this.handle.result();
    if ('alreadyOver' in result) throw new Error('it was over before it began');
    return result;
  }

  /** As an operator does it in the Temporal UI: resets of the last run, one to each of its tasks. */
  async resetsOfLastRun(): Promise<(() => Promise<void>)[]> {
    const { events } = await this.handle.fetchHistory();
    const { workflowExecutionInfo } = (await this.handle.describe()).raw;
    const { namespace, client } = this.subscriber.world.env;
    const tasks = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
    return tasks.map(({ eventId }) => async () => {
      await client.workflowService.resetWorkflowExecution({
        namespace,
        workflowExecution: workflowExecutionInfo?.execution ?? {},
        reason: 'test',
        requestId: randomUUID(),
        workflowTaskFinishEventId: eventId ?? null,
      });
    });
  }

  /** Moves on until the workflow has ended, at most `limitMs`. */
  async runOut(limitMs = 48 * HOUR_MS): Promise<SessionView> {
    await this.later(limitMs);
    return await this.ended();
  }
}

async function openTestStores(
  providers: Record<string, FakeProvider>,
): Promise<{ stores: Stores; close: () => Promise<void> }> {
  const key = (byte: number): Buffer => Buffer.alloc(32, byte);
  const paymentRules = rulesIn(providers);
  const cipher = createPersonalDataCipher({
    keys: [{ id: 'test', encryptionKey: key(1), lookupKey: key(2) }],
  });
  if (hasPostgres()) {
    const database = await createTestDatabase();
    const stores = createStores({ pool: openPostgresPool(database.url), cipher, paymentRules });
    await migrate(stores.db);
    return {
      stores,
      close: async () => {
        await stores.close();
        await database.drop();
      },
    };
  }
  const embedded = await openPglite({ memory: true });
  const stores = createStores({ pool: embedded.createPool(), cipher, paymentRules });
  await migrate(stores.db);
  return {
    stores,
    close: async () => {
      await stores.close();
      await embedded.close();
    },
  };
}
