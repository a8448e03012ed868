/**
 * Raises attention for numbers that customers text to and that no route names: a typing error in the settings leaves all of
 * them without an answer. It counts the rows of the inbox, so no text waits for its entry.
 */
import type { Clock } from '../../ports/clock.ts';
import type { InboxStore } from '../../ports/inbox-store.ts';
import type { Logger } from '../../ports/logger.ts';
import type { AttentionStore } from '../../ports/attention-store.ts';
import { clearEntries } from './clear-entries.ts';

interface UnroutedNumberWatchDeps {
  stores: {
    inbox: Pick<InboxStore, 'unroutedNumbers'>;
    attention: Pick<AttentionStore, 'raise' | 'clear' | 'list'>;
  };
  clock: Clock;
  log: Logger;
}

/** Opens `numberNotRouted` for each such number, and closes it once a route names the number. */
export async function watchUnroutedNumbers({ stores, clock, log }: UnroutedNumberWatchDeps): Promise<void> {
  const now = clock.now();
  const subjects = new Set<string>();
  for (const unrouted of await stores.inbox.unroutedNumbers()) {
    const { gateway, shortNumber, texts } = unrouted;
    const subject = `${gateway}/${shortNumber}`;
    subjects.add(subject);
    const entry = { subject, reason: 'numberNotRouted', sessionId: null } as const;
    const { raised } = await stores.attention.raise({ ...entry, details: { ...unrouted } }, now);
    // Only the entry names the number: what a gateway gives as the destination may be anything.
    if (raised)
      log.warn({ event: entry.reason, gateway, texts }, 'customers text to a number without a route');
  }
  await clearEntries({ stores, clock }, ['numberNotRouted'], ({ subject }) => !subjects.has(subject));
}
