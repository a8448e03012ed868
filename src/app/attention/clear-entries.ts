import type { Clock } from '../../ports/clock.ts';
import { SYSTEM, type AttentionEntry, type AttentionStore } from '../../ports/attention-store.ts';

/** The following passes clear the rest. */
const PASS_ENTRIES = 1_000;

/** Clears the open entries of these reasons whose cause `isGone`; returns their subjects. */
export async function clearEntries(
  { stores, clock }: { stores: { attention: Pick<AttentionStore, 'clear' | 'list'> }; clock: Clock },
  reasons: readonly AttentionEntry['reason'][],
  isGone: (entry: AttentionEntry) => boolean | Promise<boolean>,
): Promise<string[]> {
  const cleared: string[] = [];
  for (const entry of await stores.attention.list({ limit: PASS_ENTRIES, reasons })) {
    if (!(await isGone(entry))) continue;
    const { subject, reason } = entry;
    await stores.attention.clear({ subject, reason, clearedBy: SYSTEM }, clock.now());
    cleared.push(subject);
  }
  return cleared;
}
