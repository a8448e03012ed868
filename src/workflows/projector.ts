/** Shows a session to the world: its row, its search attributes, its summary in the Temporal UI. */
import type { SearchAttributePair } from '@temporalio/common';
import {
  ActivityFailure,
  ApplicationFailure,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { minorToDecimal } from '../domain/money.ts';
import { paymentReferenceOf, type Payment } from '../domain/session/payment.ts';
import { projectionOf, viewOf } from '../domain/session/view.ts';
import { endedUseOf, type SessionState } from '../domain/session/state.ts';
import type { Carried, StoredProjection } from '../activities/contract.ts';
import { SESSION_IS_OVER, type ChargeState } from '../domain/session/charge-state.ts';
import type { LinkFault } from '../domain/text-delivery.ts';
import { records } from './activity-options.ts';
import { RECEIPT_NUMBER } from './search-attributes.ts';
import { firstSearchAttributes, searchAttributesOf } from './shown-attributes.ts';

/**
 * A changed projection is stored by the next activity that is scheduled, which carries it. `flush` schedules one where there
 * is none.
 */
export class Projector {
  /** of the last projection that was given to an activity */
  revision: number;
  private readonly sinceRevision: number;
  /** the state in which another run ended this session: nothing is done a second time */
  overIn: ChargeState | null = null;
  /** how many of the session's handled texts are certainly recorded */
  private recordedTexts: number;
  /** what the newest projection shows, given to an activity or not */
  private newest = '';
  private attributes: string;
  private receiptNumber: number | null = null;
  /** the state that no activity has been given yet */
  private due: SessionState | null = null;
  private carried = 0;
  private carriedRevision = 0;
  private isRecording = false;

  constructor(recorded: { revision: number; texts: number; partnerId: string }) {
    this.attributes = recorded.revision === 0 ? valuesOf(firstSearchAttributes(recorded.partnerId)) : '';
    this.revision = recorded.revision;
    this.sinceRevision = recorded.revision;
    this.recordedTexts = recorded.texts;
  }

  /** `isReceiptAwaited`: a capture is shown together with the number of its receipt, in one event. */
  show(session: SessionState, linkFault: LinkFault | null, { isReceiptAwaited = false } = {}): void {
    setCurrentDetails(currentDetails(session, linkFault));
    if (!isReceiptAwaited) this.showAttributes(attributesOf(session, linkFault));
    const shown = contentOf(session);
    if (shown === this.newest) return;
    this.newest = shown;
    this.due = session;
  }

  /** Before its text: no customer has a number that a restored database could issue again. */
  showReceipt(receiptNumber: number, session: SessionState, linkFault: LinkFault | null): void {
    this.receiptNumber = receiptNumber;
    this.showAttributes(attributesOf(session, linkFault));
  }

  isIdle(): boolean {
    return this.due === null && this.carried === 0;
  }

  /** Runs an activity; where a projection is due, it stores that first. One that failed may not have stored it. */
  async carry<R>(run: (carried: Carried) => Promise<R>): Promise<R> {
    const session = this.due;
    if (session === null) return await run({});
    this.due = null;
    this.carried += 1;
    const projection = this.next(session);
    this.carriedRevision = projection.revision;
    try {
      const result = await run({ projection });
      this.noteRecorded(session);
      return result;
    } catch (error) {
      const overIn = endOfOtherRun(error);
      this.overIn ??= overIn;
      // The workflow returns now, and nothing that waits for this activity may do anything more.
      if (overIn !== null) return await new Promise<never>(() => {});
      // A newer one has all that this one had.
      if (this.carriedRevision === projection.revision) this.due ??= session;
      throw error;
    } finally {
      this.carried -= 1;
    }
  }

  /** Schedules the record of a projection that no activity carries; one at a time, the newest. */
  flush(): void {
    if (this.due === null || this.isRecording) return;
    this.isRecording = true;
    const summary = `Record ${this.due.phase.state}`;
    void this.carry(async ({ projection }) => {
      if (projection) await records.recordSession.executeWithOptions({ summary }, [{ projection }]);
      this.isRecording = false;
    }).then(() => this.flush());
  }

  /** The projection of a state that an activity is about to bring about; `confirm` says that it did, and stored it. */
  next(session: SessionState): StoredProjection {
    this.revision += 1;
    const handledInboxIds = session.inbox.handledIds.slice(this.recordedTexts);
    const { revision, sinceRevision } = this;
    return { ...projectionOf(session), revision, sinceRevision, handledInboxIds };
  }

  confirm(session: SessionState, { revision }: StoredProjection): void {
    if (revision !== this.revision || this.due !== null) return;
    this.newest = contentOf(session);
    this.noteRecorded(session);
  }

  private noteRecorded({ inbox }: SessionState): void {
    this.recordedTexts = Math.max(this.recordedTexts, inbox.handledIds.length);
  }

  /** Upserts what has changed, with the receipt's number where that is new. */
  private showAttributes(pairs: readonly SearchAttributePair[]): void {
    const values = valuesOf(pairs);
    const isChanged = values !== this.attributes;
    const receipt = this.receiptNumber === null ? [] : [{ key: RECEIPT_NUMBER, value: this.receiptNumber }];
    this.attributes = values;
    this.receiptNumber = null;
    if (isChanged || receipt.length > 0) upsertSearchAttributes([...(isChanged ? pairs : []), ...receipt]);
  }
}

function endOfOtherRun(error: unknown): ChargeState | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  const { type, details } = error.cause;
  const [state] = details ?? [];
  return type === SESSION_IS_OVER ? (state as ChargeState) : null;
}

