// Owns: where the command line finds proofs and tasks: in the running process, or in the database and at the providers.
import { z } from 'zod';
import {
  proveDay,
  proveSession,
  reconcileDays,
  type DayProof,
  type ReconciliationReport,
} from '../app/proofs.ts';
import type { Config } from '../config/config.ts';
import type { SessionProof } from '../domain/reconciliation/proof.ts';
import { clearByOperator } from '../app/attention/clear-by-operator.ts';
import { openMigratedDatabase } from '../main/installation/migrated-database.ts';
import type { AttentionEntry } from '../ports/attention-store.ts';
import { callJson } from './http-json.ts';
import { findRunning, type RunningNote } from '../main/running-file.ts';
import { UsageError } from '../main/usage-error.ts';
import { createVendors, vendorAccounts } from '../main/vendors.ts';
import { wallClock } from '../main/wall-clock.ts';

export interface CloseTask {
  subject: string;
  reason: AttentionEntry['reason'];
  actor: string;
}

export interface ProofSource {
  proveSession(sessionId: string): Promise<SessionProof>;
  proveDay(asked: { day: string; partnerId: string | null }): Promise<DayProof[]>;
  reconcile(asked: { from: string; to: string; partnerId: string | null }): Promise<ReconciliationReport>;
  listTasks(): Promise<AttentionEntry[]>;
  /** Throws UsageError when no such task is open. */
  closeTask(task: CloseTask): Promise<void>;
}

const TASKS = 500;

/** In an installation of several processes the database and the providers are asked by this process itself. */
export async function withProofs<T>(config: Config, work: (proofs: ProofSource) => Promise<T>): Promise<T> {
  const running = await findRunning(config.dataDir);
  if (running) return await work(proofsOf(running));
  if (config.simulator.on)
    throw new UsageError('Nothing is running with this DATA_DIR. Start it with: npm start');
  const database = await openMigratedDatabase(config, () => {}, { waits: 'unhurried' });
  try {
    const { providers } = createVendors(vendorAccounts(config, null), config.http.publicUrl ?? '', () => []);
    const { stores } = database;
    const deps = { stores, providers, clock: wallClock };
    return await work({
      proveSession: async (sessionId) => (await proveSession(deps, sessionId)) ?? noSuchSession(sessionId),
      proveDay: (asked) => proveDay(deps, asked),
      reconcile: (asked) => reconcileDays(deps, asked),
      listTasks: () => stores.attention.list({ limit: TASKS }),
      closeTask: async (task) => {
        const refusal = await clearByOperator(deps, task);
        if (refusal !== null) throw new UsageError(refusal);
      },
    });
  } finally {
    await database.close();
  }
}

function noSuchSession(sessionId: string): never {
  throw new UsageError(`There is no session "${sessionId}".`);
}

const daysSchema = z.object({ items: z.array(z.custom<DayProof>()) });
const tasksSchema = z.object({ items: z.array(z.custom<AttentionEntry>()) });

function proofsOf({ url, adminToken: token }: RunningNote): ProofSource {
  const api = `${url}/api/v1`;
  const ask = (path: string): Promise<unknown> => callJson(`${api}${path}`, { token });
  return {
    proveSession: async (sessionId) =>
      z.custom<SessionProof>().parse(await ask(`/proof/${encodeURIComponent(sessionId)}`)),
    proveDay: async (asked) => daysSchema.parse(await ask(`/proof?${queryOf(asked)}`)).items,
    reconcile: async (asked) =>
      z.custom<ReconciliationReport>().parse(await ask(`/reconciliation?${queryOf(asked)}`)),
    listTasks: async () => tasksSchema.parse(await ask('/tasks')).items,
    closeTask: async (body) => {
      await callJson(`${api}/tasks/close`, { method: 'POST', body, token });
    },
  };
}

function queryOf(asked: Record<string, string | null>): string {
  const given = Object.entries(asked).filter((pair): pair is [string, string] => pair[1] !== null);
  return new URLSearchParams(given).toString();
}
