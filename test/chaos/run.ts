// Owns: one crash test from its start to its verdict.
import { setMaxListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { audit, type Verdict } from '../audit/audit.ts';
import { collectEvidence, logFile, withPostgres, withTemporal } from '../audit/collect.ts';
import type { Evidence, Terms } from '../audit/evidence.ts';
import type { PlanName, World } from './customer.ts';
import { FaultSource } from './faults.ts';
import { Installation } from './installation.ts';
import { Killer, type Kill } from './killer.ts';
import { Load } from './load.ts';
import type { ChaosOptions } from './options.ts';
import { ALL_SERVICES, GENERAL_END_WORDS, TERMS } from './partners.ts';
import { waitUntilQuiet, type Moving } from './quiet.ts';
import { Random } from './random.ts';
import { SimulatorApi } from './simulator-api.ts';
import type { VictimName } from './victim.ts';
import { Watch } from './watch.ts';

export interface Outcome {
  verdict: Verdict;
  evidence: Evidence;
  kills: readonly Kill[];
  faults: ReadonlyMap<string, number>;
  /** customers by plan */
  plans: ReadonlyMap<PlanName, number>;
  /** ends that nobody had caused by a kill: `crashes` after the process had begun to serve, else without its database or Temporal */
  ownEnds: ReadonlyMap<VictimName, { ownEnds: number; crashes: number }>;
  left: Moving;
  durations: { startMs: number; loadMs: number; quietMs: number; auditMs: number };
  folder: string;
}

const MAX_OPEN = 250;
const OPEN_SESSIONS = `ExecutionStatus = 'Running' and WorkflowType in ('ChargeSession', 'KeywordReply', 'SessionAction')`;
const TELL_EVERY_MS = 5_000;
const MAX_MAKING_UP = 12;
const EXTRA_CUSTOMERS: readonly PlanName[] = Array.from({ length: 4 }, () => 'normal');
/** Followed again without kills and faults: on a slow machine their first customers may not get as far as an end word. */
const MET_FOR_CERTAIN: readonly PlanName[] = [
  'declines',
  'stampedAhead',
  'stampedByTwo',
  'foreignWords',
  'viewsPages',
];

/** Runs, and stops everything again, whatever happens. The folder stays; the caller decides on it. */
export async function runChaos(
  options: ChaosOptions,
  say: (line: string) => void,
  interrupted: AbortSignal,
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'sms2pay-chaos-'));
  say(`seed ${options.seed}, ${options.sessions} sessions; logs and evidence in ${folder}`);
  const startedMs = Date.now();
  const installation = await Installation.create(folder, say);
  const stopping = new AbortController();
  const stopped = AbortSignal.any([stopping.signal, interrupted]);
  // Hundreds of customers wait on it.
  setMaxListeners(0, stopped);
  try {
    await untilAborted(installation.start(), interrupted);
    const startMs = Date.now() - startedMs;
    say(`everything is up after ${(startMs / 1_000).toFixed(1)} s`);
    const run = new Run(options, installation, stopped, say);
    return await untilAborted(run.toVerdict(startMs), interrupted);
  } finally {
    stopping.abort();
    await installation.stop();
    // A Ctrl-C is no failure to look into.
    if (interrupted.aborted) await forget(folder);
  }
}

