// Owns: an installation of separate processes, each of which can be killed and started again: PostgreSQL, a Temporal
// server on a file, the simulator, `sms2pay api`, `sms2pay worker`. All of its data is in one folder.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { userCacheDir } from '../../src/embedded/cli-download.ts';
import { choosePort, serverArguments } from '../../src/embedded/dev-server.ts';
import { resolveTemporalCli } from '../../src/embedded/temporal-cli.ts';
import { ALL_SERVICES, partnerFile } from './partners.ts';
import { makeCluster, type PostgresPlace } from './postgres.ts';
import type { SimulatorSettings } from './simulator-child.ts';
import { Victim, type VictimName, type VictimPlan } from './victim.ts';
import { Watchdog } from './watchdog.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Shorter than the usual ten seconds: a held answer is given up soon, so that more of them fit into a run. */
const VENDOR_TIMEOUT_MS = '4000';

export interface Places {
  databaseUrl: string;
  temporalAddress: string;
  apiUrl: string;
  simulatorUrl: string;
}

export class Installation {
  readonly folder: string;
  readonly places: Places;
  readonly victims: ReadonlyMap<VictimName, Victim>;
  readonly #watchdog: Watchdog;
  readonly #env: Readonly<Record<string, string>>;
  readonly #program: string;

  private constructor(parts: {
    folder: string;
    places: Places;
    plans: VictimPlan[];
    env: Record<string, string>;
    program: string;
  }) {
    this.folder = parts.folder;
    this.places = parts.places;
    this.#env = parts.env;
    this.#program = parts.program;
    this.#watchdog = new Watchdog(join(parts.folder, 'running'));
    const note = (): void => this.#watchdog.note([...this.victims.values()].map(({ pid }) => pid));
    this.victims = new Map(parts.plans.map((plan) => [plan.name, new Victim(plan, note)]));
  }

  /** Builds the program, makes the data; starts nothing yet. */
  static async create(folder: string, report: (line: string) => void): Promise<Installation> {
    await mkdir(folder, { recursive: true });
    // The user who runs PostgreSQL must be able to pass.
    await chmod(folder, 0o711);
    const ports: number[] = [];
    for (let i = 0; i < 6; i += 1) ports.push(await choosePort(0, ports));
    const [postgres = 0, temporal = 0, temporalUi = 0, simulator = 0, api = 0, worker = 0] = ports;
    const places: Places = {
      databaseUrl: `postgres://postgres@127.0.0.1:${postgres}/postgres`,
      temporalAddress: `127.0.0.1:${temporal}`,
      apiUrl: `http://127.0.0.1:${api}`,
      simulatorUrl: `http://127.0.0.1:${simulator}/sim`,
    };
    const [program, cluster, cli] = await Promise.all([
      buildProgram(folder),
      makeCluster(join(folder, 'postgres'), postgres),
      resolveTemporalCli({
        cliPath: process.env['TEMPORAL_CLI_PATH'] || null,
        env: process.env,
        cacheDir: userCacheDir(process.env),
        report,
      }),
      mkdir(join(folder, 'temporal'), { recursive: true }),
    ]);
    const parts = {
      folder,
      places,
      ports: { temporal, temporalUi, simulator, api, worker },
      cluster,
      cli: cli.path,
      program,
    };
    const { plans, env } = plansOf(parts);
    return new Installation({ folder, places, plans, env, program });
  }

  victim(name: VictimName): Victim {
    const victim = this.victims.get(name);
    if (!victim) throw new Error(`there is no ${name}`);
    return victim;
  }

  /** Everything, with its schema and partners. */
  async start(): Promise<void> {
    await Promise.all(
      (['postgres', 'temporal', 'simulator'] as const).map((name) => this.victim(name).start()),
    );
    await this.#command('migrate');
    for (const service of ALL_SERVICES) {
      const file = join(this.folder, `${service.partnerId}.json`);
      await writeFile(file, JSON.stringify(partnerFile(service), null, 2));
      await this.#command('partner', 'add', file);
    }
    await Promise.all((['api', 'worker'] as const).map((name) => this.victim(name).start()));
  }

