/** Our ledger compared with the providers', for operators: a session, a day, a span of days. Changes nothing. */
import { pick } from '../domain/pick.ts';
import type { Stores } from '../ports/stores.ts';
import type { PartnerId, SessionId } from '../domain/ids.ts';
import { isSessionReason, type RaisedReason } from '../domain/attention.ts';
import { type Instant, nextDay, startOfDay } from '../domain/instant.ts';
import type { Currency } from '../domain/money.ts';
import type { SessionLedger, ProviderLedger } from '../domain/reconciliation/ledger.ts';
import type { Check, CheckId, CheckStatus } from '../domain/reconciliation/checks.ts';
import { proofOf, type ProofRow, type RowName, type SessionProof } from '../domain/reconciliation/proof.ts';
import {
  isBroken,
  compareLedgers,
  type Comparison,
  type ComparisonKind,
} from '../domain/reconciliation/comparison.ts';
import { hasGoneOut } from '../domain/text-delivery.ts';
import type { CustomerTexts, ReceiptNumbers } from '../ports/ledger-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { AttentionEntry } from '../ports/attention-store.ts';
import { readPayments, unknownProvider, type ReadableProvider } from '../ports/read-payments.ts';
import type { Partner } from '../ports/settings-store.ts';
import { inParallel } from './waiting.ts';
import type { ChargeState } from '../domain/session/charge-state.ts';

export interface ProofDeps {
  stores: Pick<Stores, 'ledger' | 'settings' | 'attention'>;
  /** by name, as the sessions' terms have it */
  providers: Readonly<Record<string, ReadableProvider>>;
  clock: Clock;
}

/** Reads of providers at once: a report must leave room for customers' calls. */
const AT_ONCE = 4;
/** Sessions whose ledgers are read together: few of them change while their providers are read. */
const PAGE = 100;
/** Shown of what is reported and belongs to no session of ours. */
const TASKS = 1_000;

/** null: no such session */
export async function proveSession(deps: ProofDeps, sessionId: SessionId): Promise<SessionProof | null> {
  const [seen] = await stableLedgers(deps, [sessionId]);
  return seen ? proofOf(seen.ledger, seen.theirs, deps.clock.now()) : null;
}

interface Seen {
  ledger: SessionLedger;
  theirs: ProviderLedger;
}

const TRIES = 3;

/** Both sides at one moment: where ours changed while the providers were read, both are read again. */
async function stableLedgers(deps: ProofDeps, sessionIds: readonly SessionId[]): Promise<Seen[]> {
  const { ledger: store } = deps.stores;
  const seen = new Map<SessionId, Seen>();
  let changed = await store.readAll(sessionIds);
  for (let tries = 1; changed.length > 0; tries += 1) {
    const read = async (ledger: SessionLedger): Promise<Seen> => ({
      ledger,
      theirs: await readProvider(deps, ledger),
    });
    for (const one of await inParallel(changed, AT_ONCE, read)) seen.set(one.ledger.sessionId, one);
    if (tries === TRIES) break;
    const again = await store.readAll(changed.map(({ sessionId }) => sessionId));
    changed = again.filter(
      (ledger) => JSON.stringify(ledger) !== JSON.stringify(seen.get(ledger.sessionId)?.ledger),
    );
  }
  return sessionIds.flatMap((sessionId) => seen.get(sessionId) ?? []);
}

async function readProvider(
  { providers }: ProofDeps,
  { provider, payments }: SessionLedger,
): Promise<ProviderLedger> {
  const known = providers[provider];
  return known ? await readPayments(known, payments) : unknownProvider(payments);
}

export interface DayTotals {
  currency: Currency;
  rows: {
    row: RowName;
    oursMinor: number;
    theirsMinor: number;
    /** payments whose amount the provider does not show */
    notShown: number;
    /** what texts about this amount said, in all; one that was refused or reported failed has said nothing */
    textedMinor: number;
    texts: number;
  }[];
}

