// One DATA_DIR on its own ports, and whatever `sms2pay start` runs on it at the moment.
import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { App } from '../support/app.ts';
import type { Environment } from '../support/cli-process.ts';
import { Customer } from '../support/customer.ts';
import type { PublicClient } from '../support/public-client.ts';
import { choosePort } from '../../src/embedded/dev-server.ts';
import { shared } from '../support/on-demand.ts';

const demoSecretsSchema = z.object({ webhookPassword: z.string() });

export class Installation {
  readonly dataDir: string;
  readonly settings: Environment;
  readonly customers: Customer[] = [];
  #app: App | null = null;

  private constructor(dataDir: string, settings: Environment) {
    this.dataDir = dataDir;
    this.settings = settings;
  }

  /** A new one, not started yet. The same port at every start: links in texts stay good, and it must have become free. */
  static async create(settings: Environment = {}): Promise<Installation> {
    const dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-e2e-'));
    const { path } = await shared('temporalCli');
    const port = String(await quietPort());
    return new Installation(dataDir, {
      DATA_DIR: dataDir,
      PORT: port,
      TEMPORAL_CLI_PATH: path,
      ...settings,
    });
  }

  async start(): Promise<App> {
    this.#app = await App.start(this.dataDir, this.settings);
    return this.#app;
  }

  get app(): App {
    if (this.#app === null) throw new Error('It was not started.');
    return this.#app;
  }

  get client(): PublicClient {
    return this.app.client;
  }

  /** A customer with a number nobody else has; long enough never to appear by chance. */
  newCustomer(): Customer {
    const digits = String(randomInt(10 ** 9, 10 ** 10));
    const customer = new Customer(`+47${digits}`, () => this.client);
    this.customers.push(customer);
    return customer;
  }

  /** What LINK's gate sends with a webhook. */
  async gatewayCredentials(): Promise<string> {
    const secrets = await readFile(join(this.dataDir, 'demo-secrets.json'), 'utf8');
    const { webhookPassword } = demoSecretsSchema.parse(JSON.parse(secrets));
    return `Basic ${Buffer.from(`link:${webhookPassword}`).toString('base64')}`;
  }

  /** Of Temporal servers on our data: one while it runs, none after. */
  temporalPids(): Promise<number[]> {
    return this.app.temporalPids();
  }

  temporalAddress(): Promise<string> {
    return this.app.temporalAddress();
  }

  /** Leaves nothing running and nothing on disk. */
  async end(): Promise<void> {
    await this.#app?.end();
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A free port below those the system hands out by itself, so that nobody takes it between two starts. */
async function quietPort(): Promise<number> {
  const wanted = randomInt(20_000, 30_000);
  return (await choosePort(wanted)) === wanted ? wanted : await quietPort();
}
