// Owns: one whole sms2pay for one cell after another: real API over HTTP, worker, dispatcher, store and adapters against
// the real simulator, on the run's Temporal server. Its clock is its simulator's and moves only its own workflows.
import { sql } from 'kysely';
import { Hono } from 'hono';
import { eventually } from '../support/eventually.ts';
import { PublicClient } from '../support/public-client.ts';
import { createTariffPricing } from '../../src/adapters/pricing/tariff-pricing.ts';
import {
  createPersonalDataCipher,
  createStores,
  migrate,
  openPostgresPool,
  referencePartner,
} from '../../src/adapters/store/index.ts';
import { paymentRules } from '../../src/config/vendors.ts';
import { createVippsProvider } from '../../src/adapters/payment/vipps/provider.ts';
import { createActivities } from '../../src/activities/index.ts';
import { createActionWorkflows } from '../../src/app/actions/action-workflows.ts';
import { startActionSweeper } from '../../src/app/actions/request-action.ts';
import type { HttpLimits } from '../../src/api/limit-addresses.ts';
import { createApp } from '../../src/api/app.ts';
import { Dispatcher } from '../../src/app/inbox/dispatcher.ts';
import { sessionRoutes } from '../../src/api/rest/sessions.ts';
import { createSessionWorkflows, DEFAULT_TIMEOUTS } from '../../src/app/sessions/session-workflows.ts';
import { openPglite } from '../../src/embedded/pglite.ts';
import { listen } from '../../src/main/http-server.ts';
import { createVendors, type VendorAccounts, type Vendors } from '../../src/main/vendors.ts';
import { ProviderWebhooks } from '../../src/main/provider-webhooks.ts';
import type { Logger } from '../../src/ports/logger.ts';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import {
  chargeSessionWorkflowId,
  keywordReplyWorkflowId,
  sessionActionWorkflowId,
} from '../../src/workflows/contract.ts';
import { LINK_ACCOUNT, PAYCORE_PARTNER, VIPPS_SALES_UNIT, WEBHOOK } from '../contract/simulator-harness.ts';
import { createTestDatabase, hasPostgres } from '../support/postgres.ts';
import type { TemporalEnv } from '../support/temporal-env.ts';
import type { Provider } from './table.ts';

const ADMIN_TOKEN = 'admin-token-of-the-matrix';
const SWEEP_MS = 500;

/** How long our adapters wait for an answer: short only where the fault is about waiting. */
export interface Patience {
  paymentMs: number;
  smsMs: number;
}
export const PATIENT: Patience = { paymentMs: 10_000, smsMs: 10_000 };

type ClosableStores = ReturnType<typeof createStores>;

export class MatrixSystem {
  readonly client: PublicClient;
  readonly stores: ClosableStores;
  readonly env: TemporalEnv;
  /** every line that was logged since the last `quiet`, as JSON */
  readonly logged: string[];
  readonly simulator: Simulator;
  private readonly parts: SystemParts;

  private constructor(parts: SystemParts) {
    this.parts = parts;
    this.client = parts.client;
    this.stores = parts.stores;
    this.env = parts.env;
    this.logged = parts.logged;
    this.simulator = parts.simulator;
  }

  static async open(env: TemporalEnv, provider: Provider): Promise<MatrixSystem> {
    return new MatrixSystem(await openParts(env, provider));
  }

  /** New adapters, as after a restart, that wait so long. */
  usePatience(patience: Patience): void {
    const { vendors, createWith } = this.parts;
    const fresh = createWith(patience);
    Object.assign(vendors.providers, fresh.providers);
    Object.assign(vendors.gateways, fresh.gateways);
  }

  /** Moves the clock alone, without the workflows: a machine whose clock is set. */
  async jumpClock(seconds: number): Promise<void> {
    this.parts.steps.workflowsMove = false;
    try {
      await this.client.later({ seconds });
    } finally {
      this.parts.steps.workflowsMove = true;
    }
  }

  /** The payment's own log at Vipps. */
  async vippsEvents(reference: string) {
    return await createVippsProvider(this.parts.accounts(PATIENT).vipps).readEvents({
      paymentReference: reference,
      providerReference: null,
    });
  }

  async clearFaults(): Promise<void> {
    await fetch(`${this.client.url}/sim/api/faults`, { method: 'DELETE' });
  }

