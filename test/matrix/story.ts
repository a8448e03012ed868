// Owns: one cell's story with its customer: sets the fault where the cell says, goes on as people do, lets time pass where
// the system waits, and counts how often the fault fired.
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcDeadlineError, QueryNotRegisteredError, WorkflowNotFoundError } from '@temporalio/client';
import type { SimulatedText } from '../audit/evidence.ts';
import { Customer, linkIn } from '../support/customer.ts';
import { eventually } from '../support/eventually.ts';
import type { Exchange } from '../support/public-client.ts';
import type { SessionView } from '../../src/domain/session/view.ts';
import type { ActionState } from '../../src/ports/action-store.ts';
import { chargeSessionWorkflowId, sessionStateQuery } from '../../src/workflows/contract.ts';
import type { ChargeSession } from '../../src/workflows/index.ts';
import { handedOver } from './invariants.ts';
import { PATIENT, type MatrixSystem } from './system.ts';
import {
  IMPATIENT_MS,
  isUnaided,
  UNDER_WAY_MS,
  type Moment,
  type RunnableCell,
  type Unaided,
} from './table.ts';

const USE_SECONDS = 35 * 60;
const JUMP_SECONDS = 40 * 60;
const REFUND_MINOR = 50;
/** What the system waits for in real time comes within this; then its time is moved on. */
const REAL_WAIT_MS = 1_500;
const POLL_MS = 50;
const NUDGE_SECONDS = 20;
const MAX_NUDGES = 20;
const HOUR = 3_600;
const VIEWS = 30;
const FOREIGN_END_WORD = 'ENDWASH';
/** What the customer ends with, where that is not the own end word. */
const END_WORDS: Partial<Record<Unaided, string>> = { generalWord: 'STOP', ownedWord: 'CANCEL' };
/**
 * From minutes to past every deadline: Vipps guarantees a capture for seven days, and Paycore is taken to. No step is
 * longer than our longest wait, or all that happens in it would meet the stand-in's limit of calls a minute.
 */
const RUN_OUT_SECONDS = [60, 60, 120, 300, 900, ...Array<number>(9 * 24).fill(HOUR)];

export class Story {
  readonly cell: RunnableCell;
  readonly system: MatrixSystem;
  readonly customer: Customer;
  /** the session's, once there is one */
  sessionId: string | null = null;
  fired = 0;
  /** faults that were set and never met a call */
  unfired = 0;
  /** everything between us and the stand-ins in this story, once it is over */
  exchanges: readonly Exchange[] = [];
  /** texts that no stand-in has handed over */
  readonly unstamped: SimulatedText[] = [];
  /** of the refund, where there is one */
  actionState: ActionState | null = null;

  constructor(cell: RunnableCell, system: MatrixSystem) {
    this.cell = cell;
    this.system = system;
    // Ten digits of its own: long enough never to appear by chance where no number may.
    this.customer = new Customer(`+47${randomInt(10 ** 9, 10 ** 10)}`, () => system.client);
  }

  async run(): Promise<void> {
    const { operation, scenario } = this.cell;
    const shortMs = scenario.impatient ? IMPATIENT_MS : PATIENT.paymentMs;
    this.system.usePatience(
      operation === 'send' ? { ...PATIENT, smsMs: shortMs } : { ...PATIENT, paymentMs: shortMs },
    );
    await this.system.clearFaults();
    const [last] = await this.system.client.exchanges({ limit: '1' });
    await this.stories[scenario.story]();
    await this.runOut();
    await this.system.simulator.idle();
    this.fired += await this.firedAtStandIn();
    this.unfired = (await this.system.client.faults()).filter(({ fired }) => fired === 0).length;
    this.exchanges = await this.system.client.exchanges(last === undefined ? {} : { since: last.id });
    await this.system.clearFaults();
  }

  private readonly stories = {
    use: () => this.use(),
    sentAgain: () => this.use({ endsTwice: true }),
    refund: async () => {
      await this.use();
      await this.runOut();
      await this.refund();
    },
    cancel: async () => {
      await this.reserve();
      await this.during('end', () => this.end());
      await this.until('the cancellation', async () => (await this.view()).state === 'cancelled');
    },
    approveLate: () => this.approveLate(),
    overtaken: () => this.overtaken(),
  };

  private async use({ endsTwice = false } = {}): Promise<void> {
    const wallet = await this.reserve();
    if (wallet === null) return;
    await this.during('approve', () => this.customer.approve(wallet));
    await this.until('the use', async () => (await this.view()).state === 'active');
    await this.later(USE_SECONDS);
    await this.during('end', () => this.end());
    if (endsTwice) {
      await sleep(REAL_WAIT_MS / 10);
      if ((await this.view()).state !== 'active') throw new Error('A text that was lost ended the use.');
      await this.text('ENDCHARGE');
    }
    await this.until('the end of the use', async () => (await this.view()).state !== 'active');
  }

