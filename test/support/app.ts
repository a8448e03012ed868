// Owns: one `sms2pay start` in a DATA_DIR: from its launch until it serves, and to its end.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { databaseFile, endServersOn, findServersOn } from '../../src/embedded/dev-server.ts';
import { CliProcess, type CliEnd, type Environment } from './cli-process.ts';
import { eventually } from './eventually.ts';
import { commandLineOf } from './processes.ts';
import { PublicClient } from './public-client.ts';

const noteSchema = z.object({ url: z.string(), adminToken: z.string() });

/** Generous: a busy machine takes many times the usual five seconds. */
const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 15_000;
const SERVER_STOP_LIMIT_MS = 2_000;

export class App {
  readonly dataDir: string;
  readonly client: PublicClient;
  readonly process: CliProcess;

  private constructor(dataDir: string, client: PublicClient, process: CliProcess) {
    this.dataDir = dataDir;
    this.client = client;
    this.process = process;
  }

  /** Resolves when it serves. Throws with what it said when it ends instead. */
  static async start(dataDir: string, settings: Environment, options: readonly string[] = []): Promise<App> {
    const process = new CliProcess(['start', ...options], { ...settings, DATA_DIR: dataDir });
    try {
      await eventually('sms2pay to be ready', () => isReady(process), START_LIMIT_MS);
      const { url, adminToken } = noteSchema.parse(
        JSON.parse(await readFile(join(dataDir, 'running.json'), 'utf8')),
      );
      return new App(dataDir, new PublicClient(url, adminToken), process);
    } catch (error) {
      await end(dataDir, process);
      throw error;
    }
  }

  /** Ctrl-C. */
  async stop(): Promise<CliEnd> {
    this.process.signalGroup('SIGINT');
    return await this.process.ended;
  }

  /** kill -9 of the process itself; what it started is not told. */
  async kill(): Promise<void> {
    this.process.signal('SIGKILL');
    await this.process.ended;
  }

  /** Of the Temporal server that runs on our data. */
  async temporalAddress(): Promise<string> {
    const [pid] = await this.temporalPids();
    if (pid === undefined) throw new Error('There is no Temporal server.');
    const words = await commandLineOf(pid);
    return `127.0.0.1:${words[words.indexOf('--port') + 1]}`;
  }

  /** One while it runs, none after. */
  temporalPids(): Promise<number[]> {
    return findServersOn(temporalFile(this.dataDir));
  }

  /** Leaves nothing running, whatever state it is in; does nothing when it has ended. */
  async end(): Promise<void> {
    await end(this.dataDir, this.process);
  }
}

async function isReady(process: CliProcess): Promise<true | null> {
  if (process.stdout.includes('sms2pay is ready')) return true;
  if (process.isRunning) return null;
  const { code, stdout, stderr } = await process.ended;
  throw new Error(`sms2pay did not start (exit code ${code}).\n${stdout}${stderr}`);
}

async function end(dataDir: string, process: CliProcess): Promise<void> {
  process.signalGroup('SIGINT');
  const forced = setTimeout(() => process.signalGroup('SIGKILL'), STOP_LIMIT_MS);
  await process.ended;
  clearTimeout(forced);
  await endServersOn(temporalFile(dataDir), SERVER_STOP_LIMIT_MS);
}

function temporalFile(dataDir: string): string {
  return databaseFile({ directory: join(resolve(dataDir), 'temporal') });
}
