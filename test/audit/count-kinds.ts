// Owns: how often a run met what it is to survive: a kind that was never met proves nothing.
import type { InboundRow } from './evidence.ts';
import type { Ledger } from './ledger.ts';

/** Further from the receipt than a text is late by itself. */
const SKEWED_MS = 60_000;

export interface KindsMet {
  stampsAhead: number;
  stampsBehind: number;
  /** ends that the gateway stamped before the CHARGE of their session */
  endsBeforeStart: number;
  /** end words of a partner whose service the customer does not use */
  foreignWords: number;
  generalWords: number;
  pageViews: number;
  /** runs of sessions that went on as a new one */
  continuedRuns: number;
}

export function countKinds(ledger: Ledger): KindsMet {
  const { inbound, terms, pageViews, continuedRuns } = ledger.evidence;
  const offMs = (row: InboundRow): number => stampMs(ledger, row) - Date.parse(row.receivedAt);
  const count = (is: (row: InboundRow) => boolean): number => inbound.filter(is).length;
  const wordOf = ({ messageId }: InboundRow): string => ledger.textByMessage.get(messageId)?.text ?? '';
  return {
    stampsAhead: count((row) => offMs(row) > SKEWED_MS),
    stampsBehind: count((row) => offMs(row) < -SKEWED_MS),
    endsBeforeStart: count((row) => isEndBeforeStart(ledger, row)),
    foreignWords: count((row) => isForeign(ledger, row, wordOf(row))),
    generalWords: count((row) => row.signal === 'endCharge' && terms.generalEndWords.includes(wordOf(row))),
    pageViews,
    continuedRuns,
  };
}

function stampMs(ledger: Ledger, { messageId, receivedAt }: InboundRow): number {
  return Date.parse(ledger.textByMessage.get(messageId)?.at ?? receivedAt);
}

function isEndBeforeStart(ledger: Ledger, row: InboundRow): boolean {
  if (row.signal !== 'endCharge') return false;
  const session = ledger.sessionById.get(row.sessionId ?? '');
  const start = ledger.inboundBySession
    .get(row.sessionId ?? '')
    ?.find(({ inboxId }) => inboxId === session?.inboxId);
  return start !== undefined && stampMs(ledger, row) < stampMs(ledger, start);
}

function isForeign(ledger: Ledger, { subscriberId }: InboundRow, word: string): boolean {
  const { sessions, terms } = ledger.evidence;
  const isEndWord = Object.values(terms.endWords).includes(word);
  const own = sessions.filter((session) => session.subscriberId === subscriberId);
  return isEndWord && own.length > 0 && own.every(({ partnerId }) => terms.endWords[partnerId] !== word);
}
