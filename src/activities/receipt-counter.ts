/** A receipt number is never issued twice, also by a database that was restored and has forgotten the last ones. */
import type { ActivityDeps } from './deps.ts';

/** Before each issue: raises the partner's counter to the highest number known, and notifies people of the gap. */
export async function raiseReceiptCounter(deps: ActivityDeps, partnerId: string): Promise<void> {
  const { stores, clock, issuedNumbers } = deps;
  if (!issuedNumbers) return;
  const { receipts, ledger, attention } = stores;
  const above = await receipts.lastNumber(partnerId);
  const installationId = await ledger.installationId();
  const highest = await issuedNumbers.highest({ partnerId, installationId, above });
  // Read after it: another worker may have issued these numbers meanwhile, from this very counter.
  const counter = highest > above ? await receipts.lastNumber(partnerId) : above;
  if (highest <= counter) return;
  // The task first: a crash in between must not leave a gap that nobody hears of.
  const details = { partnerId, counter, skippedFrom: counter + 1, skippedTo: highest };
  await attention.raise(
    { subject: `${partnerId}-${highest}`, reason: 'receiptCounterBehind', sessionId: null, details },
    clock.now(),
  );
  await receipts.raiseCounter(partnerId, highest);
}
