// Whether what serving needs is there, part by part.
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { healthRoutes } from '../api/health.ts';
import { notFoundProblem } from '../api/problem.ts';
import type { PersonalDataKey } from '../config/formats.ts';
import { within } from '../ports/bounded.ts';
import type { Logger } from '../ports/logger.ts';
import type { OpenDatabase } from './database.ts';
import { installationProofs } from './installation.ts';

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
