// The Temporal server that TEMPORAL_ADDRESS names, or the embedded one; and the Schedule there that starts the reconciliation. Its
// memo names the installation that owns the namespace, so that no worker takes the tasks of another installation.
import { readFile } from 'node:fs/promises';
import {
  Client,
  type ClientInterceptors,
  Connection,
  type ConnectionOptions,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import type { NativeConnectionOptions } from '@temporalio/worker';
import type { Config } from '../config/config.ts';
import { refuse, type Trouble } from './trouble.ts';
import type { Environment } from '../config/settings.ts';
import { userCacheDir } from '../embedded/cli-download.ts';
import { resolveTemporalCli } from '../embedded/temporal-cli.ts';
import * as embedded from '../embedded/temporal-server.ts';
import type { LedgerStore } from '../ports/ledger-store.ts';
import { RECONCILIATION_ID, RECONCILIATION_WORKFLOW, TASK_QUEUE } from '../workflows/contract.ts';
import {
  CAPTURED_MINOR,
  CHARGE_STATE,
  NEEDS_ATTENTION,
  PARTNER_ID,
  RECEIPT_NUMBER,
  STARTED_AT,
} from '../workflows/search-attributes.ts';

/** Where Temporal is, and how to stop it if it is ours. */
export interface TemporalServer {
  address: string;
  namespace: string;
  /** null: an external server, whose UI we do not know */
  uiUrl: string | null;
  stop(): Promise<void>;
}

const EMBEDDED_PORT = 7233;
const EMBEDDED_UI_PORT = 8233;

const SEARCH_ATTRIBUTES = [
  PARTNER_ID,
  CHARGE_STATE,
  STARTED_AT,
  CAPTURED_MINOR,
  RECEIPT_NUMBER,
  NEEDS_ATTENTION,
];

/** The external server, or an embedded one that is started now. */
export async function openTemporal(
  config: Config,
  env: Environment,
  report: (line: string) => void,
): Promise<TemporalServer> {
  const { address, namespace } = config.temporal;
  if (address !== null) return { address, namespace, uiUrl: null, stop: () => Promise.resolve() };
  const cli = await resolveTemporalCli({
    cliPath: config.temporal.cliPath,
    env,
    cacheDir: userCacheDir(env),
    report,
  });
  const server = await embedded.startEmbeddedTemporal({
    dataDir: config.dataDir,
    cliPath: cli.path,
    port: EMBEDDED_PORT,
    uiPort: EMBEDDED_UI_PORT,
    namespace,
    timeSkipping: config.simulator.on,
    searchAttributes: SEARCH_ATTRIBUTES,
    env,
    report,
  });
  server.onExit(({ reason, willRestart }) =>
    report(`The Temporal server ended (${reason})${willRestart ? '; it is started again' : ''}.`),
  );
  return server;
}

export async function connectionOptions(
  { temporal: { tls, apiKey } }: Config,
  address: string,
): Promise<ConnectionOptions & NativeConnectionOptions> {
  const options = { address, ...(apiKey === null ? {} : { apiKey }) };
  if (tls === null) return options;
  const { certPath, keyPath, caPath } = tls;
  const clientCertPair =
    certPath !== null && keyPath !== null
      ? { clientCertPair: { crt: await readFile(certPath), key: await readFile(keyPath) } }
      : {};
  const authority = caPath === null ? {} : { serverRootCACertificate: await readFile(caPath) };
  return { ...options, tls: { ...clientCertPair, ...authority } };
}

/** For starting, signalling and reading workflows. */
export async function connectClient(
  config: Config,
  { address, namespace }: Pick<TemporalServer, 'address' | 'namespace'>,
  interceptors: ClientInterceptors = {},
): Promise<Client> {
  const connection = await Connection.connect({
    ...(await connectionOptions(config, address)),
    connectTimeout: SETUP_CALL_MS,
  });
  return new Client({ connection, namespace, interceptors });
}

/** Time for one call that sets up or checks. */
const SETUP_CALL_MS = 10_000;

/** Names of the search attributes that the server lacks. */
export async function missingSearchAttributes(client: Client): Promise<string[]> {
  return (await onAttributes(client, embedded.missingSearchAttributes)).map(({ name }) => name);
}

/** Registers the search attributes that the server lacks; returns their names. */
export async function ensureSearchAttributes(client: Client): Promise<string[]> {
  return await onAttributes(client, embedded.ensureSearchAttributes);
}

async function onAttributes<T>(
  client: Client,
  call: (connection: Connection, namespace: string, wanted: typeof SEARCH_ATTRIBUTES) => Promise<T>,
): Promise<T> {
  const connection = client.connection as Connection;
  return await connection.withDeadline(Date.now() + SETUP_CALL_MS, () =>
    call(connection, client.options.namespace, SEARCH_ATTRIBUTES),
  );
}

/**
 * Claims the namespace for this database by its schedule; before a worker polls there. Harmless when several processes do it at
 * once. Throws when Temporal does not answer in time, and a sentence when the namespace is another installation's.
 */
export async function claimNamespace(
  client: Client,
  { ledger }: { ledger: Pick<LedgerStore, 'installationId'> },
  {
    everyMs,
    scheduleId = RECONCILIATION_ID,
    taskQueue = TASK_QUEUE,
    timeoutMs = SETUP_CALL_MS,
  }: {
    everyMs: number;
    /** other ones than our own are for tests beside each other on one server */
    scheduleId?: string;
    taskQueue?: string;
    /** wall time */
    timeoutMs?: number;
  },
): Promise<void> {
  const installationId = await ledger.installationId();
  const options = {
    scheduleId,
    memo: { installationId },
    spec: { intervals: [{ every: everyMs }] },
    action: {
      type: 'startWorkflow',
      workflowType: RECONCILIATION_WORKFLOW,
      workflowId: scheduleId,
      taskQueue,
      args: [],
      staticSummary: 'Our payments compared with the providers',
    },
    // A run that takes longer than the interval is not overtaken; of what was missed while Temporal was down, one is enough.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: everyMs },
  } as const satisfies ScheduleOptions;
  await client.withDeadline(Date.now() + timeoutMs, async () => {
    try {
      await client.schedule.create(options);
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      refuse(await namespaceTrouble(client, installationId, scheduleId));
      const { spec, action, policies } = options;
      await client.schedule
        .getHandle(scheduleId)
        .update((previous) => ({ spec, action, policies, state: previous.state }));
    }
  });
}

/** Null: the namespace is this installation's, or nobody's yet. Changes nothing. */
export async function namespaceTrouble(
  client: Client,
  installationId: string,
  scheduleId = RECONCILIATION_ID,
): Promise<Trouble | null> {
  const owner = await ownerOf(client, scheduleId);
  if (owner === null || owner === installationId) return null;
  if (owner === 'unknown')
    return {
      what: `The schedule ${scheduleId} of the Temporal namespace "${client.options.namespace}" names no database: it was made by hand`,
      advice: 'Delete it; the next start makes it again',
    };
  return {
    what: `The Temporal namespace "${client.options.namespace}" belongs to another database (installation ${owner}, ours is ${installationId})`,
    advice: `Set the DATABASE_URL or DATA_DIR that belongs to it, or another TEMPORAL_NAMESPACE. Where that database no longer exists, end its workflows and delete the schedule ${scheduleId} there`,
  };
}

/** For a command that acts on sessions: throws also where the namespace is nobody's, for then none of ours runs there. */
export async function assertOurNamespace(client: Client, installationId: string): Promise<void> {
  refuse(await namespaceTrouble(client, installationId));
  if ((await ownerOf(client, RECONCILIATION_ID)) === null)
    throw new Error(
      `No api or worker of this database has used the Temporal namespace "${client.options.namespace}". Set the TEMPORAL_NAMESPACE and TEMPORAL_ADDRESS that they use.`,
    );
}

async function ownerOf(client: Client, scheduleId: string): Promise<string | null> {
  try {
    const { memo } = await client.schedule.getHandle(scheduleId).describe();
    return typeof memo?.['installationId'] === 'string' ? memo['installationId'] : 'unknown';
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}