export interface DayProof {
  day: string;
  partnerId: PartnerId;
  partnerName: string;
  timeZone: string;
  sessions: number;
  /** how many sessions are in each state */
  states: Record<string, number>;
  totals: DayTotals[];
  /** how many texts to customers were reported as what; of those that no gateway took, their own states */
  texts: Record<string, number>;
  /** how many sessions each point of the promise holds for, and so on */
  checks: { id: CheckId; counts: Record<CheckStatus, number> }[];
  /** the sessions with a broken point, and those points */
  failing: { sessionId: SessionId; state: ChargeState; attention: RaisedReason[]; broken: Check[] }[];
  /** sessions in which nothing is broken, and which need attention nevertheless */
  attention: { sessionId: SessionId; state: ChargeState; reasons: string[] }[];
  /** over all days */
  receiptNumbers: ReceiptNumbers;
  /** of the day */
  customerTexts: CustomerTexts;
}

/** One for each requested partner; `partnerId` null: all of them. A session belongs to the day it began on. */
export async function proveDay(
  deps: ProofDeps,
  query: { day: string; partnerId: PartnerId | null },
): Promise<DayProof[]> {
  const proofs: DayProof[] = [];
  for (const partner of await partnersOf(deps, query.partnerId)) {
    const { day } = query;
    const seen = await seenBetween(deps, partner, { from: day, to: day });
    const now = deps.clock.now();
    const sessions = seen.map(({ ledger, theirs }) => proofOf(ledger, theirs, now));
    const { partnerId, name, timeZone } = partner;
    proofs.push({
      day,
      partnerId,
      partnerName: name,
      timeZone,
      sessions: sessions.length,
      states: countBy(sessions, ({ state }) => state),
      totals: totalsOf(sessions),
      texts: countBy(
        seen.flatMap(({ ledger }) => ledger.texts),
        ({ state, delivery }) => delivery ?? state,
      ),
      checks: checksOf(sessions),
      failing: sessions.flatMap(({ sessionId, state, attention, checks }) => {
        const broken = checks.filter(({ status }) => status === 'broken');
        return broken.length === 0 ? [] : [{ sessionId, state, attention, broken }];
      }),
      attention: sessions
        .filter(({ checks }) => !isBroken(checks))
        .map(({ sessionId, state, attention: reasons }) => ({ sessionId, state, reasons }))
        .filter(({ reasons }) => reasons.length > 0),
      receiptNumbers: await deps.stores.ledger.receiptNumbers(partnerId),
      customerTexts: await deps.stores.ledger.customerTexts({ partnerId, ...instantsOf(day, day, timeZone) }),
    });
  }
  return proofs;
}

async function partnersOf({ stores }: ProofDeps, partnerId: PartnerId | null): Promise<Partner[]> {
  const all = await stores.settings.listPartners();
  return all.filter((partner) => partnerId === null || partner.partnerId === partnerId);
}

function instantsOf(first: string, last: string, timeZone: string): { from: Instant; to: Instant } {
  return { from: startOfDay(first, timeZone), to: startOfDay(nextDay(last), timeZone) };
}

/** Whole days of the partner's own time zone, both ends included. */
async function seenBetween(
  deps: ProofDeps,
  { partnerId, timeZone }: Partner,
  days: { from: string; to: string },
): Promise<Seen[]> {
  const { ledger } = deps.stores;
  const { from, to } = instantsOf(days.from, days.to, timeZone);
  const seen: Seen[] = [];
  let after: string | null = null;
  for (;;) {
    const ids: string[] = await ledger.listBegun({ partnerId, from, to, after, limit: PAGE });
    seen.push(...(await stableLedgers(deps, ids)));
    after = ids.at(-1) ?? null;
    if (ids.length < PAGE) return seen;
  }
}

function totalsOf(sessions: readonly SessionProof[]): DayTotals[] {
  const currencies = [...new Set(sessions.map(({ currency }) => currency))].toSorted();
  return currencies.map((currency) => {
    const rows = sessions
      .filter((session) => session.currency === currency)
      .flatMap((session) => session.rows);
    const names = [...new Set(rows.map(({ row }) => row))];
    return {
      currency,
      rows: names.map((name) =>
        totalOf(
          name,
          rows.filter(({ row }) => row === name),
        ),
      ),
    };
  });
}

