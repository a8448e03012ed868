/** `npm test` takes samples, `npm run test:full` (which sets TEST_SCALE=full) takes all. */
const isFullRun = process.env['TEST_SCALE'] === 'full';

/** FULL_RUN_SHARE=0.1 lets a full run on a slow machine repeat what is repeated a tenth as often. What is a list stays whole. */
const share = Number(process.env['FULL_RUN_SHARE'] ?? '1');
if (!(share > 0 && share <= 1)) throw new Error('FULL_RUN_SHARE must be more than 0 and at most 1');

export function scaled<T>(sizes: { sample: T; full: T }): T {
  return isFullRun ? sizes.full : sizes.sample;
}

/** How often to repeat; never less than in the sample. */
export function scaledCount({ sample, full }: { sample: number; full: number }): number {
  return isFullRun ? Math.max(sample, Math.round(full * share)) : sample;
}
