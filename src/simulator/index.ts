import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { type ApiParts, apiRoutes } from './api.ts';
import { bodyLimit, ownNames, ownPages } from './visitors.ts';
import { ClockSteps, SimulatorClock } from './clock.ts';
import { Deliveries } from './deliveries.ts';
import { Exchanges, MAX_EXCHANGES, type TemporalCall } from './exchanges.ts';
import { Faults } from './faults.ts';
import { Gateway } from './vendors/link/gateway.ts';
import { Journal } from './journal.ts';
import { linkRoutes } from './vendors/link/routes.ts';
import type { Simulator, SimulatorOptions, VippsSalesUnit } from './options.ts';
import { PaycorePayments } from './vendors/paycore/payments.ts';
import { paycoreWallet, paycoreRoutes } from './vendors/paycore/routes.ts';
import type { SimulatorParts } from './parts.ts';
import { Payments } from './payments.ts';
import { News } from './page/live.tsx';
import { type LogEntry, PageLog } from './page/page-log.ts';
import { pageRoutes, simulatorPage } from './page/routes.tsx';
import { signList, signPage } from './page/sign-page.tsx';
import { problem } from './problem.ts';
import { Pusher } from './pusher.ts';
import { mountPathOf, recording, type VendorEnv } from './recording.ts';
import { Store } from './store.ts';
import { realSchedule, Timers } from './timers.ts';
import { vippsWallet, type VippsParts, vippsRoutes } from './vendors/vipps/routes.ts';
import { VippsPayments } from './vendors/vipps/payments.ts';
import { RateLimit } from './vendors/vipps/epayment.ts';
import { walletRoutes } from './page/wallet.tsx';

export type { Simulator, SimulatorOptions } from './options.ts';

interface Parts extends ApiParts {
  temporalCalls: Exchanges<TemporalCall>;
  log: PageLog;
  news: { changed: News; entry: News<LogEntry> };
  paycore: PaycorePayments;
  vipps: VippsParts | null;
}

/**
 * Stand-ins of the SMS gateway (LINK) and the payment providers (Paycore, Vipps) over HTTP, with a phone page and an API for
 * testers. It is the other side: written from the vendors' documents, and without any of its code; it calls the webhooks alone.
 */
export function createSimulator(given: SimulatorOptions): Simulator {
  const options = { ...given, baseUrl: () => given.baseUrl().replace(/\/$/, '') };
  const parts = buildParts(options);
  const app = buildApp(options, parts);
  resume(options, parts);
  return {
    app,
    clock: { now: () => parts.clock.now(), offsetMs: () => parts.clock.offsetMs() },
    recordTemporal: (call) => {
      const at = new Date(parts.clock.nowMs() - call.durationMs).toISOString();
      parts.temporalCalls.record({ ...call, id: parts.temporalCalls.newId(), at });
    },
    idle: () => parts.deliveries.idle(),
    close: async () => {
      parts.timers.close();
      await parts.deliveries.close();
      parts.store.close();
      parts.exchanges.close();
      parts.temporalCalls.close();
    },
  };
}

function buildParts(options: SimulatorOptions): Parts {
  const { dataDir, baseUrl, webhooks, advanceWorkflows } = options;
  if (dataDir !== null) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const journal = (name: string) => (dataDir === null ? null : new Journal(join(dataDir, name)));
  const { news, store, exchanges, temporalCalls, log } = recordsOf(options, journal);
  const clock = new SimulatorClock(store, options.wallNow ?? Date.now);
  const timers = new Timers(options.schedule ?? realSchedule);
  const faults = new Faults(store, { vipps: options.vipps !== undefined });
  const pusher = new Pusher({ store, clock, exchanges, timers, webhooks });
  const vippsRetryScale = options.vippsRetryScale ?? 1;
  const deliveries = new Deliveries({ store, clock, faults, timers, pusher, vippsRetryScale });
  const shared = { store, exchanges, clock, timers, faults, deliveries, baseUrl };
  const gateway = new Gateway({ ...shared, link: options.link });
  const paycore = new PaycorePayments(shared);
  const vipps = options.vipps === undefined ? null : vippsParts(shared, options.vipps);
  const payments = new Payments(vipps === null ? [paycore] : [paycore, vipps.payments]);
  const clockSteps = new ClockSteps({ clock, payments, advanceWorkflows });
  return { ...shared, gateway, payments, clockSteps, paycore, vipps, temporalCalls, log, news };
}

/** What is kept, with word to the open pages of each change. */
function recordsOf(options: SimulatorOptions, journal: (name: string) => Journal | null) {
  const news = { changed: new News(), entry: new News<LogEntry>() };
  const defaults = {
    clockOffsetMs: 0,
    paycoreSendsReceipts: false,
    paycoreReleasesRest: options.paycoreReleasesRest ?? false,
  };
  const store = new Store(journal('simulator.jsonl'), defaults, () => news.changed.notify());
  const exchanges = new Exchanges(journal('simulator-exchanges.jsonl'), MAX_EXCHANGES, (exchange) =>
    news.entry.notify(log.ofExchange(exchange)),
  );
  const temporalCalls = new Exchanges<TemporalCall>(
    journal('simulator-temporal.jsonl'),
    MAX_EXCHANGES,
    (call) => news.entry.notify(log.ofCall(call)),
  );
  const log = new PageLog({ exchanges, temporalCalls, mountPath: () => mountPathOf(options.baseUrl()) });
  return { news, store, exchanges, temporalCalls, log };
}

