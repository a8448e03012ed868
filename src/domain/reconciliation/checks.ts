/** The promise of a session, point by point: what holds, what is only assumed, what is broken, with the numbers. */
import { isSessionReason } from '../attention.ts';
import { isBefore, addMs, type Instant } from '../instant.ts';
import { minorToDecimal } from '../money.ts';
import { canReleaseByCall } from '../payment.ts';
import { amountToCharge } from '../session/use.ts';
import { isLeftUnpaid, isOpenState } from '../session/charge-state.ts';
import { hasGoneOut } from '../text-delivery.ts';
import {
  allRemainingMinor,
  isOpen,
  isUnderWay,
  ownPayment,
  type IgnoredTexts,
  type SessionLedger,
  type ProviderLedger,
} from './ledger.ts';
import { amountDifferences, logDifferences } from './differences.ts';

export type CheckId =
  | 'bounds'
  | 'oneCapture'
  | 'fairAmount'
  | 'givenBack'
  | 'sameAmounts'
  | 'eventLog'
  | 'refunds'
  | 'receipt'
  | 'texts'
  | 'messages'
  | 'ends';

/**
 * `noted`: true by an assumption or a recorded reason, not by a read. `open`: it cannot be checked yet.
 */
export type CheckStatus = 'holds' | 'noted' | 'broken' | 'open';

export interface Check {
  id: CheckId;
  status: CheckStatus;
  /** the numbers, in words */
  facts: string;
}

/** A session may be this late before it needs an operator. */
export const OVERDUE_AFTER_MS = 5 * 60_000;

type Verdict = Omit<Check, 'id'>;
type Rule = (ledger: SessionLedger, theirs: ProviderLedger, now: Instant) => Verdict;

const holds = (facts: string): Verdict => ({ status: 'holds', facts });
const noted = (facts: string): Verdict => ({ status: 'noted', facts });
const broken = (facts: string): Verdict => ({ status: 'broken', facts });
const open = (facts: string): Verdict => ({ status: 'open', facts });
const money = minorToDecimal;

/** Every point of the promise that can be checked from the ledger, in the order in which money moves. */
export function checkSession(ledger: SessionLedger, theirs: ProviderLedger, now: Instant): Check[] {
  return (Object.keys(RULES) as CheckId[]).map((id) => ({ id, ...RULES[id](ledger, theirs, now) }));
}

const RULES: Readonly<Record<CheckId, Rule>> = {
  bounds,
  oneCapture,
  fairAmount,
  givenBack,
  sameAmounts,
  eventLog,
  refunds,
  receipt,
  texts,
  messages,
  ends,
};

function bounds(ledger: SessionLedger, theirs: ProviderLedger): Verdict {
  const requestedMinor = ownPayment(ledger)?.requestedMinor ?? 0;
  const { capturedMinor, reservedMinor } = ledger;
  const ours = `ours ${money(capturedMinor)} of ${money(reservedMinor)} of ${money(requestedMinor)}`;
  if (capturedMinor > reservedMinor || reservedMinor > requestedMinor) return broken(ours);
  for (const { snapshot } of theirs.payments) {
    if (snapshot === null) continue;
    const { capturedMinor: captured, authorizedMinor, requestedMinor: requested } = snapshot;
    const facts = `the provider's ${money(captured)} of ${money(authorizedMinor)} of ${money(requested)}`;
    if (captured > authorizedMinor || authorizedMinor > requested) return broken(facts);
  }
  return holds(ours);
}

function oneCapture(ledger: SessionLedger, theirs: ProviderLedger): Verdict {
  const ours = ledger.operations.filter(
    ({ operation, state }) => operation === 'capture' && state === 'succeeded',
  ).length;
  const logs = theirs.payments.flatMap(({ events }) => (events === null ? [] : [events]));
  const logged = logs.flat().filter(({ kind, success }) => kind === 'captured' && success).length;
  const facts = logs.length === 0 ? `${ours} by our records` : `${ours} by our records, ${logged} in the log`;
  return ours > 1 || logged > 1 ? broken(facts) : holds(facts);
}

