/**
 * Raises attention for gateway accounts whose stamps show that their clock is off, and closes it once they are right again. The
 * faults stand on the rows of the inbox, so no crash loses one, and no text waits for its entry.
 */
import { addMs } from '../../domain/instant.ts';
import { SYSTEM, type AttentionStore } from '../../ports/attention-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { InboxStore } from '../../ports/inbox-store.ts';
import type { Logger } from '../../ports/logger.ts';
import { clearEntries } from './entries.ts';

interface GatewayStampWatchDeps {
  stores: { inbox: Pick<InboxStore, 'gatewayStamps'>; attention: Pick<AttentionStore, 'raise' | 'clear'> };
  clock: Clock;
  log: Logger;
}

/** Of two nodes with different clocks one is right: an entry is cleared only after so long without a fault. */
export const STAMPS_WATCHED_MS = 15 * 60_000;

/** A gateway that has sent no stamped text lately keeps its entry: nothing shows that its clock is right. */
export async function watchGatewayStamps({ stores, clock, log }: GatewayStampWatchDeps): Promise<void> {
  const now = clock.now();
  for (const { gateway, lastFault } of await stores.inbox.gatewayStamps(addMs(now, -STAMPS_WATCHED_MS))) {
    const entry = { subject: gateway, reason: 'gatewayClockOff' } as const;
    if (lastFault === null) {
      await stores.attention.clear({ ...entry, clearedBy: SYSTEM }, now);
      continue;
    }
    const details = { ...lastFault };
    const { raised } = await stores.attention.raise({ ...entry, sessionId: null, details }, now);
    if (raised)
      log.warn(
        { event: entry.reason, gateway, ...details },
        'a gateway stamps texts with a clock that is off',
      );
  }
}

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
