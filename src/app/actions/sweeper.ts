/** Carries on with actions whose start was lost: a process died after storing one, or Temporal was down. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../ports/logger.ts';
import { errorFields } from '../error-fields.ts';
import { resumeOpenActions, type ActionDeps } from './request-action.ts';

export const ACTION_SWEEP_INTERVAL_MS = 30_000;

/** Sweeps at once and then `intervalMs` after each pass; a failed pass is logged and the next one tries again. */
export function startActionSweeper(
  deps: ActionDeps & { log: Logger },
  options: { intervalMs: number },
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await resumeOpenActions(deps, deps.log, () => stopping.signal.aborted).catch((error: unknown) => {
        deps.log.error(
          { event: 'actionSweepFailed', ...errorFields(error) },
          'open actions were not resumed; the next pass tries again',
        );
      });
      await sleep(options.intervalMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}
