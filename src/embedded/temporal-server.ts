// The application's side of the embedded Temporal server: have it started by its supervisor, know when it answers,
// have it stopped. Must not: start the server itself; only the supervisor outlives a kill -9 of the application.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { childEnvironment, type Environment, type Report, scriptArguments } from './child-process.ts';
import {
  readMessages,
  ATTRIBUTE_TYPES,
  type Ports,
  type SearchAttribute,
  signal,
  type SupervisorEvent,
  type SupervisorOrder,
} from './dev-server.ts';

export interface EmbeddedTemporalOptions {
  /** DATA_DIR; the server keeps its database and log in `temporal/` inside */
  dataDir: string;
  /** from `resolveTemporalCli` */
  cliPath: string;
  /** wanted; a free one is used instead when it is in use */
  port: number;
  uiPort: number;
  namespace: string;
  /** lets workflows be moved forward in time: only with the simulator */
  timeSkipping: boolean;
  searchAttributes: readonly SearchAttribute[];
  /** what child processes may need of the environment, see `childEnvironment` */
  env: Environment;
  report: Report;
  /** false: everything in memory, for tests */
  keepsData?: boolean;
}

interface ServerExit {
  reason: string;
  /** true: it comes back on the same ports and the SDK reconnects by itself */
  willRestart: boolean;
}

export interface EmbeddedTemporal {
  /** host:port for gRPC */
  address: string;
  uiUrl: string;
  namespace: string;
  logFile: string;
  /** Stops the server and waits for its end. */
  stop(): Promise<void>;
  /** Called when the server ends without a stop. */
  onExit(callback: (exit: ServerExit) => void): void;
}

// Includes waiting up to 30 s for an earlier one that is stopping.
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const MAX_SUPERVISORS = 4;

/** Starts the server, or throws with the reason. Resolves when it answers and namespace and attributes are there. */
export async function startEmbeddedTemporal(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  const directory = join(resolve(options.dataDir), 'temporal');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const server = new EmbeddedServer(options, directory);
  const { port, uiPort } = await server.start();
  return {
    address: `127.0.0.1:${port}`,
    uiUrl: `http://127.0.0.1:${uiPort}`,
    namespace: options.namespace,
    logFile: join(directory, 'server.log'),
    stop: () => server.stop(),
    onExit: (callback) => server.onExit(callback),
  };
}

class EmbeddedServer {
  readonly #options: EmbeddedTemporalOptions;
  readonly #directory: string;
  readonly #exitCallbacks: ((exit: ServerExit) => void)[] = [];
  #supervisor: ChildProcess | null = null;
  #supervisorEnded: Promise<void> = Promise.resolve();
  #supervisors = 0;
  #serverPid: number | null = null;
  #ports: Ports | null = null;
  #gaveUp = false;
  #stopping: Promise<void> | null = null;

  constructor(options: EmbeddedTemporalOptions, directory: string) {
    this.#options = options;
    this.#directory = directory;
  }

  async start(): Promise<Ports> {
    try {
      return await this.#startSupervisor();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  onExit(callback: (exit: ServerExit) => void): void {
    this.#exitCallbacks.push(callback);
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    const supervisor = this.#supervisor;
    if (supervisor === null) return;
    supervisor.stdin?.end();
    const forced = setTimeout(() => {
      if (this.#serverPid !== null) signal(this.#serverPid, 'SIGKILL');
      supervisor.kill('SIGKILL');
    }, STOP_TIMEOUT_MS);
    await this.#supervisorEnded;
    clearTimeout(forced);
  }

  async #startSupervisor(): Promise<Ports> {
    this.#supervisors += 1;
    const supervisor = this.#spawnSupervisor();
    const started = new AbortController();
    const giveUp = setTimeout(
      () => started.abort(new Error(`The Temporal server took too long to start (log: ${this.#directory}).`)),
      START_TIMEOUT_MS,
    );
    try {
      const ports = await this.#firstAnswer(supervisor, started);
      supervisor.stdin?.write(`${JSON.stringify({ type: 'ready' })}\n`);
      this.#ports = ports;
      return ports;
    } finally {
      clearTimeout(giveUp);
      // What still runs for an earlier server no longer matters.
      started.abort();
    }
  }

  /** Follows the supervisor's events until a server of its answers. */
  #firstAnswer(supervisor: ChildProcess, started: AbortController): Promise<Ports> {
    const { namespace, searchAttributes } = this.#options;
    return new Promise((done, failed) => {
      let probing = new AbortController();
      started.signal.addEventListener('abort', () => {
        probing.abort();
        failed(started.signal.reason);
      });
      const onEvent = (event: SupervisorEvent): void => {
        this.#onEvent(event);
        if (event.type === 'failed') failed(new Error(event.message));
        if (event.type !== 'exited' && event.type !== 'started') return;
        probing.abort();
        probing = new AbortController();
        if (event.type === 'exited' || started.signal.aborted) return;
        const { signal: abandoned } = probing;
        const { port, uiPort } = event;
        void waitUntilReady(`127.0.0.1:${port}`, namespace, searchAttributes, abandoned).then(
          () => done({ port, uiPort }),
          (error: unknown) => void (abandoned.aborted || failed(error)),
        );
      };
      if (supervisor.stdout) readMessages(supervisor.stdout, (event) => onEvent(event as SupervisorEvent));
      void this.#supervisorEnded.then(() => failed(new Error(this.#supervisorComplaint())));
    });
  }

