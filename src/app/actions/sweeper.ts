/** Carries on with actions whose start was lost: a process died after storing one, or Temporal was down. */
import type { Logger } from '../../ports/logger.ts';
import { errorFields } from '../error-fields.ts';
import { repeat, type Repeated } from '../repeat.ts';
import { resumeOpenActions, type ActionDeps } from './request-action.ts';

export const ACTION_SWEEP_INTERVAL_MS = 30_000;

/** A failed pass is logged and the next one tries again. */
export function startActionSweeper(
  deps: ActionDeps & { log: Logger },
  { intervalMs }: { intervalMs: number },
): Repeated {
  return repeat(intervalMs, (stopping) =>
    resumeOpenActions(deps, deps.log, () => stopping.aborted).catch((error: unknown) => {
      deps.log.error(
        { event: 'actionSweepFailed', ...errorFields(error) },
        'open actions were not resumed; the next pass tries again',
      );
    }),
  );
}
