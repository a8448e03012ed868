// The connection to Temporal: the server that TEMPORAL_ADDRESS names, or the embedded one.
import { readFile } from 'node:fs/promises';
import { Client, type ClientInterceptors, Connection, type ConnectionOptions } from '@temporalio/client';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import type { Config } from '../config/config.ts';
import type { TemporalTls } from '../config/rules.ts';
import type { Environment } from '../config/settings.ts';
import { userCacheDir } from '../embedded/cli-download.ts';
import { resolveTemporalCli } from '../embedded/temporal-cli.ts';
import * as embedded from '../embedded/temporal-server.ts';
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

async function connectionOptions(
  config: Config,
  server: TemporalServer,
): Promise<ConnectionOptions & NativeConnectionOptions> {
  const { tls, apiKey } = config.temporal;
  return {
    address: server.address,
    ...(tls ? { tls: await tlsOptions(tls) } : {}),
    ...(apiKey === null ? {} : { apiKey }),
  };
}

async function tlsOptions(tls: TemporalTls): Promise<NonNullable<NativeConnectionOptions['tls']>> {
  const { certPath, keyPath, caPath } = tls;
  const clientCertPair =
    certPath !== null && keyPath !== null
      ? { crt: await readFile(certPath), key: await readFile(keyPath) }
      : undefined;
  const serverRootCACertificate = caPath === null ? undefined : await readFile(caPath);
  return {
    ...(clientCertPair ? { clientCertPair } : {}),
    ...(serverRootCACertificate ? { serverRootCACertificate } : {}),
  };
}

/** For starting, signalling and reading workflows. */
export async function connectClient(
  config: Config,
  server: TemporalServer,
  interceptors: ClientInterceptors = {},
): Promise<Client> {
  const connection = await Connection.connect({
    ...(await connectionOptions(config, server)),
    connectTimeout: SETUP_CALL_MS,
  });
  return new Client({ connection, namespace: server.namespace, interceptors });
}

/** For a worker. */
export async function connectWorker(config: Config, server: TemporalServer): Promise<NativeConnection> {
  return await NativeConnection.connect(await connectionOptions(config, server));
}

/** Time for one call that sets up or checks. */
const SETUP_CALL_MS = 10_000;

/** The search attributes that the server lacks. */
export async function missingSearchAttributes(client: Client): Promise<{ name: string }[]> {
  const connection = client.connection as Connection;
  return await connection.withDeadline(Date.now() + SETUP_CALL_MS, () =>
    embedded.missingSearchAttributes(connection, client.options.namespace, SEARCH_ATTRIBUTES),
  );
}

/** Registers the search attributes that the server lacks; returns their names. */
export async function ensureSearchAttributes(client: Client): Promise<string[]> {
  const connection = client.connection as Connection;
  return await connection.withDeadline(Date.now() + SETUP_CALL_MS, () =>
    embedded.ensureSearchAttributes(connection, client.options.namespace, SEARCH_ATTRIBUTES),
  );
}
