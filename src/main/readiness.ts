// Owns: whether what serving needs is there, part by part.
import type { Client } from '@temporalio/client';
import { within } from '../ports/bounded.ts';
import type { Stores } from '../ports/stores.ts';

const PROBE_MS = 1_500;

/** Asks the database and Temporal anew each time; a part that does not answer says so and hides no other. */
export async function readiness(
  stores: Pick<Stores, 'ping'>,
  client: Client,
): Promise<{ database: string; temporal: string }> {
  const { connection } = client;
  const [database, temporal] = await Promise.all([
    state(() => stores.ping()),
    state(() =>
      connection.withDeadline(Date.now() + PROBE_MS, () => connection.workflowService.getSystemInfo({})),
    ),
  ]);
  return { database, temporal };
}

async function state(probe: () => Promise<unknown>): Promise<string> {
  try {
    const answer = await within(probe(), PROBE_MS);
    return answer.late ? 'no answer in time' : 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  }
}
