// Owns: what a worker process answers over HTTP: how it is, and nothing else.
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { healthRoutes } from '../api/health.ts';
import { notFoundProblem } from '../api/problem.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../ports/logger.ts';
import { listen } from './http-server.ts';
import { installationProofs } from './installation/proof.ts';

/** Listens at HOST:PORT. `ready`: as for the api, each part `ok` or what is wrong with it. */
export async function serveWorkerHealth(
  config: Config,
  log: Logger,
  ready: () => Promise<Record<string, string>>,
): Promise<{ url: string; close(): Promise<void> }> {
  const proofs = installationProofs(config.personalData?.keys ?? []);
  const app = new Hono();
  app.use(secureHeaders({ referrerPolicy: 'no-referrer' }));
  app.route('/', healthRoutes({ ready, log, proofs }));
  app.notFound((c) => notFoundProblem(c));
  return await listen(config.http, (request, connection) => app.fetch(request, connection));
}