function totalOf(row: RowName, rows: readonly ProofRow[]): DayTotals['rows'][number] {
  const sum = (of: (row: ProofRow) => number): number => rows.reduce((total, one) => total + of(one), 0);
  const sent = rows.flatMap(({ statedIn }) => statedIn.filter(hasGoneOut));
  return {
    row,
    oursMinor: sum(({ oursMinor }) => oursMinor ?? 0),
    theirsMinor: sum(({ theirsMinor }) => theirsMinor ?? 0),
    notShown: rows.filter(({ oursMinor, theirsMinor }) => oursMinor !== null && theirsMinor === null).length,
    textedMinor: sent.reduce((total, { amountMinor }) => total + (amountMinor ?? 0), 0),
    texts: sent.length,
  };
}

function checksOf(sessions: readonly SessionProof[]): DayProof['checks'] {
  const ids = [...new Set(sessions.flatMap(({ checks }) => checks.map(({ id }) => id)))];
  return ids.map((id) => {
    const found = sessions.flatMap(({ checks }) => checks.filter((check) => check.id === id));
    const nothing: Record<CheckStatus, number> = { holds: 0, noted: 0, broken: 0, open: 0 };
    return { id, counts: { ...nothing, ...countBy(found, ({ status }) => status) } };
  });
}

function countBy<T>(items: readonly T[], nameOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[nameOf(item)] = (counts[nameOf(item)] ?? 0) + 1;
  return counts;
}

export interface ReportedSession extends Comparison {
  sessionId: SessionId;
  partnerId: PartnerId;
  provider: string;
  currency: Currency;
  state: ChargeState;
  payments: number;
  /** reasons of its open attention entries */
  attention: RaisedReason[];
}

export interface ReconciliationReport {
  from: string;
  to: string;
  installationId: string;
  sessions: number;
  payments: number;
  /** sessions of each kind */
  counts: Record<ComparisonKind, number>;
  /** every session that needs an operator */
  reported: ReportedSession[];
  /** payments without a record of ours: reported, never touched */
  foreign: Pick<AttentionEntry, 'subject' | 'details' | 'raisedAt' | 'lastSeenAt'>[];
}

/** Both days included, in each partner's own time zone. Reads only. */
export async function reconcileDays(
  deps: ProofDeps,
  query: { from: string; to: string; partnerId: PartnerId | null },
): Promise<ReconciliationReport> {
  const { from, to, partnerId } = query;
  const lines: ReportedSession[] = [];
  for (const partner of await partnersOf(deps, partnerId))
    for (const { ledger, theirs } of await seenBetween(deps, partner, { from, to }))
      lines.push(lineOf(ledger, theirs));
  const open = await deps.stores.attention.list({ limit: TASKS });
  const none = {
    equal: 0,
    assumed: 0,
    underWay: 0,
    workflowMissing: 0,
    notReleased: 0,
    differs: 0,
    notReadable: 0,
  };
  return {
    from,
    to,
    installationId: await deps.stores.ledger.installationId(),
    sessions: lines.length,
    payments: lines.reduce((sum, { payments }) => sum + payments, 0),
    counts: { ...none, ...countBy(lines, ({ kind }) => kind) },
    reported: lines.filter(isReported),
    foreign: open
      .filter(({ reason }) => reason === 'foreignPayment')
      .map(({ subject, details, raisedAt, lastSeenAt }) => ({ subject, details, raisedAt, lastSeenAt })),
  };
}

function lineOf(ledger: SessionLedger, theirs: ProviderLedger): ReportedSession {
  const shown = pick(ledger, ['sessionId', 'partnerId', 'provider', 'currency', 'state', 'attention']);
  return { ...shown, payments: ledger.payments.length, ...compareLedgers(ledger, theirs) };
}

function isReported({ kind, attention }: ReportedSession): boolean {
  return (
    kind === 'differs' ||
    kind === 'notReleased' ||
    kind === 'workflowMissing' ||
    kind === 'notReadable' ||
    // The session's own reasons are no difference to the provider.
    attention.some((reason) => !isSessionReason(reason))
  );
}
