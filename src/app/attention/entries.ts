/** Attention entries as the watches raise and clear them, and as an operator clears one. */
import type { SessionId } from '../../domain/ids.ts';
import { isSessionReason } from '../../domain/attention.ts';
import { SYSTEM, type AttentionDetails, type AttentionEntry } from '../../ports/attention-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogFields, Logger } from '../../ports/logger.ts';
import type { Stores } from '../../ports/stores.ts';

type Reason = AttentionEntry['reason'];

export interface EntryDeps {
  stores: Pick<Stores, 'attention'>;
  clock: Clock;
  log: Logger;
}

interface Found {
  subject: string;
  details: AttentionDetails;
  /** the session it is about; default: none */
  sessionId?: SessionId | null;
  /** default: the details */
  logged?: LogFields;
}

/** Later passes clear the rest. */
const PASS_ENTRIES = 1_000;

/** Raises an entry, and logs `message` where this call has opened it. */
export async function raiseEntry(
  { stores, clock, log }: EntryDeps,
  reason: Reason,
  { subject, sessionId = null, details, logged = details }: Found,
  message: string,
): Promise<void> {
  const { raised } = await stores.attention.raise({ subject, reason, sessionId, details }, clock.now());
  if (raised) log.warn({ event: reason, ...logged }, message);
}

/** Makes the open entries of `reason` those that were found; returns the subjects of the ones it cleared. */
export async function raiseAll(
  deps: EntryDeps,
  reason: Reason,
  found: readonly Found[],
  message: string,
): Promise<string[]> {
  for (const one of found) await raiseEntry(deps, reason, one, message);
  const subjects = new Set(found.map(({ subject }) => subject));
  return await clearEntries(deps, [reason], ({ subject }) => !subjects.has(subject));
}

/** Clears the open entries of these reasons whose cause `isGone`; returns their subjects. */
export async function clearEntries(
  { stores, clock }: Pick<EntryDeps, 'stores' | 'clock'>,
  reasons: readonly Reason[],
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
 * An operator clears an entry. What a session or its action raised is cleared with its cause or by a write-off: cleared by
 * hand it could not be raised again. null: cleared; otherwise the sentence that says why not.
 */
export async function clearByOperator(
  deps: { stores: { attention: Pick<Stores['attention'], 'clear'> }; clock: Clock },
  entry: Pick<AttentionEntry, 'subject' | 'reason'> & { actor: string },
): Promise<string | null> {
  const { subject, reason, actor } = entry;
  if (isSessionReason(reason))
    return `${reason} goes away with its cause, or with: sms2pay session write-off`;
  const cleared = await deps.stores.attention.clear({ subject, reason, clearedBy: actor }, deps.clock.now());
  return cleared ? null : 'No such attention entry is open.';
}
