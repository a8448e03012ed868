// Owns: when a Temporal server counts as ready: it answers, and our namespace and search attributes are there.
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { SearchAttribute } from './supervisor-protocol.ts';

// Values of the server's enum IndexedValueType.
const INDEXED_VALUE_TYPES: Record<SearchAttribute['type'], number> = {
  TEXT: 1,
  KEYWORD: 2,
  INT: 3,
  DOUBLE: 4,
  BOOL: 5,
  DATETIME: 6,
  KEYWORD_LIST: 7,
};

const POLL_MS = 25;
/** for one look; a server that is busy starting up is looked at again */
const LOOK_TIMEOUT_MS = 10_000;

/** Settles when the server at `address` is ready; throws when `signal` says to give up. */
export async function waitUntilReady(
  address: string,
  namespace: string,
  searchAttributes: readonly SearchAttribute[],
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const failure = await tryOnce(address, namespace, searchAttributes);
    if (failure === null) return;
    await sleep(POLL_MS, undefined, { signal }).catch(() => {
      throw new Error(`The Temporal server at ${address} does not become ready: ${failure}`);
    });
  }
}

async function tryOnce(
  address: string,
  namespace: string,
  searchAttributes: readonly SearchAttribute[],
): Promise<string | null> {
  try {
    // A new connection each time: one that was refused waits a whole second before it tries again.
    const connection = await Connection.connect({ address, connectTimeout: 2_000 });
    try {
      await connection.withDeadline(Date.now() + LOOK_TIMEOUT_MS, async () => {
        await connection.workflowService.describeNamespace({ namespace });
        await ensureSearchAttributes(connection, namespace, searchAttributes);
      });
      return null;
    } finally {
      await connection.close();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A database from before an attribute was invented lacks it; the start flag is for new databases only. */
async function ensureSearchAttributes(
  connection: Connection,
  namespace: string,
  wanted: readonly SearchAttribute[],
): Promise<void> {
  const known = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = wanted.filter(({ name }) => known.customAttributes[name] === undefined);
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(
    missing.map(({ name, type }) => [name, INDEXED_VALUE_TYPES[type]]),
  );
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}