  /** From CHARGE to the wallet's page; null when it came to nothing. */
  private async reserve(): Promise<string | null> {
    await this.during('charge', () => this.text('CHARGE'));
    await this.until('the session', () => this.findSession());
    await this.until('the link', async () => (await this.isOver()) || (await this.link()) !== null);
    const link = await this.link();
    if (link === null) return null;
    return await this.during('open', () => this.openLink(link));
  }

  private async openLink(link: string): Promise<string | null> {
    let wallet: string | null = null;
    await this.until('the wallet', async () => {
      const { status, location } = await this.system.client.page(link, {});
      wallet = status === 303 && location?.includes('/sim/') ? location : null;
      return wallet !== null || (await this.isOver());
    });
    return wallet;
  }

  /** ENDCHARGE before the approval, which comes all the same. At Vipps he has the app open, so nothing can be withdrawn. */
  private async approveLate(): Promise<void> {
    const wallet = await this.reserve();
    if (wallet === null) throw new Error('There is no payment to approve.');
    const [payment] = await this.payments();
    if (this.cell.provider === 'vipps') await this.system.post(`/sim/api/payments/${payment?.id}/approving`);
    await this.text('ENDCHARGE');
    await this.until('the cancellation', async () => (await this.view()).state === 'cancelled');
    await this.customer.approve(wallet);
    this.fired += (await this.payments()).filter(({ authorizedMinor }) => authorizedMinor > 0).length;
    await this.until('a look at it', async () => (await this.view()).reservedMinor > 0);
  }

  private async overtaken(): Promise<void> {
    await this.setFault();
    const charge = this.text('CHARGE');
    await eventually('the first text to be held', async () =>
      (await this.firedAtStandIn()) > 0 ? true : null,
    );
    await this.text('ENDCHARGE');
    await charge;
    await this.until('both answers', async () => (await this.customer.inbox()).length >= 2);
    await this.findSession();
  }

  private async refund(): Promise<void> {
    const { sessionId } = this;
    if (sessionId === null) throw new Error('There is nothing to refund.');
    await this.during('refund', async () => {
      let answered = false;
      const asked = this.system.client
        .refund(sessionId, REFUND_MINOR, 'the matrix')
        .finally(() => (answered = true));
      await this.until('the answer about the refund', async () => answered);
      await asked;
    });
    const { actions } = this.system.stores;
    await this.until('the refund', async () => {
      const [action] = await actions.listForSession(sessionId);
      this.actionState = action?.state ?? null;
      return action !== undefined && action.state !== 'requested';
    });
  }

  /** The customer ends, with the words and the stamp of the cell. */
  private async end(): Promise<void> {
    const { fault } = this.cell.scenario;
    if (fault === 'foreignWord') {
      await this.text(FOREIGN_END_WORD);
      await this.until('the answer that names the own end word', async () =>
        (await this.customer.inbox()).some((text) => /Washing is not running.*ENDCHARGE/.test(text)),
      );
      if ((await this.view()).state !== 'active') throw new Error('A foreign word ended the use.');
    }
    await this.text((isUnaided(fault) && END_WORDS[fault]) || 'ENDCHARGE');
  }

  private async text(words: string): Promise<void> {
    const { fault } = this.cell.scenario;
    const from = this.customer.msisdn;
    if (fault === 'stampMissing') {
      const messageId = randomUUID();
      this.unstamped.push(handedOver({ messageId, from, text: words }));
      return this.system.pushUnstamped({ messageId, from, text: words });
    }
    const sentAt = this.stamp(words === 'CHARGE' ? 'charge' : 'end');
    await this.system.client.sendText({ from, to: '27222', text: words, ...(sentAt ? { sentAt } : {}) });
  }

  /** Of the cell's gateway; null: the right time. */
  private stamp(moment: Moment): string | null {
    const { fault } = this.cell.scenario;
    const nowMs = Date.parse(this.system.simulator.clock.now());
    if (fault === 'stampAhead') return new Date(nowMs + HOUR * 1_000).toISOString();
    if (fault === 'stampImpossible') return new Date(0).toISOString();
    return fault === 'endBeforeStart' && moment === 'end'
      ? new Date(nowMs - (HOUR + USE_SECONDS) * 1_000).toISOString()
      : null;
  }

