// Owns: where the command line finds sessions: in the running process, or in the database and Temporal themselves.
import { z } from 'zod';
import type { ListRequest } from '../api/rest/sessions.ts';
import { requestAction, type ActionRequest } from '../app/actions/request-action.ts';
import {
  describeAction,
  describeSession,
  listSessions,
  type ActionDescription,
  type SessionDescription,
  type SessionSummary,
} from '../app/sessions/session-description.ts';
import type { Config } from '../config/config.ts';
import { openMigratedDatabase } from '../main/installation/migrated-database.ts';
import { demoSecrets } from '../main/demo/demo-secrets.ts';
import { callJson } from './http-json.ts';
import { assertOurNamespace } from '../main/reconciliation-schedule.ts';
import { findRunning, type RunningNote } from '../main/running-file.ts';
import { sessionActionDeps } from '../main/session-actions.ts';
import { connectClient } from '../main/temporal.ts';
import { UsageError } from '../main/usage-error.ts';
import { createVendors, vendorAccounts } from '../main/vendors.ts';
import { wallClock } from '../main/wall-clock.ts';

export interface SessionSource {
  list(asked: ListRequest): Promise<SessionSummary[]>;
  show(sessionId: string): Promise<SessionDescription>;
  act(sessionId: string, request: ActionRequest): Promise<ActionDescription>;
}

export async function withSessions<T>(
  config: Config,
  work: (sessions: SessionSource) => Promise<T>,
): Promise<T> {
  const running = await findRunning(config.dataDir);
  if (running) return await work(sessionsOf(running));
  const demo = config.simulator.on ? await demoSecrets(config.dataDir) : null;
  const keys = config.personalData?.keys ?? (demo ? [demo.personalData] : []);
  const database = await openMigratedDatabase(config, () => {}, { keys, waits: 'unhurried' });
  const publicUrl = config.http.publicUrl ?? '';
  try {
    return await work({
      list: (asked) => listSessions(database.stores, asked),
      show: async (sessionId) =>
        (await describeSession(database.stores, sessionId, publicUrl)) ?? noSuchSession(sessionId),
      act: async (sessionId, request) => {
        const client = await temporalClient(config);
        try {
          await assertOurNamespace(client, await database.stores.books.installationId());
          // Asked for its capabilities only: no address of the simulator is needed.
          const accounts = vendorAccounts(
            config,
            demo && { secrets: demo, simulatorUrl: 'http://localhost' },
          );
          const { providers } = createVendors(accounts, publicUrl, () => []);
          const { stores } = database;
          const deps = sessionActionDeps({ stores, client, clock: wallClock, providers });
          const answer = await requestAction(deps, sessionId, request);
          if (answer.kind === 'unknownSession') return noSuchSession(sessionId);
          if (answer.kind === 'conflict') throw new UsageError(answer.detail);
          return describeAction(answer.action);
        } finally {
          await client.connection.close();
        }
      },
    });
  } finally {
    await database.close();
  }
}

function noSuchSession(sessionId: string): never {
  throw new UsageError(`There is no session "${sessionId}".`);
}

async function temporalClient(config: Config) {
  const { address, namespace } = config.temporal;
  if (address === null)
    throw new UsageError(
      'Nothing is running with this DATA_DIR. Start it with npm start, or set DATABASE_URL and TEMPORAL_ADDRESS.',
    );
  return await connectClient(config, { address, namespace, uiUrl: null, stop: () => Promise.resolve() });
}

const listedSchema = z.object({ items: z.array(z.custom<SessionSummary>()) });

function sessionsOf({ url, adminToken: token }: RunningNote): SessionSource {
  const address = (sessionId: string): string => `${url}/api/v1/sessions/${encodeURIComponent(sessionId)}`;
  return {
    list: async ({ limit, partnerId, attention }) => {
      const query = new URLSearchParams({
        limit: String(limit),
        attention: String(attention),
        ...(partnerId ? { partnerId } : {}),
      });
      const answer = await callJson(`${url}/api/v1/sessions?${query.toString()}`, { token });
      return listedSchema.parse(answer).items;
    },
    show: async (sessionId) =>
      z.custom<SessionDescription>().parse(await callJson(address(sessionId), { token })),
    act: async (sessionId, { amountMinor, ...request }) => {
      const body = { ...request, ...(amountMinor === null ? {} : { amountMinor }) };
      const answer = await callJson(`${address(sessionId)}/actions`, { method: 'POST', body, token });
      return z.custom<ActionDescription>().parse(answer);
    },
  };
}
