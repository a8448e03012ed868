/** The words of a session's text: composed when it is sent, so that nothing personal passes through Temporal. */
import { dateFormat } from '../domain/formats.ts';
import { instantMs, msBetween, type Instant } from '../domain/instant.ts';
import { formatAmount, formatPrice } from '../domain/money.ts';
import { renderReceiptText } from '../domain/receipt-template.ts';
import { amountToCharge } from '../domain/session/use.ts';
import { renderText } from '../domain/texts.ts';
import type { SessionTerms } from '../domain/session-terms.ts';
import type { SessionSubject } from '../ports/session-store.ts';
import type { SendTextInput } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { misconfigured } from './failures.ts';

export async function subjectOf(deps: ActivityDeps, sessionId: string): Promise<SessionSubject> {
  const subject = await deps.stores.sessions.findSubject(sessionId);
  if (!subject) throw misconfigured('the session, its partner or its service is not in the database');
  return subject;
}

export async function composeText(
  deps: ActivityDeps,
  subject: SessionSubject,
  input: SendTextInput,
): Promise<string> {
  if (input.kind === 'receipt') return composeReceipt(deps, subject);
  const { language, terms, linkToken, timeZone, merchantName, startWord, endWord } = subject;
  const price = (amountMinor: number): string => formatPrice(amountMinor, terms.currency, language);
  const time = (at: Instant | null): string => localTime(at ?? deps.clock.now(), timeZone);
  return renderText(input.kind, language, {
    startWord,
    endWord,
    merchantName,
    amount: price(terms.reservationMinor),
    link: `${deps.publicUrl()}/p/${linkToken}`,
    startTime: time(input.session.startedAt),
    endTime: time(input.session.limitAt),
    reserved: price(input.session.reservedMinor),
    amountSoFar: input.kind === 'statusActive' ? price(await amountSoFar(deps, terms, input)) : '',
  });
}

async function amountSoFar(deps: ActivityDeps, terms: SessionTerms, input: SendTextInput): Promise<number> {
  const { startedAt, reservedMinor } = input.session;
  if (startedAt === null) return 0;
  const priceMinor = await deps.pricing.price(terms, startedAt, deps.clock.now());
  return amountToCharge(priceMinor, reservedMinor, terms.payment);
}

/** The partner's receipt text with the values of the session's sale. */
export function composeReceipt(deps: ActivityDeps, { sale, receiptSmsText }: SessionSubject): string {
  if (!sale) throw misconfigured('the receipt to be texted is not in the database');
  const { data } = sale;
  const local = (at: Instant): string => localDateTime(at, data.timeZone);
  return renderReceiptText(receiptSmsText, {
    amount: formatAmount(data.capturedMinor, data.language),
    receiptPageUrl: `${deps.publicUrl()}/r/${sale.token}`,
    currency: data.currency,
    description: data.serviceName,
    merchantName: data.merchantName,
    receiptNumber: String(sale.number),
    startedAt: local(data.startedAt),
    endedAt: local(data.endedAt),
    duration: hoursAndMinutes(msBetween(data.startedAt, data.endedAt)),
    reservedAmount: formatAmount(data.reservedMinor, data.language),
  });
}

function hoursAndMinutes(durationMs: number): string {
  const minutes = Math.floor(durationMs / 60_000);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

/** `10:02` in that time zone. */
export function localTime(at: Instant, timeZone: string): string {
  return dateFormat('nb-NO', { hour: '2-digit', minute: '2-digit', timeZone }).format(instantMs(at));
}

/** `2026-11-23 10:00`, the same for every language and GSM-7 safe. */
function localDateTime(at: Instant, timeZone: string): string {
  const parts = dateFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone });
  return parts.format(instantMs(at));
}