/** Removes what a run has left on disk. */
export async function forget(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

class Run {
  readonly #options: ChaosOptions;
  readonly #installation: Installation;
  readonly #watch: Watch;
  readonly #simulator: SimulatorApi;
  readonly #world: World;
  readonly #faults: FaultSource;
  readonly #load: Load;
  readonly #killer: Killer;
  readonly #say: (line: string) => void;
  readonly #startedMs = Date.now();

  constructor(
    options: ChaosOptions,
    installation: Installation,
    stopped: AbortSignal,
    say: (line: string) => void,
  ) {
    const { places } = installation;
    const random = new Random(options.seed);
    this.#options = options;
    this.#installation = installation;
    this.#say = say;
    this.#watch = new Watch(places.databaseUrl, stopped);
    this.#simulator = new SimulatorApi(places.simulatorUrl, stopped);
    this.#faults = new FaultSource(this.#simulator, random.fork(), options.faultsPerSession);
    this.#world = {
      watch: this.#watch,
      simulator: this.#simulator,
      apiUrl: places.apiUrl,
      stopped,
      pageViews: 0,
    };
    const { sessions, atOnce } = options;
    this.#load = new Load(this.#world, { sessions, atOnce, mostOpen: MAX_OPEN }, random.fork(), this.#faults);
    this.#killer = new Killer({
      installation,
      watch: this.#watch,
      simulator: this.#simulator,
      random: random.fork(),
      killsPerMinute: options.killsPerMinute,
      mostKills: options.mostKills,
      phoneOf: (messageId) => this.#load.phoneOf(messageId),
    });
  }

  async toVerdict(startMs: number): Promise<Outcome> {
    const telling = setInterval(() => this.#tell('load'), TELL_EVERY_MS);
    const progress = { isOver: false };
    try {
      const killing = this.#killer.run(() => progress.isOver);
      await this.#load.run();
      progress.isOver = true;
      await killing;
      await this.#makeUp();
      await this.#faults.end();
      await this.#killer.settled();
      await this.#load.more(MET_FOR_CERTAIN);
    } finally {
      clearInterval(telling);
    }
    const loadMs = Date.now() - this.#startedMs;
    const left = await this.#quiet();
    const quietMs = Date.now() - this.#startedMs - loadMs;
    const evidence = await this.#evidence();
    await writeFile(join(this.#installation.folder, 'evidence.json'), JSON.stringify(evidence));
    const verdict = audit(evidence);
    await this.#watch.pool.end();
    return {
      verdict,
      evidence,
      kills: this.#killer.kills,
      faults: this.#simulator.fired,
      plans: this.#load.followed,
      ownEnds: this.#installation.victims,
      left,
      durations: { startMs, loadMs, quietMs, auditMs: Date.now() - this.#startedMs - loadMs - quietMs },
      folder: this.#installation.folder,
    };
  }

  /** Kills and points that the load was too short for: with a few sessions more. */
  async #makeUp(): Promise<void> {
    if (this.#options.killsPerMinute === 0) return;
    for (let i = 0; i < MAX_MAKING_UP && this.#killer.missing().length > 0; i += 1)
      await Promise.all([this.#load.more(EXTRA_CUSTOMERS), this.#killer.makeUp()]);
  }

  async #quiet(): Promise<Moving> {
    let toldMs = 0;
    return await withTemporal(this.#installation.places.temporalAddress, (workflows) =>
      waitUntilQuiet(
        this.#watch,
        async () => (await workflows.count(OPEN_SESSIONS).catch(() => null))?.count ?? null,
        this.#options.quietLimitMs,
        (moving) => {
          if (Date.now() - toldMs < TELL_EVERY_MS) return;
          toldMs = Date.now();
          const { sessions, workflows: open, texts } = moving;
          this.#tell(`quiet: ${sessions} sessions, ${open} workflows, ${texts} texts to go`);
        },
      ),
    );
  }

  async #evidence(): Promise<Evidence> {
    const { places, victims } = this.#installation;
    return await withTemporal(places.temporalAddress, (workflows) =>
      withPostgres(places.databaseUrl, (query) =>
        collectEvidence(
          {
            simulatorUrl: places.simulatorUrl,
            workflows,
            ownsServer: true,
            logs: [...victims.values()].map((victim) => logFile(victim.logFile)),
            phones: this.#load.phones.map((phone) => phone.slice(1)),
            pageViews: this.#world.pageViews,
            terms: terms(),
          },
          query,
        ),
      ),
    );
  }

  #tell(phase: string): void {
    const seconds = ((Date.now() - this.#startedMs) / 1_000).toFixed(0).padStart(4);
    const { begun, open } = this.#load;
    const { kills } = this.#killer;
    const hits = kills.flatMap(({ points }) => points).length;
    this.#say(
      `${seconds} s  ${phase}  begun ${begun}/${this.#options.sessions}, open ${open}, kills ${kills.length} (${hits} at named points)`,
    );
  }
}

function terms(): Terms {
  const { reservationMinor, priceMinorPerSecond, freeSeconds, linkLifeSeconds } = TERMS;
  return {
    startWords: ALL_SERVICES.map(({ startWord }) => startWord),
    endWords: Object.fromEntries(ALL_SERVICES.map(({ partnerId, endWord }) => [partnerId, endWord])),
    generalEndWords: [...GENERAL_END_WORDS],
    reservationMinor,
    stepMs: 1_000,
    priceMinorPerStep: priceMinorPerSecond,
    freeMs: freeSeconds * 1_000,
    linkLifeMs: linkLifeSeconds * 1_000,
    sessionLimitMs: Object.fromEntries(
      ALL_SERVICES.map(({ partnerId, sessionLimitSeconds }) => [partnerId, sessionLimitSeconds * 1_000]),
    ),
    minimumCaptureMinor: 100,
    // The session reads an open payment at least every two minutes.
    firstReadMs: 120_000,
    refusals: false,
    losesTexts: false,
    switchesReceiptsOff: false,
  };
}

/** Ctrl-C does not wait for what is under way. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('interrupted'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject);
  });
}
