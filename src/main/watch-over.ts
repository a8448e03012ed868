// Owns: what an API process keeps an eye on: sessions that do not act.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { createSessionExecutions } from '../app/sessions/session-executions.ts';
import { startSessionWatch, WATCH_INTERVAL_MS } from '../app/attention/session-watch.ts';
import type { SessionWorkflows } from '../app/sessions/session-workflows.ts';
import type { SecondAccount } from '../app/attention/text-watch.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Stores } from '../ports/stores.ts';
import type { Stopper } from './stopper.ts';

/** Longer than a pass of a busy installation takes; an API that Temporal keeps waiting serves all the same. */
const FIRST_PASS_LIMIT_MS = 5_000;

/** Resolves when the first pass is over: until then a restored database would answer an end with "nothing is running". */
export async function watchOverSessions(
  parts: {
    stores: Stores;
    client: Client;
    workflows: SessionWorkflows;
    secondAccount: SecondAccount | null;
    clock: Clock;
    log: Logger;
  },
  stopper: Stopper,
): Promise<void> {
  const { stores, client, workflows, secondAccount, clock, log } = parts;
  const executions = createSessionExecutions(client.workflow);
  const watch = startSessionWatch(
    { stores, workflows, executions, secondAccount, clock, log },
    { intervalMs: WATCH_INTERVAL_MS },
  );
  stopper.add('watch over the sessions', () => watch.stop());
  await Promise.race([watch.firstPass, sleep(FIRST_PASS_LIMIT_MS, undefined, { ref: false })]);
}