  /** Leaves nothing running. */
  async stop(): Promise<void> {
    for (const names of [
      ['api', 'worker', 'simulator'],
      ['temporal', 'postgres'],
    ] as const) {
      await Promise.all(
        names.map(async (name) => {
          this.victim(name).signal('SIGCONT');
          await this.victim(name).stop();
        }),
      );
    }
    this.#watchdog.end();
  }

  async #command(...args: string[]): Promise<void> {
    await run(process.execPath, [this.#program, ...args], { env: this.#env, cwd: this.folder });
  }
}

interface PlanParts {
  folder: string;
  places: Places;
  ports: { temporal: number; temporalUi: number; simulator: number; api: number; worker: number };
  cluster: PostgresPlace;
  cli: string;
  /** the command line, built */
  program: string;
}

function plansOf(parts: PlanParts): { plans: VictimPlan[]; env: Record<string, string> } {
  const { folder, places, ports, cluster, program } = parts;
  const secrets = newSecrets();
  const env = {
    ...productEnvironment(places, secrets, ports.api),
    DATABASE_URL: places.databaseUrl,
    TEMPORAL_ADDRESS: places.temporalAddress,
  };
  const base = { env: plainEnvironment(), cwd: folder, owner: null };
  const logOf = (name: VictimName): { name: VictimName; logFile: string } => ({
    name,
    logFile: join(folder, `${name}.log`),
  });
  const settings = simulatorSettings(secrets, places, ports.simulator, join(folder, 'simulator'));
  const child = fileURLToPath(new URL('simulator-child.ts', import.meta.url));
  const node = process.execPath;
  const product = { ...base, env, program: node, readyWords: 'is ready' };
  const plans: VictimPlan[] = [
    {
      ...base,
      ...logOf('postgres'),
      ...cluster,
      cwd: cluster.folder,
      readyWords: 'ready to accept connections',
    },
    {
      ...base,
      ...logOf('temporal'),
      program: parts.cli,
      args: [
        ...temporalArguments(folder, parts.cli, ports),
        '--dynamic-config-value',
        `limit.historyCount.suggestContinueAsNew=${LONG_HISTORY_EVENTS}`,
      ],
      readyWords: `:${ports.temporal}`,
    },
    {
      ...base,
      ...logOf('simulator'),
      program: node,
      args: ['--import', 'tsx', child, JSON.stringify(settings)],
      cwd: ROOT,
      readyWords: 'listens on',
    },
    { ...product, ...logOf('api'), args: [program, 'api'] },
    {
      ...product,
      ...logOf('worker'),
      args: [program, 'worker'],
      env: { ...env, PORT: String(ports.worker) },
    },
  ];
  return { plans, env };
}

/** A whole use has some 70 events: most sessions that are used go on as a new run once. */
const LONG_HISTORY_EVENTS = 50;

/** As the embedded server is started, but by us, so that it is ours to kill. */
export function temporalArguments(
  folder: string,
  cli: string,
  ports: { temporal: number; temporalUi: number },
): string[] {
  const order = {
    cliPath: cli,
    directory: join(folder, 'temporal'),
    dataDir: folder,
    keepsData: true,
    port: ports.temporal,
    uiPort: ports.temporalUi,
    fixedPorts: true,
    namespace: 'default',
    timeSkipping: false,
    searchAttributes: [],
    env: {},
    appPid: process.pid,
  };
  return serverArguments(order, { port: ports.temporal, uiPort: ports.temporalUi });
}

/** As in the container: compiled code beside package.json and the packages. Starts of a second would be most of a run. */
export async function buildProgram(folder: string): Promise<string> {
  const place = join(folder, 'program');
  await mkdir(place, { recursive: true });
  await copyFile(join(ROOT, 'package.json'), join(place, 'package.json'));
  await symlink(join(ROOT, 'node_modules'), join(place, 'node_modules'), 'dir');
  await run(process.execPath, [join(ROOT, 'scripts/build.mjs'), join(place, 'dist'), '--unchecked']);
  return join(place, 'dist/cli/cli.js');
}

export interface Secrets {
  link: string;
  webhook: string;
  paycoreBase64: string;
  callback: string;
  vippsClient: string;
  vippsSubscription: string;
  personalData: string;
}

export function newSecrets(): Secrets {
  const password = (): string => randomBytes(18).toString('hex');
  const key = (): string => randomBytes(32).toString('base64');
  return {
    link: password(),
    webhook: password(),
    paycoreBase64: key(),
    callback: password(),
    vippsClient: password(),
    vippsSubscription: password(),
    personalData: `chaos:${key()}:${key()}`,
  };
}

export function plainEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG'] as const;
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] ? [[name, process.env[name] ?? '']] : [])),
  );
}

