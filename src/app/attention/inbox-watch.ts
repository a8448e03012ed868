/**
 * Watches what the rows of the inbox show: gateway accounts whose clock is off, and numbers without a route. No crash loses
 * a row, and no text waits for its entry.
 */
import { addMs } from '../../domain/instant.ts';
import { SYSTEM } from '../../ports/attention-store.ts';
import type { InboxStore } from '../../ports/inbox-store.ts';
import { raiseAll, raiseEntry, type EntryDeps } from './entries.ts';

type InboxWatchDeps<K extends keyof InboxStore> = EntryDeps & { stores: { inbox: Pick<InboxStore, K> } };

/** Of two nodes with different clocks one is right: an entry is cleared only after so long without a fault. */
export const STAMPS_WATCHED_MS = 15 * 60_000;

/** A gateway that has sent no stamped text lately keeps its entry: nothing shows that its clock is right. */
export async function watchGatewayStamps(deps: InboxWatchDeps<'gatewayStamps'>): Promise<void> {
  const { stores, clock } = deps;
  const reason = 'gatewayClockOff';
  const since = addMs(clock.now(), -STAMPS_WATCHED_MS);
  for (const { gateway, lastFault } of await stores.inbox.gatewayStamps(since))
    if (lastFault === null)
      await stores.attention.clear({ subject: gateway, reason, clearedBy: SYSTEM }, clock.now());
    else {
      const found = { subject: gateway, details: { ...lastFault }, logged: { gateway, ...lastFault } };
      await raiseEntry(deps, reason, found, 'a gateway stamps texts with a clock that is off');
    }
}

/** A typing error in the settings leaves all customers of a number without an answer. */
export async function watchUnroutedNumbers(deps: InboxWatchDeps<'unroutedNumbers'>): Promise<void> {
  const unrouted = await deps.stores.inbox.unroutedNumbers();
  const found = unrouted.map((number) => ({
    subject: `${number.gateway}/${number.shortNumber}`,
    details: { ...number },
    // Only the entry names the number: a gateway may give anything as the destination.
    logged: { gateway: number.gateway, texts: number.texts },
  }));
  await raiseAll(deps, 'numberNotRouted', found, 'customers text to a number without a route');
}
