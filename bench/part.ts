// What a part of the bench is, and what it is given.
import type { Figure } from './figures.ts';
import type { Ground } from './ground.ts';
import type { BenchOptions } from './options.ts';

export interface Part {
  /** one line for --help */
  summary: string;
  run(bench: Bench): Promise<Figure[]>;
}

export interface Bench {
  ground: Ground;
  options: BenchOptions;
  /** what is being done, for the person who waits */
  say: (line: string) => void;
}