export function productEnvironment(
  places: Pick<Places, 'apiUrl' | 'simulatorUrl'>,
  secrets: Secrets,
  port: number,
): Record<string, string> {
  return {
    ...plainEnvironment(),
    PORT: String(port),
    PUBLIC_URL: places.apiUrl,
    SIMULATOR: 'off',
    LOG_LEVEL: 'info',
    PERSONAL_DATA_KEYS: secrets.personalData,
    LINK_BASE_URL: `${places.simulatorUrl}/link`,
    LINK_USERNAME: 'sms2pay',
    LINK_PASSWORD: secrets.link,
    LINK_PLATFORM_ID: 'chaos',
    LINK_PLATFORM_PARTNER_ID: 'chaos',
    LINK_DELIVERY_GATE_ID: 'chaos',
    LINK_WEBHOOK_USERNAME: 'link',
    LINK_WEBHOOK_PASSWORD: secrets.webhook,
    LINK_TIMEOUT_MS: VENDOR_TIMEOUT_MS,
    PAYCORE_BASE_URL: `${places.simulatorUrl}/paycore`,
    PAYCORE_PARTNER_ID: '4711',
    PAYCORE_SECRET: secrets.paycoreBase64,
    PAYCORE_CALLBACK_USERNAME: 'paycore',
    PAYCORE_CALLBACK_PASSWORD: secrets.callback,
    PAYCORE_TIMEOUT_MS: VENDOR_TIMEOUT_MS,
    VIPPS_BASE_URL: `${places.simulatorUrl}/vipps`,
    VIPPS_CLIENT_ID: 'chaos',
    VIPPS_CLIENT_SECRET: secrets.vippsClient,
    VIPPS_SUBSCRIPTION_KEY: secrets.vippsSubscription,
    VIPPS_MERCHANT_SERIAL_NUMBER: '123456',
    VIPPS_TIMEOUT_MS: VENDOR_TIMEOUT_MS,
    ...NO_LIMITS,
  };
}

/** Every customer, wallet and vendor here has the one address of this machine. */
const NO_LIMITS = {
  LIMIT_PAGE_VIEWS_PER_MINUTE: '1000000',
  LIMIT_WRONG_LINKS_PER_MINUTE: '1000000',
  LIMIT_OPENS_PER_MINUTE: '1000000',
  LIMIT_CALLBACKS_PER_MINUTE: '1000000',
};

export function simulatorSettings(
  secrets: Secrets,
  places: Pick<Places, 'apiUrl'>,
  port: number,
  dataDir: string,
): SimulatorSettings {
  return {
    port,
    dataDir,
    publicUrl: places.apiUrl,
    webhookUsername: 'link',
    webhookPassword: secrets.webhook,
    link: { username: 'sms2pay', password: secrets.link, platformId: 'chaos', platformPartnerId: 'chaos' },
    paycore: { partnerId: '4711', secretBase64: secrets.paycoreBase64 },
    vipps: {
      merchantSerialNumber: '123456',
      clientId: 'chaos',
      clientSecret: secrets.vippsClient,
      subscriptionKey: secrets.vippsSubscription,
    },
  };
}
