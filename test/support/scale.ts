// Owns: how much of the long tests a run takes. `npm test` takes samples in which each kind of fault, plan and state occurs;
// `npm run test:full` takes all; `.ci/run` takes, after `npm test`, a share of what that left out (TEST_SCALE=rest).
const SCALES = ['sample', 'rest', 'full'] as const;
const SCALE = SCALES.find((scale) => scale === (process.env['TEST_SCALE'] ?? 'sample'));
if (SCALE === undefined) throw new Error(`TEST_SCALE must be one of ${SCALES.join(', ')}`);

/** A run after `npm test`, as `.ci/run` makes it. */
export const IS_REST = SCALE === 'rest';

/** How many runs with TEST_SCALE=rest it takes to meet everything that `npm test` leaves out. */
const SHARES = 4;
/** Which of them this is: any number, such as one made of the commit, so that other changes meet other shares. */
const shareNumber = Number(process.env['TEST_SHARE'] ?? '0') % SHARES;
if (!Number.isInteger(shareNumber)) throw new Error('TEST_SHARE must be a whole number');

/** `rest`: what a run after `npm test` takes; where it is not given, all. */
export function scaled<T>(sizes: { sample: T; full: T; rest?: T }): T {
  if (SCALE === 'sample') return sizes.sample;
  return IS_REST && sizes.rest !== undefined ? sizes.rest : sizes.full;
}

/** Every `SHARES`th of a list, another one with each TEST_SHARE. */
export function shareOf<T>(items: readonly T[]): T[] {
  return items.filter((_item, index) => index % SHARES === shareNumber);
}
