/** Plays sequences until one breaks a promise, and makes that one as short as it can be. */
import fc from 'fast-check';
import type { Sequence } from './actions.ts';
import { Coverage } from './coverage.ts';
import { ModelWorld } from './model-world.ts';
import { histories } from './sequences.ts';

export interface Failure {
  error: unknown;
  sequence: Sequence;
  /** of sequences, counted from 1 */
  failedAt: number;
}

export function runModel({ seed, runs }: { seed: number; runs: number }): {
  coverage: Coverage;
  failure: Failure | null;
} {
  const coverage = new Coverage();
  // The last that breaks while fast-check shrinks is its shortest.
  let broken: Sequence | null = null;
  const property = fc.property(...histories, (options, beginning, further, ending) => {
    const world = new ModelWorld(options, coverage);
    try {
      for (const action of beginning) world.act(action);
      fc.modelRun(() => ({ model: world, real: world }), further);
      world.runOut(ending);
    } catch (error) {
      broken = { world: options, actions: world.history, ending };
      throw error;
    }
  });
  const { failed, numRuns } = fc.check(property, { seed, numRuns: runs });
  if (!failed || broken === null) return { coverage, failure: null };
  const sequence = shortened(broken);
  return { coverage, failure: { error: errorOf(sequence), sequence, failedAt: numRuns } };
}

export function play({ world: options, actions, ending }: Sequence): ModelWorld {
  const world = new ModelWorld(options, new Coverage());
  for (const action of actions) world.act(action);
  world.runOut(ending);
  return world;
}

function errorOf(sequence: Sequence): unknown {
  try {
    play(sequence);
    return null;
  } catch (error) {
    return error;
  }
}

/** fast-check shortens what follows a beginning; here each action of the beginning is tried to be left out, too. */
function shortened(sequence: Sequence): Sequence {
  const broken = String(errorOf(sequence));
  let shortest = sequence;
  for (let isShorter = true; isShorter;) {
    isShorter = false;
    for (let index = shortest.actions.length - 1; index >= 0; index -= 1) {
      const shorter = { ...shortest, actions: shortest.actions.toSpliced(index, 1) };
      if (String(errorOf(shorter)) !== broken) continue;
      shortest = shorter;
      isShorter = true;
    }
  }
  return shortest;
}

/** Ready to be pasted into `kept-failures.test.ts`. */
export function pasteable({ world, actions, ending }: Sequence): string {
  const lines = actions.map((action) => `      ${JSON.stringify(action)},`);
  return [
    '  {',
    "    why: '',",
    `    world: ${JSON.stringify(world)},`,
    '    actions: [',
    ...lines,
    '    ],',
    `    ending: '${ending}',`,
    '  },',
  ].join('\n');
}
