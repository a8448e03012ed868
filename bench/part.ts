// What a part of the bench is, and what it is given.
import { openBare, type Bare } from './bare/bare.ts';
import type { Figure } from './figures.ts';
import type { Ground } from './ground.ts';
import { openInstallation, type Installation, type Shape } from './installation.ts';
import type { BenchOptions } from './options.ts';

export interface Part {
  /** one line for --help */
  summary: string;
  run(bench: Bench): Promise<Figure[]>;
}

/** A full run gives each part installations of its own; a quick one shares them, for starting takes half of its time. */
export class Bench {
  readonly ground: Ground;
  readonly options: BenchOptions;
  /** what is being done, for the person who waits */
  readonly say: (line: string) => void;
  readonly #open = new Map<string, Promise<Installation>>();
  #bare: Promise<Bare> | null = null;

  constructor(ground: Ground, options: BenchOptions, say: (line: string) => void) {
    this.ground = ground;
    this.options = options;
    this.say = say;
  }

  installation(shape: Shape): Promise<Installation> {
    const known = this.#open.get(shape);
    if (known !== undefined) return known;
    this.say(`starting: ${shape}`);
    const opening = openInstallation(this.ground, shape);
    this.#open.set(shape, opening);
    return opening;
  }

  /** What a part has changed too much for others. */
  forget(shape: Shape): void {
    this.#open.delete(shape);
  }

  bare(): Promise<Bare> {
    if (this.#bare === null) this.say('starting: bare');
    return (this.#bare ??= openBare(this.ground));
  }

  /** After a part. */
  async clear(): Promise<void> {
    if (this.options.quick) return;
    this.#open.clear();
    this.#bare = null;
    await this.ground.clear();
  }
}
