/** An embedded Temporal server in a directory of its own, with the processes around it, for tests that end some of them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { expect, vi } from 'vitest';
import { findServersOn } from '../../src/embedded/dev-server.ts';
import {
  type EmbeddedTemporal,
  type EmbeddedTemporalOptions,
  startEmbeddedTemporal,
} from '../../src/embedded/temporal-server.ts';
import { shared } from '../support/on-demand.ts';
import { type Child, startChild } from './children.ts';

export class ServerBench {
  readonly cliPath: string;
  readonly dataDir: string;
  readonly database: string;
  /** what the server's owner was told */
  readonly lines: string[] = [];
  readonly #running: EmbeddedTemporal[] = [];

  private constructor(cliPath: string, dataDir: string) {
    this.cliPath = cliPath;
    this.dataDir = dataDir;
    this.database = join(dataDir, 'temporal', 'temporal.db');
  }

  static async create(): Promise<ServerBench> {
    const { path } = await shared('temporalCli');
    return new ServerBench(path, await mkdtemp(join(tmpdir(), 'sms2pay-server-')));
  }

  async end(): Promise<void> {
    await Promise.all(this.#running.map((server) => server.stop()));
    await rm(this.dataDir, { recursive: true, force: true });
  }

  async start(more: Partial<EmbeddedTemporalOptions> = {}): Promise<EmbeddedTemporal> {
    const server = await startEmbeddedTemporal({
      dataDir: this.dataDir,
      cliPath: this.cliPath,
      port: 0,
      uiPort: 0,
      namespace: 'default',
      timeSkipping: false,
      searchAttributes: [],
      env: process.env,
      report: (line) => this.lines.push(line),
      ...more,
    });
    this.#running.push(server);
    return server;
  }

  /** The application as a process of its own, and the address it prints. */
  async startApp(): Promise<{ app: Child; address: string }> {
    const app = startChild('app-child', { dataDir: this.dataDir, cliPath: this.cliPath });
    const line = await app.line();
    expect(line).toMatch(/^at /);
    return { app, address: line.slice('at '.length) };
  }

  async onlyServer(): Promise<number> {
    const [pid, ...others] = await findServersOn(this.database);
    if (pid === undefined || others.length > 0) throw new Error(`not one server: ${pid}, ${others.join()}`);
    return pid;
  }

  servers(): Promise<number[]> {
    return findServersOn(this.database);
  }
}

export async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

export const openWorkflow = (address: string, workflowId: string) =>
  withClient(address, (client) =>
    client.workflow.start('waits', { workflowId, taskQueue: 'nobody-listens' }),
  );

export const workflowStatus = (address: string, workflowId: string) =>
  withClient(address, async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name);

export function accepts(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((done) => {
    const socket = connect(Number(port), host);
    socket.on('connect', () => done(socket.destroy() !== null));
    socket.on('error', () => done(false));
  });
}

export const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 50 });
