/**
 * Raises attention for texts that do not arrive, and closes it once they do. All of it stands on the rows of the outbox, so no
 * crash loses one and no text waits for its task.
 */
import { addMs, isBefore } from '../domain/instant.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { SYSTEM, type OperatorTaskStore } from '../ports/operator-task-store.ts';
import { UNREACHABLE, type OutboxStore } from '../ports/outbox-store.ts';

export interface TextWatchDeps {
  stores: {
    outbox: Pick<OutboxStore, 'listGatewayRefusals'>;
    tasks: Pick<OperatorTaskStore, 'open' | 'close' | 'listOpen'>;
  };
  clock: Clock;
  log: Logger;
}

/** A gateway that is away for a moment is tried again by itself. */
export const UNREACHABLE_AFTER_MS = 60_000;
const PASS_TASKS = 1_000;

/** A login is not refused by chance: `gatewayRefuses` opens at once, but for an unreachable gateway. */
export async function watchGateways({ stores, clock, log }: TextWatchDeps): Promise<void> {
  const now = clock.now();
  const refusals = await stores.outbox.listGatewayRefusals();
  const subjects = new Set<string>();
  for (const { gateway, shortNumber, code, lastCode, texts, since } of refusals) {
    if (code === UNREACHABLE && isBefore(addMs(now, -UNREACHABLE_AFTER_MS), since)) continue;
    const subject = `${gateway}/${shortNumber}/${code}`;
    subjects.add(subject);
    const task = { subject, reason: 'gatewayRefuses', sessionId: null } as const;
    const details = { gateway, shortNumber, code, lastCode, texts, since };
    const { opened } = await stores.tasks.open({ ...task, details }, now);
    if (opened) log.warn({ event: task.reason, ...details }, 'a gateway takes no texts of an account');
  }
  for (const { subject, reason } of await stores.tasks.listOpen(PASS_TASKS))
    if (reason === 'gatewayRefuses' && !subjects.has(subject))
      await stores.tasks.close({ subject, reason, closedBy: SYSTEM }, now);
}
