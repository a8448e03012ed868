/** Shows a session to the world: its row, its search attributes, its summary in the Temporal UI. */
import type { SearchAttributePair } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { minorToDecimal } from '../domain/money.ts';
import { paymentReferenceOf, type Payment } from '../domain/session/payment.ts';
import { paymentPageOf, viewOf } from '../domain/session/view.ts';
import { endedUseOf, type SessionState } from '../domain/session/state.ts';
import type { LinkFault } from '../domain/text-delivery.ts';
import { records } from './activity-options.ts';
import {
  CAPTURED_MINOR,
  CHARGE_STATE,
  NEEDS_ATTENTION,
  PARTNER_ID,
  STARTED_AT,
} from './search-attributes.ts';

export class Projector {
  /** of the last record */
  revision: number;
  /** how many of the session's handled texts are recorded */
  private recordedTexts: number;
  private shown = '';
  private attributes = '';
  private waiting: SessionState | null = null;
  private writing = false;

  constructor(recorded: { revision: number; texts: number }) {
    this.revision = recorded.revision;
    this.recordedTexts = recorded.texts;
  }

  show(session: SessionState, linkFault: LinkFault | null): void {
    setCurrentDetails(currentDetails(session, linkFault));
    this.showAttributes(session, linkFault);
    const projection = JSON.stringify([viewOf(session), session.inbox.handledIds, paymentPageOf(session)]);
    if (projection === this.shown) return;
    this.shown = projection;
    this.waiting = session;
    if (!this.writing) void this.write();
  }

  isIdle(): boolean {
    return !this.writing && this.waiting === null;
  }

  private showAttributes(session: SessionState, linkFault: LinkFault | null): void {
    const pairs = searchAttributesOf(session, linkFault);
    const attributes = JSON.stringify(pairs.map((pair) => pair.value));
    if (attributes === this.attributes) return;
    this.attributes = attributes;
    upsertSearchAttributes(pairs);
  }

  private async write(): Promise<void> {
    this.writing = true;
    while (this.waiting !== null) {
      const session = this.waiting;
      this.waiting = null;
      this.revision += 1;
      await records.recordSession.executeWithOptions({ summary: `Record ${session.phase.state}` }, [
        {
          session: viewOf(session),
          revision: this.revision,
          handledInboxIds: session.inbox.handledIds.slice(this.recordedTexts),
          ...paymentPageOf(session),
        },
      ]);
      this.recordedTexts = session.inbox.handledIds.length;
    }
    this.writing = false;
  }
}

export function formatMoney(amountMinor: number, currency: string): string {
  return `${minorToDecimal(amountMinor)} ${currency}`;
}

function searchAttributesOf(session: SessionState, linkFault: LinkFault | null): SearchAttributePair[] {
  const view = viewOf(session);
  const isLinkMissing = linkFault !== null && view.state === 'awaitingApproval';
  const pairs: SearchAttributePair[] = [
    { key: PARTNER_ID, value: session.terms.partnerId },
    { key: CHARGE_STATE, value: view.state },
    { key: CAPTURED_MINOR, value: view.capturedMinor },
    { key: NEEDS_ATTENTION, value: view.needsAttention || isLinkMissing },
  ];
  if (view.startedAt !== null) pairs.push({ key: STARTED_AT, value: new Date(view.startedAt) });
  return pairs;
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
