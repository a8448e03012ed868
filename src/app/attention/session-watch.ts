/**
 * Raises attention for sessions that do not act: overdue ones, open ones without a workflow, and those that do not begin; and sees
 * when what was wrong is gone, whichever process has repaired it. It runs in the API process and not in a workflow, since
 * a worker that is down is just what it must notice.
 */
import type { SessionId } from '../../domain/ids.ts';
import { addMs } from '../../domain/instant.ts';
import { isOpen } from '../../domain/reconciliation/ledger.ts';
import { isOverdue, OVERDUE_AFTER_MS } from '../../domain/reconciliation/checks.ts';
import type { Stores } from '../../ports/stores.ts';
import { SYSTEM, type AttentionEntry, type AttentionDetails } from '../../ports/attention-store.ts';
import { clearEntries, raiseEntry } from './entries.ts';
import { errorFields } from '../error-fields.ts';
import { repeat, type Repeated } from '../repeat.ts';
import { watchGatewayStamps, watchUnroutedNumbers } from './inbox-watch.ts';
import type { SessionExecutions } from '../sessions/session-executions.ts';
import type { SessionWorkflows } from '../sessions/session-workflows.ts';
import { watchGateways, watchLinks, type LinkWatchDeps, type ReportedLinks } from './text-watch.ts';

type SessionWatchDeps = LinkWatchDeps & {
  stores: Pick<Stores, 'ledger' | 'attention' | 'inbox' | 'outbox' | 'sessions'>;
  workflows: Pick<SessionWorkflows, 'isRunning' | 'linkReported'>;
  executions: SessionExecutions;
};

export const WATCH_INTERVAL_MS = 60_000;
/** Overdue sessions in one pass, the longest overdue first. */
const PASS_SESSIONS = 200;
/** Ids in one list of Temporal's: more are left for the next pass. */
const PASS_EXECUTIONS = 20_000;
/** How far back a pass reads ended workflows; the first one of a process, as after a restore, reads all that are kept. */
const ENDED_WITHIN_MS = 3_600_000;

type WatchReason = Extract<
  AttentionEntry['reason'],
  'overdue' | 'workflowMissing' | 'sessionMissing' | 'notBegun'
>;

export class SessionWatch {
  readonly #deps: SessionWatchDeps;
  /** what was overdue in the pass before, with its instant: one read may fall into a step of the demo's clock */
  #overdueOnce = new Map<string, string>();
  #hasReadAll = false;
  readonly #reportedLinks: ReportedLinks = new Map();

  constructor(deps: SessionWatchDeps) {
    this.#deps = deps;
  }