function fairAmount(ledger: SessionLedger): Verdict {
  const { computedMinor, reservedMinor, capturedMinor, minimumCaptureMinor, attention, state } = ledger;
  if (isOpenState(state))
    return capturedMinor === 0
      ? open(`the session is ${state}`)
      : broken(`${money(capturedMinor)} is captured while the session is ${state}`);
  if (computedMinor === null)
    return capturedMinor === 0
      ? holds('nothing was used, nothing is captured')
      : broken(`${money(capturedMinor)} is captured though nothing was used`);
  const dueMinor = amountToCharge(computedMinor, reservedMinor, ledger);
  const facts = `captured ${money(capturedMinor)}, used ${money(computedMinor)}, reserved ${money(reservedMinor)}`;
  if (capturedMinor === dueMinor) {
    const isTooSmall = dueMinor === 0 && Math.min(computedMinor, reservedMinor) > 0;
    return holds(isTooSmall ? `${facts}; less than ${money(minimumCaptureMinor)} is not captured` : facts);
  }
  if (capturedMinor > dueMinor) return broken(facts);
  const reason = attention.find(isSessionReason) ?? (isLeftUnpaid(state) ? state : null);
  return reason === null ? broken(facts) : noted(`${facts}; recorded: ${reason}`);
}

function givenBack(ledger: SessionLedger, theirs: ProviderLedger): Verdict {
  const { reservedMinor, capturedMinor, releasedMinor, releaseSource } = ledger;
  const unread = firstFault(theirs);
  if (isOpen(ledger)) return open(`${money(reservedMinor)} is reserved and the session is not over`);
  const held = allRemainingMinor(ledger, theirs);
  const facts = `${money(capturedMinor)} + ${money(releasedMinor)} = ${money(reservedMinor)}`;
  const isWhole = capturedMinor + releasedMinor === reservedMinor;
  if (!isWhole)
    return broken(`${money(capturedMinor)} + ${money(releasedMinor)}, not ${money(reservedMinor)}`);
  if (held > 0) {
    const shown = `the provider still holds ${money(held)}`;
    return canReleaseByCall(ledger.release) && !isLeftUnpaid(ledger.state)
      ? broken(shown)
      : noted(`${shown}; it runs out by itself`);
  }
  if (releaseSource === 'assumed') return noted(`${facts}; that ${money(releasedMinor)} is back is assumed`);
  return unread === null ? holds(facts) : open(`${facts}; the provider could not be read (${unread})`);
}

function sameAmounts(ledger: SessionLedger, theirs: ProviderLedger): Verdict {
  const unread = firstFault(theirs);
  if (isUnderWay(ledger)) return open('compared when the session is over');
  const differences = amountDifferences(ledger, theirs);
  const facts = differences.map(
    ({ amount, oursMinor, theirsMinor }) => `${amount} ${money(oursMinor)} here, ${money(theirsMinor)} there`,
  );
  if (facts.length > 0) return broken(facts.join('; '));
  if (unread !== null) return open(`the provider could not be read (${unread})`);
  const count = ledger.payments.length;
  return holds(count === 1 ? '1 payment compared' : `${count} payments compared`);
}

function eventLog(ledger: SessionLedger, theirs: ProviderLedger): Verdict {
  const unread = firstFault(theirs);
  if (unread !== null) return open(`the provider could not be read (${unread})`);
  const logs = theirs.payments.filter(({ events }) => events !== null);
  if (theirs.payments.length > 0 && logs.length === 0) return noted('the provider shows no event log');
  if (isUnderWay(ledger)) return open('compared when the session is over');
  const differences = logDifferences(ledger, theirs);
  if (differences.length === 0)
    return holds(`${logs.reduce((count, { events }) => count + (events?.length ?? 0), 0)} entries`);
  return broken(
    differences
      .map(({ kind, of, oursMinor, theirsMinor }) => {
        if (kind === 'notOurs') return `${of} ${money(theirsMinor)} by somebody else`;
        if (kind === 'missing') return `our ${of} ${money(oursMinor)} is not in it`;
        return `${of} adds up to ${money(theirsMinor)}, not ${money(oursMinor)}`;
      })
      .join('; '),
  );
}

function refunds({ capturedMinor, refundedMinor, documents, openActionId }: SessionLedger): Verdict {
  const creditedMinor = documents
    .filter(({ kind }) => kind === 'creditNote')
    .reduce((sumMinor, { grossMinor }) => sumMinor + grossMinor, 0);
  const facts = `refunded ${money(refundedMinor)} of ${money(capturedMinor)}, credit notes ${money(creditedMinor)}`;
  if (openActionId !== null) return open(`${facts}; an action is under way`);
  if (refundedMinor > capturedMinor || creditedMinor !== refundedMinor) return broken(facts);
  return holds(refundedMinor === 0 ? 'nothing was refunded' : facts);
}