  /** Sets the cell's fault first, where this is its moment; the clock jumps while what `act` leads to is under way. */
  private async during<T>(moment: Moment, act: () => Promise<T>): Promise<T> {
    const { at, fault } = this.cell.scenario;
    if (!at.includes(moment)) return await act();
    if (isUnaided(fault) && fault !== 'approvedLate') {
      const [done] = await Promise.all([act(), fault === 'viewed' ? this.viewAll() : null]);
      if (fault === 'viewed') await this.viewAll();
      this.fired += 1;
      return done;
    }
    if (fault !== 'approvedLate') await this.setFault();
    if (fault !== 'clockJump') return await act();
    const before = await this.firedAtStandIn();
    const acting = act();
    await eventually('a call to be under way', async () =>
      (await this.firedAtStandIn()) > before ? true : null,
    );
    const from = Date.parse(this.system.simulator.clock.now());
    await this.system.jumpClock(JUMP_SECONDS);
    const jumpedMs = Date.parse(this.system.simulator.clock.now()) - from;
    if (jumpedMs < JUMP_SECONDS * 1_000) throw new Error('The clock did not jump.');
    return await acting;
  }

  /** As link previews, reloads and impatient people do. */
  private async viewAll(): Promise<void> {
    const link = await this.link();
    if (link === null) return;
    for (const page of ['', '/done', '/stop'])
      for (let n = 0; n < VIEWS; n += 1) {
        const { status } = await this.system.client.page(`${link}${page}`);
        // 503: a busy machine, and nothing came of it.
        if (![200, 303, 503].includes(status)) throw new Error(`A page was answered ${status}.`);
      }
  }

  private async setFault(): Promise<void> {
    const { operation, scenario } = this.cell;
    const { fault } = scenario;
    if (isUnaided(fault)) return;
    const set = fault === 'clockJump' ? { kind: 'delay', ms: UNDER_WAY_MS } : fault;
    await this.system.client.addFault({ operation, ...set });
  }

  private async firedAtStandIn(): Promise<number> {
    const faults = await this.system.client.faults();
    return faults.reduce((sum, { fired }) => sum + fired, 0);
  }

  /** The system's own waits are skipped when nothing comes of waiting. */
  private async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (let nudges = 0; nudges <= MAX_NUDGES; nudges += 1) {
      for (const end = Date.now() + REAL_WAIT_MS; Date.now() < end; await sleep(POLL_MS)) {
        if (await isSo()) return;
      }
      await this.later(NUDGE_SECONDS);
    }
    const state = this.sessionId === null ? 'no session' : JSON.stringify(await this.view());
    throw new Error(
      `Waited in vain for ${what}: ${state}, texts ${(await this.customer.inbox()).join(' | ')}`,
    );
  }

  async later(seconds: number): Promise<void> {
    await this.system.client.later({ seconds });
  }

  /** Moves on until the workflow has ended by itself. */
  private async runOut(): Promise<void> {
    if (this.sessionId === null) return;
    for (const seconds of RUN_OUT_SECONDS) {
      if (await this.hasEnded()) return;
      await this.later(seconds);
    }
    await eventually('the end of the workflow', async () => ((await this.hasEnded()) ? true : null), 5_000);
  }

  private async hasEnded(): Promise<boolean> {
    return (await this.handle().describe()).status.name === 'COMPLETED';
  }

  handle() {
    const { env } = this.system;
    return env.client.workflow.getHandle<typeof ChargeSession>(chargeSessionWorkflowId(this.sessionId ?? ''));
  }

  async view(): Promise<SessionView> {
    return await eventually('the workflow to have begun', async () => {
      try {
        return await this.handle().query(sessionStateQuery);
      } catch (error) {
        // The session's row is there before its workflow; its first step has not come back yet, or the worker is busy.
        const isEarly = error instanceof WorkflowNotFoundError || error instanceof QueryNotRegisteredError;
        if (isEarly || isLate(error)) return null;
        throw error;
      }
    });
  }

  private async isOver(): Promise<boolean> {
    return ['cancelled', 'expired', 'declined'].includes((await this.view()).state);
  }

  /** Of this customer: the systems serve one after another. */
  private async findSession(): Promise<boolean> {
    const [session] = await this.system.stores.sessions.list({ limit: 1 });
    if (session === undefined) return false;
    const msisdn = await this.system.stores.sessions.msisdnOf(session.subscriberId);
    if (`+${msisdn}` !== this.customer.msisdn) return false;
    this.sessionId = session.sessionId;
    return true;
  }

  private async link(): Promise<string | null> {
    const texts = await this.customer.inbox();
    const withLink = texts.find((text) => text.includes('/p/'));
    return withLink === undefined ? null : linkIn(withLink, '/p/');
  }

  /** This session's payments at the stand-in. */
  async payments() {
    if (this.sessionId === null) return [];
    const attempts = await this.system.stores.money.listPayments(this.sessionId);
    const references = attempts.map(({ paymentReference }) => paymentReference);
    return (await this.system.client.payments()).filter(({ reference }) => references.includes(reference));
  }
}

function isLate(error: unknown): boolean {
  return isGrpcDeadlineError(error) || (error instanceof Error && isGrpcDeadlineError(error.cause));
}
