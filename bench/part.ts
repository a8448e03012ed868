// What a part of the bench is, and what it is given.
import { openBare, type Bare } from './bare/bare.ts';
import { wholeSession } from './customer.ts';
import type { Figure } from './figures.ts';
import type { Ground } from './ground.ts';
import { openInstallation, type Installation, type Shape } from './installation.ts';
import { load, newPhone } from './load.ts';
import type { BenchOptions } from './options.ts';

/** Sessions before those that count: code is compiled at its second and third use. */
const WARM_UP = 20;
const QUICK_WARM_UP = 10;
/** So few that a process that has just started refuses none of them. */
const WARM_UP_AT_ONCE = 5;

export interface Part {
  /** one line for --help */
  summary: string;
  run(bench: Bench): Promise<Figure[]>;
}

/** Starts each installation once and has the parts share it, warm: starting takes longer than most measurements. */
export class Bench {
  readonly ground: Ground;
  readonly options: BenchOptions;
  /** what is being done, for the person who waits */
  readonly say: (line: string) => void;
  readonly #open = new Map<string, Promise<unknown>>();

  constructor(ground: Ground, options: BenchOptions, say: (line: string) => void) {
    this.ground = ground;
    this.options = options;
    this.say = say;
  }

  installation(shape: Shape): Promise<Installation> {
    return this.#once(shape, async () => {
      const installation = await openInstallation(this.ground, shape);
      await load(this.#warmUp, WARM_UP_AT_ONCE, () => wholeSession(installation.world, newPhone()));
      return installation;
    });
  }

  bare(): Promise<Bare> {
    return this.#once('bare', async () => {
      const bare = await openBare(this.ground);
      for (const workflow of ['bareSession', 'shapedSession'])
        await bare.run({ workflow, sessions: this.#warmUp, atOnce: WARM_UP_AT_ONCE });
      return bare;
    });
  }

  /** What follows must not see what was left behind. A quick run goes on with it, for time. */
  async startAfresh(): Promise<void> {
    if (this.options.quick) return;
    this.#open.clear();
    await this.ground.clear();
  }

  get #warmUp(): number {
    return this.options.quick ? QUICK_WARM_UP : WARM_UP;
  }

  async #once<Opened>(name: string, open: () => Promise<Opened>): Promise<Opened> {
    const known = this.#open.get(name);
    if (known === undefined) this.say(`starting: ${name}`);
    const opening = known ?? open();
    this.#open.set(name, opening);
    return (await opening) as Opened;
  }
}