  /** A text as a gateway hands it over that gives no time. */
  async pushUnstamped({
    messageId,
    from,
    text,
  }: {
    messageId: string;
    from: string;
    text: string;
  }): Promise<void> {
    const authorization = `Basic ${Buffer.from(`${WEBHOOK.username}:${WEBHOOK.password}`).toString('base64')}`;
    const body = JSON.stringify({
      messageId,
      source: from,
      destination: 'NO-27222',
      content: { userData: text },
    });
    const headers = { 'content-type': 'application/json', authorization };
    await eventually('the webhook to take a text', async () => {
      const { ok } = await fetch(`${this.client.url}/webhooks/sms/link`, { method: 'POST', headers, body });
      return ok ? true : null;
    });
  }

  async post(path: string): Promise<void> {
    const response = await fetch(`${this.client.url}${path}`, { method: 'POST' });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }

  async close(): Promise<void> {
    for (const stop of this.parts.stops.toReversed()) await stop();
  }
}

interface SystemParts {
  client: PublicClient;
  stores: ClosableStores;
  env: TemporalEnv;
  logged: string[];
  simulator: Simulator;
  vendors: Vendors;
  createWith: (patience: Patience) => Vendors;
  accounts: (patience: Patience) => Partial<VendorAccounts> & { vipps: NonNullable<VendorAccounts['vipps']> };
  steps: { workflowsMove: boolean };
  stops: (() => Promise<unknown>)[];
}

async function openParts(env: TemporalEnv, provider: Provider): Promise<SystemParts> {
  const stops: (() => Promise<unknown>)[] = [];
  const { stores, close } = await openStores();
  stops.push(close);
  await stores.settings.addPartner(onProvider(provider));
  await stores.settings.addPartner(neighbour(provider));
  const door: { app: Hono | null } = { app: null };
  const server = await listen({ host: '127.0.0.1', port: 0, portGiven: false }, (request) =>
    door.app === null ? new Response('starting', { status: 503 }) : door.app.fetch(request),
  );
  stops.push(() => server.close());
  const { url } = server;
  const accounts = (patience: Patience) => accountsAt(url, patience);
  const steps = { workflowsMove: true };
  const simulator = createSimulator({
    dataDir: null,
    baseUrl: () => `${url}/sim`,
    webhooks: () => ({
      smsUrl: `${url}/webhooks/sms/link`,
      deliveryUrl: `${url}/webhooks/sms/link/delivery`,
      ...WEBHOOK,
    }),
    link: LINK_ACCOUNT,
    paycore: PAYCORE_PARTNER,
    vipps: VIPPS_SALES_UNIT,
    vippsRetryScale: 0.1,
    shortNumber: '27222',
    advanceWorkflows: async (seconds) => {
      if (!steps.workflowsMove) return { fastForwarded: 0 };
      const ids = await openWorkflows(stores);
      await Promise.all(ids.map((workflowId) => env.fastForward({ workflowId }, seconds * 1_000)));
      return { fastForwarded: ids.length };
    },
  });
  stops.push(() => simulator.close());
  const clock = { now: () => simulator.clock.now() };
  const registry = new ProviderWebhooks(stores.providerWebhooks, clock);
  const createWith = (patience: Patience) =>
    createVendors(accounts(patience), url, (name) => registry.secrets(name));
  const vendors = createWith(PATIENT);
  const taskQueue = env.uniqueId('matrix');
  const publicUrl = () => url;
  const deps = { stores, ...vendors, clock, pricing: createTariffPricing(), publicUrl };
  await env.createWorker(taskQueue, { ...createActivities(deps) });
  const logged: string[] = [];
  const log = keeper(logged);
  const workflows = createSessionWorkflows(env.client.workflow, { ...DEFAULT_TIMEOUTS, taskQueue });
  const actions = {
    stores,
    clock,
    workflows,
    actionWorkflows: createActionWorkflows(env.client.workflow, { taskQueue }),
    capabilitiesOf: (name: string) => vendors.providers[name]?.capabilities ?? null,
    log,
  };
  const { inbox, attention } = stores;
  const dispatcher = new Dispatcher({ inbox, attention, workflows, clock, log });
  door.app = createApp({
    ...deps,
    workflows,
    dispatcher,
    log,
    limits: ALL_FROM_ONE_ADDRESS,
    trustedProxies: [],
    proofs: () => [],
    ready: async () => ({}),
    extraRoutes: new Hono()
      .route('/', sessionRoutes({ ...actions, adminToken: ADMIN_TOKEN, publicUrl }))
      .route('/sim', simulator.app),
  });
  const webhooks = vendors.providers[provider]?.webhooks;
  if (webhooks) await registry.ensure(provider, webhooks, `${url}/webhooks/payments/${provider}`);
  dispatcher.startPolling({ intervalMs: SWEEP_MS });
  const actionSweeper = startActionSweeper(actions, { intervalMs: SWEEP_MS });
  stops.push(
    () => actionSweeper.stop(),
    () => dispatcher.stop(),
  );
  const client = new PublicClient(url, ADMIN_TOKEN);
  return { client, stores, env, logged, simulator, vendors, createWith, accounts, steps, stops };
}

