// What the doctor is sent to: a running sms2pay with simulated vendors, and web servers that are something else.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { onTestFinished } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { providerWebhookRoutes } from '../../src/api/rest/admin-routes.ts';
import { parseConfig } from '../../src/config/config.ts';
import { demoSecrets } from '../../src/main/demo/demo-secrets.ts';
import { listen } from '../../src/main/http-server.ts';
import { installationProofs } from '../../src/main/installation.ts';
import { noteRunning } from '../../src/main/running-file.ts';
import { openSimulator } from '../../src/main/demo/demo.ts';
import { TemporalLog } from '../../src/main/demo/temporal-log.ts';
import { ProviderWebhooks } from '../../src/main/provider-webhooks.ts';
import { wallClock } from '../../src/main/serving.ts';
import { createVendors, vendorAccounts, type VendorAccounts } from '../../src/main/vendors.ts';
import type { ProviderWebhook } from '../../src/ports/webhooks.ts';
import { apiFixture } from '../api/api-fixture.ts';

export async function aDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-doctor-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  return dataDir;
}

/** Answers every request alike, as a web server does that knows nothing of payments. */
export async function aWebServer(
  answer: (response: ServerResponse, path: string) => void = (response) =>
    response.writeHead(404).end('<h1>Not Found</h1>'),
): Promise<string> {
  const server: Server = createServer((request, response) => answer(response, request.url ?? ''));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address at which nothing listens. */
export async function aDeadAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return `http://127.0.0.1:${port}`;
}

export interface RunningSms2pay {
  url: string;
  dataDir: string;
  accounts: VendorAccounts;
  /** the registrations at Vipps whose secrets it keeps */
  kept: ProviderWebhook[];
  parts: Record<string, string>;
}

/** As after `sms2pay start`: its note in DATA_DIR, its API with the keys of DATA_DIR, the simulator below /sim. */
export async function aRunningSms2pay(): Promise<RunningSms2pay> {
  const dataDir = await aDataDir();
  const secrets = await demoSecrets(dataDir);
  const config = parseConfig({ DATA_DIR: dataDir });
  const kept: ProviderWebhook[] = [];
  const parts: Record<string, string> = { database: 'ok', temporal: 'ok', worker: 'ok' };
  const door = { app: new Hono() };
  const server = await listen({ ...config.http, port: 0 }, (request) => door.app.fetch(request));
  onTestFinished(() => server.close());
  const simulatorUrl = `${server.url}/sim`;
  const accounts = vendorAccounts(config, { secrets, simulatorUrl });
  const { simulator, routes } = openSimulator({
    dataDir,
    url: server.url,
    simulatorUrl,
    hostNames: [],
    accounts,
    client: () => {
      throw new Error('nobody moves the clock here');
    },
    sms2pay: {
      sessions: () => Promise.resolve([]),
      services: () => Promise.resolve([]),
      limitOf: () => Promise.resolve(null),
    },
    temporalLog: new TemporalLog(),
  });
  onTestFinished(() => simulator.close());
  const adminToken = 'token-of-the-note';
  const providerWebhooks = {
    list: () => Promise.resolve(kept),
    add: async (webhook: ProviderWebhook) => void kept.push(webhook),
    remove: () => Promise.resolve(false),
  };
  const { providers } = createVendors(accounts, server.url, () => []);
  const ensureWebhook = new ProviderWebhooks(providerWebhooks, wallClock).ensureFor(providers, server.url);
  door.app = createApp({
    ...apiFixture().deps,
    proofs: installationProofs([secrets.personalData]),
    ready: () => Promise.resolve(parts),
    extraRoutes: new Hono()
      .route('/', providerWebhookRoutes({ providerWebhooks, ensureWebhook, adminToken }))
      .route('/', routes),
  });
  await noteRunning(dataDir, { url: server.url, adminToken });
  return { url: server.url, dataDir, accounts, kept, parts };
}
