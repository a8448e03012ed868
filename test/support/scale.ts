/** How much the scaled tests do: a sample in `npm test`, all of it in `npm run test:full` (which sets TEST_SCALE=full). */
export const isFullRun = process.env['TEST_SCALE'] === 'full';

export function scaled<T>(sizes: { sample: T; full: T }): T {
  return isFullRun ? sizes.full : sizes.sample;
}
