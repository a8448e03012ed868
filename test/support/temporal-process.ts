import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { choosePort } from '../../src/embedded/dev-server.ts';
import { shared } from './on-demand.ts';

/** A Temporal dev server on a file: it may hang, be killed, and come back with what it had. */
export class TemporalProcess {
  readonly address: string;
  readonly #folder: string;
  readonly #command: readonly string[];
  #process: ChildProcess;

  private constructor(address: string, folder: string, command: readonly string[]) {
    this.address = address;
    this.#folder = folder;
    this.#command = command;
    this.#process = this.#launch();
  }

  static async start(): Promise<TemporalProcess> {
    const { path } = await shared('temporalCli');
    const folder = await mkdtemp(join(tmpdir(), 'sms2pay-temporal-'));
    const port = String(await choosePort(0));
    const place = ['--ip', '127.0.0.1', '--port', port, '--db-filename', join(folder, 'temporal.db')];
    const skipping = ['--dynamic-config-value', 'frontend.WorkflowTimeSkippingEnabled=true'];
    const command = [
      path,
      'server',
      'start-dev',
      '--headless',
      '--log-level',
      'error',
      ...place,
      ...skipping,
    ];
    const temporal = new TemporalProcess(`127.0.0.1:${port}`, folder, command);
    try {
      await temporal.#answers();
    } catch (error) {
      await temporal.end();
      throw error;
    }
    return temporal;
  }

  async pause(): Promise<void> {
    this.#process.kill('SIGSTOP');
  }

  resume(): void {
    this.#process.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const ended = new Promise((done) => this.#process.once('exit', done));
    this.#process.kill('SIGKILL');
    await ended;
  }

  async restart(): Promise<void> {
    this.#process = this.#launch();
    await this.#answers();
  }

  async end(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #launch(): ChildProcess {
    const [program = '', ...args] = this.#command;
    return spawn(program, args, { stdio: 'ignore' });
  }

  async #answers(): Promise<void> {
    const { Connection } = await import('@temporalio/client');
    await eventually(
      'the Temporal server',
      async () => {
        const connection = await Connection.connect({ address: this.address, connectTimeout: 1_000 }).catch(
          () => null,
        );
        await connection?.close();
        return connection === null ? null : true;
      },
      60_000,
    );
  }
}