function receipt({ state, capturedMinor, documents }: SessionLedger): Verdict {
  const sales = documents.filter(({ kind }) => kind === 'sale');
  const [sale] = sales;
  if (documents.some(({ netMinor, vatMinor, grossMinor }) => netMinor + vatMinor !== grossMinor))
    return broken('net and VAT are not the gross amount');
  if (sale === undefined) {
    if (capturedMinor > 0)
      return state === 'captured'
        ? broken(`${money(capturedMinor)} was captured and no receipt was issued`)
        : open('the receipt follows');
    return holds('nothing was captured, no receipt');
  }
  const facts = `receipt ${sale.number} of ${money(sale.grossMinor)}, captured ${money(capturedMinor)}`;
  return sales.length > 1 || sale.grossMinor !== capturedMinor ? broken(facts) : holds(facts);
}

/** At most one receipt text, only after a capture, and with the captured amount. */
function texts({ capturedMinor, texts: all }: SessionLedger): Verdict {
  const out = all.filter(({ state }) => state !== 'suppressed');
  const receipts = out.filter(({ kind }) => kind === 'receipt');
  const sent = out.filter(hasGoneOut);
  const isReceiptSent = sent.some(({ kind }) => kind === 'receipt');
  const facts = `${sent.length} sent, ${isReceiptSent ? 'the receipt' : 'no receipt'} among them`;
  if (receipts.length > 1) return broken(`${receipts.length} receipt texts`);
  if (receipts.length > 0 && capturedMinor === 0) return broken('a receipt text without a capture');
  const [first] = receipts;
  if (first && isReceiptSent && first.amountsMinor.length > 0 && !first.amountsMinor.includes(capturedMinor))
    return broken(`the receipt text does not say ${money(capturedMinor)}`);
  const doubtful = out.flatMap(({ kind, state, delivery }) => {
    if (delivery === 'failed') return [`${kind}: not delivered`];
    const isOut = delivery !== null && delivery !== 'unknown';
    return !isOut && (state === 'unknown' || state === 'rejected') ? [`${kind}: ${state}`] : [];
  });
  if (doubtful.length > 0) return noted(`${facts}; ${doubtful.join(', ')}`);
  return holds(facts);
}

function messages(ledger: SessionLedger): Verdict {
  const { count, unhandled, ignored } = ledger.messages;
  const facts = `${count} received, ${count - unhandled} handled`;
  if (unhandled > 0) return isOpen(ledger) ? open(facts) : broken(facts);
  const reasons = [
    ...(ledger.endRequestedAt === null ? [] : [`the end at ${ledger.endRequestedAt} waits for an operator`]),
    ...(ignored.length === 0 ? [] : [`ignored meanwhile: ${ignoredWords(ignored)}`]),
  ];
  return reasons.length === 0 ? holds(facts) : noted([facts, ...reasons].join('; '));
}

const IGNORED_BECAUSE: Record<IgnoredTexts['reason'], string> = {
  tooManySessionTexts: 'more of the same than the limit',
  tooManyTexts: 'over the limit of a minute',
  reaction: 'a reaction of the phone',
  unroutable: 'to a number that no partner has',
};

/** Each reason with its count. */
export function ignoredWords(ignored: readonly IgnoredTexts[]): string {
  return ignored.map(({ reason, count }) => `${count} ${IGNORED_BECAUSE[reason]}`).join(', ');
}

function ends(ledger: SessionLedger, _theirs: ProviderLedger, now: Instant): Verdict {
  const { state, nextDueAt, attention, endRequestedAt } = ledger;
  if (attention.includes('workflowMissing')) {
    const ended = endRequestedAt === null ? '' : `; the customer ended at ${endRequestedAt}`;
    return broken(`it is ${state} and no workflow runs it${ended}`);
  }
  if (!isOpen(ledger)) return holds(`it is over: ${state}`);
  if (isOverdue(ledger, now)) return broken(`it is ${state} and was due at ${nextDueAt}`);
  return open(nextDueAt === null ? `it is ${state}` : `it is ${state}, next due at ${nextDueAt}`);
}

/** Whether an attention entry about it must be open: it is later than it may be. */
export function isOverdue({ nextDueAt }: Pick<SessionLedger, 'nextDueAt'>, now: Instant): boolean {
  return nextDueAt !== null && isBefore(addMs(nextDueAt, OVERDUE_AFTER_MS), now);
}

/** The code of a payment that could not be read; null: all could. */
export function firstFault({ payments }: ProviderLedger): string | null {
  return payments.find(({ fault }) => fault !== null)?.fault ?? null;
}