  #onEvent(event: SupervisorEvent): void {
    if (event.type === 'report') this.#options.report(event.line);
    if (event.type === 'failed') this.#gaveUp = true;
    if (event.type === 'started') this.#serverPid = event.serverPid;
    if (event.type === 'exited') {
      this.#serverPid = null;
      this.#notify({ reason: event.reason, willRestart: event.willRestart });
    }
  }

  #notify(exit: ServerExit): void {
    if (this.#stopping !== null) return;
    for (const callback of this.#exitCallbacks) callback(exit);
  }

  #spawnSupervisor(): ChildProcess {
    const { dataDir, cliPath, namespace, timeSkipping, searchAttributes, keepsData } = this.#options;
    const order: SupervisorOrder = {
      cliPath: resolve(cliPath),
      directory: this.#directory,
      dataDir: resolve(dataDir),
      keepsData: keepsData ?? true,
      port: this.#ports?.port ?? this.#options.port,
      uiPort: this.#ports?.uiPort ?? this.#options.uiPort,
      fixedPorts: this.#ports !== null,
      namespace,
      timeSkipping,
      searchAttributes: searchAttributes.map(({ name, type }) => ({ name, type })),
      env: childEnvironment(this.#options.env),
      appPid: process.pid,
    };
    const complaints = openSync(this.#complaintFile(), 'w', 0o600);
    // A session of its own, so that Ctrl-C in a terminal reaches the application alone.
    const supervisor = spawn(process.execPath, scriptArguments(import.meta.url, 'temporal-supervisor'), {
      detached: true,
      cwd: this.#directory,
      env: order.env,
      stdio: ['pipe', 'pipe', complaints],
    });
    closeSync(complaints);
    supervisor.stdin?.on('error', () => {});
    supervisor.stdin?.write(`${JSON.stringify(order)}\n`);
    this.#supervisor = supervisor;
    this.#supervisorEnded = new Promise((done) => {
      supervisor.on('error', () => done());
      // `close` comes after the last event was read.
      supervisor.on('close', () => {
        done();
        this.#onSupervisorEnd();
      });
    });
    return supervisor;
  }

  /** The supervisor was killed, for want of memory, for example: a new one finds the server it left and takes over. */
  #onSupervisorEnd(): void {
    if (this.#stopping !== null || this.#ports === null || this.#gaveUp) return;
    if (this.#serverPid !== null && this.#options.keepsData === false) signal(this.#serverPid, 'SIGKILL');
    this.#serverPid = null;
    const reason = `The Temporal server's supervisor ended. ${this.#supervisorComplaint()}`;
    const willRestart = this.#supervisors < MAX_SUPERVISORS;
    this.#notify({ reason, willRestart });
    if (!willRestart) return;
    this.#startSupervisor().catch((error: unknown) => {
      this.#notify({ reason: error instanceof Error ? error.message : String(error), willRestart: false });
    });
  }

  #complaintFile(): string {
    return join(this.#directory, 'supervisor.log');
  }

  #supervisorComplaint(): string {
    const lines = readFileSync(this.#complaintFile(), 'utf8').trim();
    return lines === '' ? 'It gave no reason.' : lines.slice(-1_000);
  }
}

const POLL_MS = 25;
/** of one probe; a server that is busy starting up is probed again */
const PROBE_TIMEOUT_MS = 10_000;

/** Settles when the server at `address` is ready; throws when it is `abandoned`. */
async function waitUntilReady(
  address: string,
  namespace: string,
  searchAttributes: readonly SearchAttribute[],
  abandoned: AbortSignal,
): Promise<void> {
  for (;;) {
    abandoned.throwIfAborted();
    try {
      await probe(address, namespace, searchAttributes);
      return;
    } catch (error) {
      await sleep(POLL_MS, undefined, { signal: abandoned }).catch(() => {
        const failure = error instanceof Error ? error.message : String(error);
        throw new Error(`The Temporal server at ${address} does not become ready: ${failure}`, {
          cause: error,
        });
      });
    }
  }
}

async function probe(
  address: string,
  namespace: string,
  searchAttributes: readonly SearchAttribute[],
): Promise<void> {
  // A new connection each time: one that was refused waits a whole second before it tries again.
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await connection.withDeadline(Date.now() + PROBE_TIMEOUT_MS, async () => {
      await connection.workflowService.describeNamespace({ namespace });
      await ensureSearchAttributes(connection, namespace, searchAttributes);
    });
  } finally {
    await connection.close();
  }
}

/** Those of `wanted` that the server does not have yet. */
export async function missingSearchAttributes(
  connection: Connection,
  namespace: string,
  wanted: readonly SearchAttribute[],
): Promise<SearchAttribute[]> {
  const known = await connection.operatorService.listSearchAttributes({ namespace });
  return wanted.filter(({ name }) => known.customAttributes[name] === undefined);
}

/** Registers what is missing: the start flag of the embedded server is for new databases only. Returns the names. */
export async function ensureSearchAttributes(
  connection: Connection,
  namespace: string,
  wanted: readonly SearchAttribute[],
): Promise<string[]> {
  const missing = await missingSearchAttributes(connection, namespace, wanted);
  if (missing.length === 0) return [];
  const types = missing.map(({ name, type }) => [name, ATTRIBUTE_TYPES[type].value]);
  const searchAttributes = Object.fromEntries(types) as Record<string, number>;
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  return missing.map(({ name }) => name);
}
