import type { CustomerMessageKind } from '../../src/domain/session/customer-messages.ts';
import type { SessionWorkflows, SignalOutcome } from '../../src/app/sessions/session-workflows.ts';
import type { Instant } from '../../src/domain/instant.ts';
import type {
  ChargeSessionInput,
  CustomerMessage,
  KeywordReplyInput,
  LinkReported,
  PaymentOpened,
} from '../../src/workflows/contract.ts';

export interface FakeSession {
  running: boolean;
  startedBy: string;
  /** what its workflow has seen, doubles removed as the workflow does */
  received: { signal: CustomerMessageKind; inboxId: string }[];
  hints: number;
  linkReports: LinkReported[];
  /** when the customer tapped */
  opened: Instant[];
}

/** As gRPC's client throws it. */
function unavailable(): Error {
  const details = 'No connection established';
  return Object.assign(new Error(`14 UNAVAILABLE: ${details}`), { code: 14, details, metadata: {} });
}

/** Temporal as the API sees it: ids are unique, a finished workflow takes no signals, and it can be down or slow. */
export class FakeWorkflows implements SessionWorkflows {
  readonly sessions = new Map<string, FakeSession>();
  readonly replies: string[] = [];
  down = false;
  /** starts that fail although Temporal is up */
  readonly broken = new Set<string>();
  calls = 0;
  /** while set, no call is answered until it resolves */
  gate: Promise<void> | null = null;
  /** runs when a signal has arrived, before the caller hears of it */
  onSignal: (sessionId: string) => Promise<void> = () => Promise.resolve();

  /** runs when a tap has arrived: what the session records of it */
  onOpened: (sessionId: string) => void = () => {};

  session(sessionId: string): FakeSession {
    const session = this.sessions.get(sessionId);
    if (!session) throw new Error(`no session ${sessionId}`);
    return session;
  }

  /** As a session begun long ago. */
  run(sessionId: string): FakeSession {
    const session = { running: true, startedBy: '', received: [], hints: 0, linkReports: [], opened: [] };
    this.sessions.set(sessionId, session);
    return session;
  }

  async startSession({ sessionId, inboxId }: ChargeSessionInput): Promise<void> {
    await this.#answer();
    if (this.broken.has(sessionId)) throw new Error('internal error');
    if (!this.sessions.has(sessionId)) this.run(sessionId).startedBy = inboxId;
  }

  async startReply({ inboxId }: KeywordReplyInput): Promise<void> {
    await this.#answer();
    if (!this.replies.includes(inboxId)) this.replies.push(inboxId);
  }

  async customerMessage(sessionId: string, message: CustomerMessage): Promise<SignalOutcome> {
    await this.#answer();
    const session = this.sessions.get(sessionId);
    if (!session?.running) return 'notRunning';
    const { kind: signal, inboxId } = message;
    if (!session.received.some((earlier) => earlier.inboxId === inboxId))
      session.received.push({ signal, inboxId });
    await this.onSignal(sessionId);
    return 'accepted';
  }

  async paymentChanged(sessionId: string): Promise<SignalOutcome> {
    await this.#answer();
    const session = this.sessions.get(sessionId);
    if (!session?.running) return 'notRunning';
    session.hints += 1;
    return 'accepted';
  }

  async paymentOpened(sessionId: string, { at }: PaymentOpened): Promise<SignalOutcome> {
    await this.#answer();
    const session = this.sessions.get(sessionId);
    if (!session?.running) return 'notRunning';
    session.opened.push(at);
    this.onOpened(sessionId);
    return 'accepted';
  }

  async linkReported(sessionId: string, reported: LinkReported): Promise<SignalOutcome> {
    await this.#answer();
    const session = this.sessions.get(sessionId);
    if (!session?.running) return 'notRunning';
    session.linkReports.push(reported);
    return 'accepted';
  }

  async operatorAction(sessionId: string): Promise<SignalOutcome> {
    await this.#answer();
    return this.sessions.get(sessionId)?.running ? 'accepted' : 'notRunning';
  }

  async isRunning(sessionId: string): Promise<boolean> {
    await this.#answer();
    return this.sessions.get(sessionId)?.running ?? false;
  }

  async #answer(): Promise<void> {
    this.calls += 1;
    await (this.gate ?? Promise.resolve());
    if (this.down) throw unavailable();
  }
}