  /** One pass over everything. A part that fails is logged, and the next pass tries again. */
  async pass(): Promise<void> {
    for (const part of [
      // First: the answers to customers depend on it.
      () => this.#unmatched(),
      () => this.#overdue(),
      () => this.#notBegun(),
      () => this.#gone(),
      () => watchGatewayStamps(this.#deps),
      () => watchUnroutedNumbers(this.#deps),
      () => watchGateways(this.#deps),
      () => watchLinks(this.#deps, this.#reportedLinks),
    ])
      await part().catch((error: unknown) =>
        this.#deps.log.error(
          { event: 'watchFailed', ...errorFields(error) },
          'a part of the watch failed; the next pass tries again',
        ),
      );
  }

  async #overdue(): Promise<void> {
    const { stores, clock } = this.#deps;
    const before = addMs(clock.now(), -OVERDUE_AFTER_MS);
    const overdue = await stores.ledger.listOverdue({ before, limit: PASS_SESSIONS });
    const confirmed = overdue.filter(
      ({ sessionId, nextDueAt }) => this.#overdueOnce.get(sessionId) === nextDueAt,
    );
    this.#overdueOnce = new Map(overdue.map(({ sessionId, nextDueAt }) => [sessionId, nextDueAt]));
    for (const { sessionId, state, nextDueAt } of confirmed) {
      // Without an answer of Temporal it counts as overdue.
      const isRunning = await this.#deps.workflows.isRunning(sessionId).catch(() => true);
      if (isRunning) await this.#raise(sessionId, 'overdue', { state, nextDueAt });
      else await this.#missing(sessionId);
    }
  }

  /** Its workflow was started and has recorded nothing. */
  async #notBegun(): Promise<void> {
    const { stores, clock, workflows } = this.#deps;
    const before = addMs(clock.now(), -OVERDUE_AFTER_MS);
    const notBegun = await stores.ledger.listNotBegun({ before, limit: PASS_SESSIONS });
    for (const { sessionId, dispatchedAt } of notBegun) {
      const isRunning = await workflows.isRunning(sessionId).catch(() => true);
      const workflow = isRunning ? 'running' : 'missing';
      await this.#raise(sessionId, 'notBegun', { workflow, dispatchedAt });
    }
    if (notBegun.length === PASS_SESSIONS) return;
    const waiting = new Set(notBegun.map(({ sessionId }) => sessionId));
    await clearEntries(this.#deps, ['notBegun'], ({ subject }) => !waiting.has(subject));
  }

  /** Sessions without a workflow, and workflows without a session: one of the two databases is older, or lost something. */
  async #unmatched(): Promise<void> {
    const { stores, executions, clock } = this.#deps;
    const { ledger } = stores;
    const installationId = await ledger.installationId();
    // Read before Temporal is: what begins and ends meanwhile is in the list that comes later.
    const open = await ledger.listOpen({ before: clock.now(), limit: PASS_EXECUTIONS });
    const running = await executions.listRunning(installationId, PASS_EXECUTIONS);
    await this.#unknown(running, 'running');
    const known = new Set(running);
    const withoutWorkflow = open.filter((sessionId) => !known.has(sessionId)).slice(0, PASS_SESSIONS);
    const noted = await ledger.listEndNoted(PASS_SESSIONS);
    for (const sessionId of new Set([...withoutWorkflow, ...noted]))
      // Visibility follows within seconds: so ask Temporal about the workflow itself.
      if (!(await this.#deps.workflows.isRunning(sessionId))) await this.#missing(sessionId);
    // Wall time on both sides: these are Temporal's own instants.
    const since = this.#hasReadAll ? new Date(Date.now() - ENDED_WITHIN_MS) : null;
    await this.#unknown(await executions.listEnded(installationId, since, PASS_EXECUTIONS), 'ended');
    this.#hasReadAll = true;
  }

  async #unknown(sessionIds: readonly string[], workflow: 'running' | 'ended'): Promise<void> {
    for (const sessionId of await this.#deps.stores.ledger.listUnknown(sessionIds))
      await this.#raise(sessionId, 'sessionMissing', { workflow }, null);
  }

  /** Read after the workflow was seen to be gone: its last record comes before its end. */
  async #missing(sessionId: SessionId): Promise<void> {
    const ledger = await this.#deps.stores.ledger.read(sessionId);
    if (ledger === null || !isOpen(ledger)) return;
    const entries = await this.#deps.stores.attention.list({ sessionIds: [sessionId], andCleared: true });
    const known = entries.findLast(({ reason }) => reason === 'workflowMissing');
    // The reconciliation may have recorded more, such as the remaining hold, and an operator may have cleared it.
    const { state, nextDueAt, endRequestedAt } = ledger;
    const ended: AttentionDetails = endRequestedAt === null ? {} : { endRequestedAt };
    if (!known || known.clearedBy === SYSTEM)
      await this.#raise(sessionId, 'workflowMissing', { state, nextDueAt, ...ended });
    else if (endRequestedAt !== null && known.details['endRequestedAt'] !== endRequestedAt)
      await this.#raise(sessionId, 'workflowMissing', { ...known.details, ...ended });
  }

  async #gone(): Promise<void> {
    const { stores, clock, workflows } = this.#deps;
    const reasons = ['overdue', 'workflowMissing', 'sessionMissing', 'textNotDispatched'] as const;
    await clearEntries(this.#deps, reasons, async ({ subject, reason }) => {
      if (reason === 'textNotDispatched') return !(await stores.inbox.isUndispatched(subject));
      if (reason === 'sessionMissing') return (await stores.ledger.listUnknown([subject])).length === 0;
      const ledger = await stores.ledger.read(subject);
      if (ledger === null || !isOpen(ledger)) return true;
      return reason === 'overdue' ? !isOverdue(ledger, clock.now()) : await workflows.isRunning(subject);
    });
  }

  async #raise(
    subject: string,
    reason: WatchReason,
    details: AttentionDetails,
    sessionId: SessionId | null = subject,
  ): Promise<void> {
    const found = { subject, sessionId, details, logged: { sessionId: subject, ...details } };
    await raiseEntry(this.#deps, reason, found, 'a session needs an operator');
  }
}

export function startSessionWatch(deps: SessionWatchDeps, { intervalMs }: { intervalMs: number }): Repeated {
  const watch = new SessionWatch(deps);
  return repeat(intervalMs, () => watch.pass());
}