/** Everybody here has the same address. */
const ALL_FROM_ONE_ADDRESS: HttpLimits = {
  pageViewsPerMinute: 1_000_000,
  wrongLinksPerMinute: 1_000_000,
  opensPerMinute: 1_000_000,
  failedLoginsPerMinute: 1_000_000,
  callbacksPerMinute: 1_000_000,
};

/** The reference partner, on the provider of the cell; English, so that a failed expectation can be read. */
function onProvider(provider: Provider) {
  const { partner, ...rest } = referencePartner(provider);
  return { partner: { ...partner, language: 'en' as const }, ...rest };
}

/** Another partner on the same number, with an end word that is a general one. */
function neighbour(provider: Provider) {
  const { partner, services } = referencePartner(provider);
  const route = { gateway: 'link', shortNumber: '27222', serviceId: 'wash' };
  return {
    partner: { ...partner, partnerId: 'wash', name: 'Wash', language: 'en' as const },
    services: services.map((one) => ({ ...one, serviceId: 'wash', partnerId: 'wash', name: 'Washing' })),
    routes: [
      { ...route, keyword: 'WASH', action: 'start' as const },
      { ...route, keyword: 'ENDWASH', action: 'end' as const },
      { ...route, keyword: 'CANCEL', action: 'end' as const },
    ],
  };
}

function accountsAt(url: string, { paymentMs, smsMs }: Patience) {
  return {
    link: {
      ...LINK_ACCOUNT,
      baseUrl: `${url}/sim/link`,
      deliveryGateId: 'gate',
      webhookUsername: WEBHOOK.username,
      webhookPassword: WEBHOOK.password,
      timeoutMs: smsMs,
    },
    paycore: {
      baseUrl: `${url}/sim/paycore`,
      partnerId: Number(PAYCORE_PARTNER.partnerId),
      secretBase64: PAYCORE_PARTNER.secretBase64,
      providerName: 'Vipps' as const,
      callbackUsername: 'paycore',
      callbackPassword: 'callback-secret',
      timeoutMs: paymentMs,
    },
    vipps: { baseUrl: `${url}/sim/vipps`, ...VIPPS_SALES_UNIT, timeoutMs: paymentMs },
  };
}

/** All that may still have something to do: sessions and refunds that have not ended, and every answer to a text. */
async function openWorkflows({ db, sessions }: ClosableStores): Promise<string[]> {
  const [{ rows: replies }, [newest], open] = await Promise.all([
    sql<{ inboxId: string }>`select inbox_id from inbound_message where assignment_kind = 'reply'
      order by sequence desc limit 5`.execute(db),
    sessions.list({ limit: 1 }),
    db.selectFrom('action').select(['sessionId', 'actionId']).where('state', '=', 'requested').execute(),
  ]);
  return [
    ...replies.map((row) => keywordReplyWorkflowId(row.inboxId)),
    ...(newest === undefined ? [] : [chargeSessionWorkflowId(newest.sessionId)]),
    ...open.map(({ sessionId, actionId }) => sessionActionWorkflowId(sessionId, actionId)),
  ];
}

function keeper(lines: string[]): Logger {
  const keep: Logger['info'] = (fields, message) => void lines.push(JSON.stringify({ ...fields, message }));
  return { info: keep, warn: keep, error: keep };
}

async function openStores(): Promise<{ stores: ClosableStores; close: () => Promise<void> }> {
  const key = (byte: number): Buffer => Buffer.alloc(32, byte);
  const cipher = createPersonalDataCipher({
    keys: [{ id: 'test', encryptionKey: key(1), lookupKey: key(2) }],
  });
  const database = hasPostgres() ? await createTestDatabase() : null;
  const embedded = database === null ? await openPglite({ memory: true }) : null;
  // Several systems share one server, which gives out a hundred connections.
  const pool = embedded?.createPool() ?? openPostgresPool(database?.url ?? '', { max: 4 });
  const stores = createStores({ pool, cipher, paymentRules });
  await migrate(stores.db);
  return {
    stores,
    close: async () => {
      await stores.close();
      await embedded?.close();
      await database?.drop();
    },
  };
}
