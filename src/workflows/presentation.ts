/** How a session reads in the Temporal UI: amounts, a live account in Markdown, search attributes. */
import type { SearchAttributePair } from '@temporalio/common';
import { endedUseOf, type SessionState } from '../domain/session/state.ts';
import { paymentReferenceOf, type Payment } from '../domain/session/payment.ts';
import { viewOf } from '../domain/session/view.ts';
import { minorToDecimal } from '../domain/money.ts';
import type { LinkFault } from '../domain/text-delivery.ts';
import {
  CAPTURED_MINOR,
  CHARGE_STATE,
  NEEDS_ATTENTION,
  PARTNER_ID,
  STARTED_AT,
} from './search-attributes.ts';

export function formatMoney(amountMinor: number, currency: string): string {
  return `${minorToDecimal(amountMinor)} ${currency}`;
}

export function searchAttributesOf(
  session: SessionState,
  linkFault: LinkFault | null,
): SearchAttributePair[] {
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

/** The account a person reads in the UI. */
export function currentDetails(session: SessionState, linkFault: LinkFault | null): string {
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
    ['Given back', `${money(view.releasedMinor)}${view.releaseSource ? ` (${view.releaseSource})` : ''}`],
    ['Shortfall', money(view.shortfallMinor)],
    ['Transaction', view.transactionId ?? 'none'],
    ['Next due', view.nextDueAt ?? 'nothing'],
  ];
  if (linkFault !== null && view.startedAt === null) rows.push(['Link', `**not delivered** (${linkFault})`]);
  const account = ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)];
  return [...account, '', ...session.payments.map((payment) => `- ${describe(session, payment)}`)].join('\n');
}

function describe({ sessionId }: SessionState, { attempt, stage, outcome }: Payment): string {
  const reference = paymentReferenceOf(sessionId, attempt);
  return `Payment ${attempt} \`${reference}\`: ${stage}${outcome ? `, ${outcome}` : ''}`;
}
