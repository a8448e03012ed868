// What the processes serve: the app of `start` and `api` with dispatch, sweeper and watches beside it, and the health of a worker.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { createTariffPricing } from '../adapters/pricing/tariff-pricing.ts';
import { createApp } from '../api/app.ts';
import { healthRoutes } from '../api/health.ts';
import { notFoundProblem } from '../api/problem.ts';
import { adminRoutes } from '../api/rest/admin-routes.ts';
import { ACTION_SWEEP_INTERVAL_MS, startActionSweeper } from '../app/actions/request-action.ts';
import { startSessionWatch, WATCH_INTERVAL_MS } from '../app/attention/session-watch.ts';
import { DISPATCH_POLL_MS, Dispatcher } from '../app/inbox/dispatcher.ts';
import { createSessionExecutions } from '../app/sessions/session-executions.ts';
import { createSessionWorkflows } from '../app/sessions/session-workflows.ts';
import type { Config } from '../config/config.ts';
import type { PersonalDataKey } from '../config/formats.ts';
import { within } from '../ports/bounded.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Stores } from '../ports/stores.ts';
import type { OpenDatabase } from './database.ts';
import { installationProofs } from './installation.ts';
import type { ProviderWebhooks } from './provider-webhooks.ts';
import type { Vendors } from './vendors.ts';
import { createActionWorkflows } from '../app/actions/action-workflows.ts';
import type { ActionDeps } from '../app/actions/request-action.ts';
import type { PaymentProvider } from '../ports/payment-provider.ts';

/** Longer than one pass of a busy installation; with a slow Temporal the API serves all the same. */
const FIRST_PASS_LIMIT_MS = 5_000;

export interface ServingParts {
  config: Config;
  log: Logger;
  stores: Stores;
  client: Client;
  vendors: Vendors;
  webhooks: ProviderWebhooks;
  clock: Clock;
  publicUrl: string;
  keys: readonly PersonalDataKey[];
  ready: () => Promise<Record<string, string>>;
  /** of the admin API; null: it is not served */
  adminToken: string | null;
  /** mounted beside our own routes; null: there is no demo */
  demoRoutes: Hono | null;
}

/**
 * Resolves when the first pass of the watch is over: until then a restored database would answer an end with "nothing is
 * running". Call `begin` once the app is reachable.
 */
export async function createServing(
  parts: ServingParts,
  stopper: { add(name: string, stop: () => Promise<void>): void },
): Promise<{ app: Hono; begin: () => void }> {
  const { config, log, stores, client, vendors, webhooks, clock, publicUrl } = parts;
  const workflows = createSessionWorkflows(client.workflow);
  const watch = startSessionWatch(
    {
      stores,
      workflows,
      executions: createSessionExecutions(client.workflow),
      secondAccount: vendors.secondAccount,
      clock,
      log,
    },
    { intervalMs: WATCH_INTERVAL_MS },
  );
  stopper.add('watch over the sessions', () => watch.stop());
  await Promise.race([watch.firstPass, sleep(FIRST_PASS_LIMIT_MS, undefined, { ref: false })]);
  const background = new BackgroundWork();
  stopper.add('work in the background', () => background.idle());
  const { inbox, attention } = stores;
  const dispatcher = new Dispatcher({ inbox, attention, workflows, clock, log });
  stopper.add('dispatch of texts', () => dispatcher.stop());
  const actions = { ...sessionActionDeps({ stores, client, clock, providers: vendors.providers }), log };
  const shared = { ...vendors, clock, log, publicUrl: () => publicUrl };
  const { adminToken, demoRoutes } = parts;
  const admin =
    adminToken === null
      ? new Hono()
      : adminRoutes({
          ...shared,
          ...stores,
          ...actions,
          stores,
          ensureWebhook: webhooks.ensureFor(vendors.providers, publicUrl),
          adminToken,
        });
  const app = createApp({
    ...shared,
    stores,
    workflows,
    dispatcher,
    pricing: createTariffPricing(),
    limits: config.limits.http,
    trustedProxies: config.http.trustedProxies,
    inBackground: (work) => background.add(work),
    ready: parts.ready,
    proofs: installationProofs(parts.keys),
    extraRoutes: new Hono().route('/', admin).route('/', demoRoutes ?? new Hono()),
  });
  const begin = (): void => {
    webhooks.watch(vendors.providers, publicUrl, log);
    stopper.add('watch over the webhook registrations', () => webhooks.stop());
    dispatcher.startPolling({ intervalMs: DISPATCH_POLL_MS });
    const actionSweeper = startActionSweeper(actions, { intervalMs: ACTION_SWEEP_INTERVAL_MS });
    stopper.add('action sweeper', () => actionSweeper.stop());
  };
  return { app, begin };
}

