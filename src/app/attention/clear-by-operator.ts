import { isOwnReason } from '../../domain/attention.ts';
import type { AttentionEntry, AttentionStore } from '../../ports/attention-store.ts';
import type { Clock } from '../../ports/clock.ts';

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
