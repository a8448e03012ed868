import { SYSTEM, type AttentionEntry, type AttentionStore } from '../../ports/attention-store.ts';
import { isOwnReason } from '../../domain/attention.ts';
import type { Clock } from '../../ports/clock.ts';

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

/**
 * An operator clears an entry. What a session or its action raised goes away with its cause, or with a write-off: cleared by hand it
 * could not be raised again. null: cleared; otherwise the sentence that says why not.
 */
export async function clearByOperator(
  deps: { stores: { attention: Pick<AttentionStore, 'clear'> }; clock: Clock },
  entry: Pick<AttentionEntry, 'subject' | 'reason'> & { actor: string },
): Promise<string | null> {
  const { subject, reason, actor } = entry;
  if (isOwnReason(reason)) return `${reason} goes away with its cause, or with: sms2pay session write-off`;
  const cleared = await deps.stores.attention.clear({ subject, reason, clearedBy: actor }, deps.clock.now());
  return cleared ? null : 'No such attention entry is open.';
}