/** Work that outlives its request; a stop waits for it before it closes the database. */
class BackgroundWork {
  readonly #running = new Set<Promise<void>>();

  add(work: Promise<void>): void {
    const tracked = work.catch(() => {}).finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }
}

/** What operators' actions work with in this process. */
export function sessionActionDeps(parts: {
  stores: Stores;
  client: Client;
  clock: Clock;
  providers: Readonly<Record<string, PaymentProvider>>;
}): ActionDeps {
  const { stores, client, clock, providers } = parts;
  return {
    stores,
    clock,
    workflows: createSessionWorkflows(client.workflow),
    actionWorkflows: createActionWorkflows(client.workflow),
    capabilitiesOf: (provider) => providers[provider]?.capabilities ?? null,
  };
}

export const wallClock: Clock = { now: () => new Date().toISOString() };

const PROBE_MS = 1_500;

/** The part of a Temporal connection that is probed. */
interface Probed {
  withDeadline(deadline: number, call: () => Promise<unknown>): Promise<unknown>;
  readonly workflowService: { getSystemInfo(request: object): Promise<unknown> };
}

/** Probes the database (also for writing) and Temporal; each part is `ok` or the reason, and none hides the other. */
export async function readiness(
  database: Pick<OpenDatabase, 'compareKeys' | 'admitKeys' | 'stores'>,
  client: { readonly connection: Probed },
): Promise<{ database: string; temporal: string }> {
  const { connection } = client;
  const [databaseState, temporal] = await Promise.all([
    state(async () => {
      await assertKeysStillFit(database);
      await database.stores.proveWritable();
    }),
    state(() =>
      connection.withDeadline(Date.now() + PROBE_MS, () => connection.workflowService.getSystemInfo({})),
    ),
  ]);
  return { database: databaseState, temporal };
}

/**
 * Another process may have begun to write with a key that this one lacks: its customers would not be recognised here. And one
 * without our newest key may have started and, as nothing was written with it yet, forgotten that it is needed.
 */
async function assertKeysStillFit(database: Pick<OpenDatabase, 'compareKeys' | 'admitKeys'>): Promise<void> {
  const { missing, changed, unrecorded } = await database.compareKeys();
  const unfit = [...missing, ...changed];
  if (unfit.length === 0 && unrecorded.length > 0)
    unfit.push(...Object.values(await database.admitKeys()).flat());
  if (unfit.length > 0) throw new Error('the personal data keys do not fit: run sms2pay doctor');
}

async function state(probe: () => Promise<unknown>): Promise<string> {
  try {
    const answer = await within(probe(), PROBE_MS);
    return answer.late ? 'no answer in time' : 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  }
}

/** All that a worker process serves: `/healthz` and `/readyz`, as an api does. */
export function workerHealth(parts: {
  ready: () => Promise<Record<string, string>>;
  log: Logger;
  keys: readonly PersonalDataKey[];
}): Hono {
  const { ready, log, keys } = parts;
  const app = new Hono();
  app.use(secureHeaders({ referrerPolicy: 'no-referrer' }));
  app.route('/', healthRoutes({ ready, log, proofs: installationProofs(keys) }));
  app.notFound((c) => notFoundProblem(c));
  return app;
}