function vippsParts(shared: SimulatorParts, salesUnit: VippsSalesUnit): VippsParts {
  const payments = new VippsPayments({ ...shared, salesUnit });
  return { ...shared, salesUnit, payments, rateLimit: new RateLimit(shared.clock) };
}

const RESUME_AFTER_MS = 500;

/** Resumes the pushes and expiries of an earlier run, once the server listens and the addresses are known. */
function resume(options: SimulatorOptions, parts: Parts): void {
  parts.timers.after(RESUME_AFTER_MS, () => {
    if (!addressesKnown(options)) {
      resume(options, parts);
      return;
    }
    parts.payments.expireDue();
    parts.deliveries.resume();
  });
}

function addressesKnown({ baseUrl, webhooks }: SimulatorOptions): boolean {
  try {
    const { smsUrl, deliveryUrl } = webhooks();
    return [baseUrl(), smsUrl, deliveryUrl].every((url) => URL.canParse(url));
  } catch {
    return false;
  }
}

function hostNames({ baseUrl, hostNames: names = [] }: SimulatorOptions): string[] {
  return [new URL(baseUrl()).hostname, ...names];
}

const MAX_BODY_BYTES = 64 * 1024;

function buildApp(options: SimulatorOptions, parts: Parts): Hono {
  const { shortNumber, baseUrl } = options;
  const app = new Hono();
  app.use(
    securityHeaders(),
    untilClosed(parts),
    ownNames(() => hostNames(options)),
    ownPages(),
  );
  app.use(bodyLimit(MAX_BODY_BYTES));
  app.onError((_error, c) => problem(c, 500, 'The simulator failed; nothing is known to be changed.'));
  const pageParts = { ...parts, shortNumber, sms2pay: options.sms2pay ?? null };
  const page = simulatorPage(pageParts);
  app.get('/', page);
  app.route('/page', pageRoutes(pageParts, parts.news));
  app.get('/signs', signList(pageParts));
  app.get('/signs/:serviceId', signPage(pageParts));
  app.route('/api', apiRoutes(parts));
  assetRoutes(app);

  app.route('/', vendorRoutes(options, parts));

  app.all('*', (c) => {
    // A mounted app sees its root with a slash at the end only here.
    const isRoot = new URL(c.req.url).pathname === `${mountPathOf(baseUrl())}/`;
    return isRoot && c.req.method === 'GET' ? page(c) : problem(c, 404, 'There is nothing here.');
  });
  return app;
}

function vendorRoutes(
  { shortNumber, link, paycore: partner }: SimulatorOptions,
  parts: Parts,
): Hono<VendorEnv> {
  const { baseUrl, paycore, vipps } = parts;
  const app = new Hono<VendorEnv>();
  app.use('/link/*', recording(parts, 'sms2pay', 'gateway'));
  app.route('/link', linkRoutes({ ...parts, link, shortNumber }));
  app.use('/paycore/api/*', recording(parts, 'sms2pay', 'paycore'));
  app.route('/paycore/api', paycoreRoutes({ ...parts, payments: paycore, partner }));
  const paycorePage = '/paycore/pre-transactions/:partnerId/:id';
  app.use(paycorePage, recording(parts, 'browser', 'paycore'));
  walletRoutes(app, paycorePage, { baseUrl, find: paycoreWallet({ payments: paycore, baseUrl }) });
  if (vipps === null) return app;
  const vippsPage = '/vipps/landing/:token';
  app.use(vippsPage, recording(parts, 'browser', 'vipps'));
  walletRoutes(app, vippsPage, { baseUrl, find: vippsWallet(vipps.payments) });
  app.use('/vipps/*', recording(parts, 'sms2pay', 'vipps'));
  app.route('/vipps', vippsRoutes(vipps));
  return app;
}

function assetRoutes(app: Hono): void {
  const types = {
    'simulator.css': 'text/css',
    'simulator.js': 'text/javascript',
    'sign.js': 'text/javascript',
  } as const;
  for (const [name, type] of Object.entries(types)) {
    const content = readFileSync(new URL(`assets/${name}`, import.meta.url), 'utf8');
    const headers = { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache' };
    app.get(`/assets/${name}`, (c) => c.body(content, 200, headers));
  }
}

function securityHeaders(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    c.header('content-security-policy', "default-src 'self'; frame-ancestors 'self'; base-uri 'none'");
    c.header('x-content-type-options', 'nosniff');
    c.header('referrer-policy', 'same-origin');
  };
}

function untilClosed({ timers }: Parts): MiddlewareHandler {
  return async (c: Context, next) => {
    if (timers.closing.aborted) return problem(c, 503, 'The simulator is closing.');
    await next();
    return undefined;
  };
}
