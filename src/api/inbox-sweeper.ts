/** Dispatches what the webhooks could not: after a crash, while Temporal was down, or when a second was not enough. */
import { errorFields } from './error-fields.ts';
import { dispatchSlotOf, type DispatcherDeps } from './inbox-dispatcher.ts';

export interface Sweeper {
  /** Ends the loop; resolves when the running pass is over (it stops before its next message). */
  stop(): Promise<void>;
}

export const SWEEP_INTERVAL_MS = 3000;
/** Rows looked at in one pass, oldest first. */
const PASS_ROWS = 200;

/** Sweeps at once and then `intervalMs` after each pass, so passes never overlap. */
export function startSweeper(deps: DispatcherDeps, options: { intervalMs: number }): Sweeper {
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await sweep(deps, stopping.signal);
      await pause(options.intervalMs, stopping.signal);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}

/** One pass. Failures are logged and left for the next pass; it never throws. */
async function sweep(deps: DispatcherDeps, signal: AbortSignal): Promise<void> {
  const stuck = new Set<string>();
  try {
    const items = await deps.inbox.undispatched({ limit: PASS_ROWS });
    for (const { inboxId } of items) {
      if (signal.aborted) return;
      const dispatch = await dispatchSlotOf(deps, inboxId, stuck);
      if (dispatch.kind === 'done' || stuck.has(dispatch.inboxId)) continue;
      stuck.add(dispatch.inboxId);
      deps.log.error(
        { event: 'dispatchFailed', inboxId: dispatch.inboxId, ...errorFields(dispatch.error) },
        'a message could not be dispatched; it is tried again',
      );
    }
  } catch (error) {
    deps.log.error({ event: 'sweepFailed', ...errorFields(error) }, 'a sweep failed; it is tried again');
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake, { once: true });
    function wake(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    }
  });
}
