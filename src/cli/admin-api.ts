// The command line's client of the admin API: of the running process, or of one inside this process.
import { z } from 'zod';
import type { ListRequest } from '../api/rest/sessions.ts';
import type { ActionRequest } from '../app/actions/request-action.ts';
import type { DayProof, ReconciliationReport } from '../app/proofs.ts';
import type {
  ActionDescription,
  SessionDescription,
  SessionSummary,
} from '../app/sessions/session-description.ts';
import type { Config } from '../config/config.ts';
import type { SessionProof } from '../domain/reconciliation/proof.ts';
import { findRunning } from '../main/running-file.ts';
import type { AttentionEntry } from '../ports/attention-store.ts';
import type { Partner } from '../ports/settings-store.ts';
import { callJson, type Call } from './http-json.ts';
import { openOwnAdminApi, type AdminNeeds } from './own-admin-api.ts';

export interface SavedPartner {
  partner: Partner;
  warnings: string[];
}

/** Every method throws UsageError with the API's own sentence when it refuses. */
export interface AdminApi {
  listSessions(asked: ListRequest): Promise<SessionSummary[]>;
  showSession(sessionId: string): Promise<SessionDescription>;
  act(sessionId: string, request: ActionRequest): Promise<ActionDescription>;
  listPartners(): Promise<Partner[]>;
  addPartner(written: unknown): Promise<SavedPartner>;
  changePartner(partnerId: string, change: Record<string, unknown>): Promise<SavedPartner>;
  proveSession(sessionId: string): Promise<SessionProof>;
  proveDay(asked: { day: string; partnerId: string | null }): Promise<DayProof[]>;
  reconcile(asked: { from: string; to: string; partnerId: string | null }): Promise<ReconciliationReport>;
  listTasks(): Promise<AttentionEntry[]>;
  closeTask(task: { subject: string; reason: AttentionEntry['reason']; actor: string }): Promise<void>;
}

/** `needs`: what the work needs beside the database where no process is running. */
export async function withAdminApi<T>(
  config: Config,
  needs: AdminNeeds,
  work: (api: AdminApi) => Promise<T>,
): Promise<T> {
  const running = await findRunning(config.dataDir);
  if (running) return await work(adminApi(running.url, { token: running.adminToken }));
  const own = await openOwnAdminApi(config, needs);
  try {
    return await work(adminApi('http://localhost', own));
  } finally {
    await own.close();
  }
}

function adminApi(url: string, { token, send }: Pick<Call, 'token' | 'send'>): AdminApi {
  const ask = async <T>(path: string, call: Pick<Call, 'method' | 'body'> = {}): Promise<T> =>
    z.custom<T>().parse(await callJson(`${url}/api/v1${path}`, { ...call, token, send }));
  const items = async <T>(path: string): Promise<T[]> => (await ask<{ items: T[] }>(path)).items;
  return {
    listSessions: ({ limit, partnerId, attention }) =>
      items(`/sessions?${queryOf({ limit, attention, partnerId })}`),
    showSession: (sessionId) => ask(`/sessions/${encodeURIComponent(sessionId)}`),
    act: (sessionId, { amountMinor, ...request }) => {
      const body = { ...request, ...(amountMinor === null ? {} : { amountMinor }) };
      return ask(`/sessions/${encodeURIComponent(sessionId)}/actions`, { method: 'POST', body });
    },
    listPartners: () => items('/partners'),
    addPartner: (body) => ask('/partners', { method: 'POST', body }),
    changePartner: (partnerId, body) =>
      ask(`/partners/${encodeURIComponent(partnerId)}`, { method: 'PATCH', body }),
    proveSession: (sessionId) => ask(`/proof/${encodeURIComponent(sessionId)}`),
    proveDay: (asked) => items(`/proof?${queryOf(asked)}`),
    reconcile: (asked) => ask(`/reconciliation?${queryOf(asked)}`),
    listTasks: () => items('/tasks'),
    closeTask: async (body) => {
      await ask('/tasks/close', { method: 'POST', body });
    },
  };
}

function queryOf(asked: Record<string, string | number | boolean | null | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked))
    if (value !== null && value !== undefined) query.set(name, String(value));
  return query.toString();
}