/** Handled texts are only ever added. */
function contentOf(session: SessionState): string {
  return JSON.stringify([projectionOf(session), session.inbox.handledIds.length]);
}

export function formatMoney(amountMinor: number, currency: string): string {
  return `${minorToDecimal(amountMinor)} ${currency}`;
}

function attributesOf(session: SessionState, linkFault: LinkFault | null): SearchAttributePair[] {
  const view = viewOf(session);
  const isLinkMissing = linkFault !== null && view.state === 'awaitingApproval';
  const needsAttention = view.needsAttention || isLinkMissing;
  return searchAttributesOf({ ...view, needsAttention, partnerId: session.terms.partnerId });
}

function valuesOf(pairs: readonly SearchAttributePair[]): string {
  return JSON.stringify(pairs.map(({ value }) => value));
}

/** The summary in the Temporal UI. */
function currentDetails(session: SessionState, linkFault: LinkFault | null): string {
  const view = viewOf(session);
  const money = (amountMinor: number): string => formatMoney(amountMinor, view.currency);
  const rows: [string, string][] = [
    [
      'State',
      `**${view.state}**${view.attentionReason ? ` (needs attention: ${view.attentionReason})` : ''}`,
    ],
    ['Start', view.startedAt ?? 'not yet'],
    ['End', view.endedAt ? `${view.endedAt} (${endedUseOf(session)?.endReason ?? ''})` : 'not yet'],
    ['Reserved', money(view.reservedMinor)],
    ['Computed', view.computedMinor === null ? 'not yet' : money(view.computedMinor)],
    ['Captured', money(view.capturedMinor)],
    ['Released', `${money(view.releasedMinor)}${view.releaseSource ? ` (${view.releaseSource})` : ''}`],
    ['Shortfall', money(view.shortfallMinor)],
    ['Transaction', view.transactionId ?? 'none'],
    ['Next due', view.nextDueAt ?? 'nothing'],
  ];
  if (linkFault !== null && view.startedAt === null) rows.push(['Link', `**not delivered** (${linkFault})`]);
  const summary = ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)];
  return [...summary, '', ...session.payments.map((payment) => `- ${describe(session, payment)}`)].join('\n');
}

function describe({ sessionId }: SessionState, { paymentNumber, stage, outcome }: Payment): string {
  const reference = paymentReferenceOf(sessionId, paymentNumber);
  return `Payment ${paymentNumber} \`${reference}\`: ${stage}${outcome ? `, ${outcome}` : ''}`;
}
