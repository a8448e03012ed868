/** Amounts and instants as people read them on a page. (Texts have their own forms: GSM-7 lacks some of these signs.) */
import { dateFormat, numberFormat } from '../../domain/formats.ts';
import { instantMs, type Instant } from '../../domain/instant.ts';
import type { Currency } from '../../domain/money.ts';
import type { Language } from '../../domain/language.ts';

const LOCALES: Record<Language, string> = { nb: 'nb-NO', en: 'en-GB' };

/** `500` øre: `5,00 kr` (nb), `NOK 5.00` (en). Always with the minor units: an amount is never rounded. */
export function formatMoney(amountMinor: number, currency: Currency, language: Language): string {
  const format = numberFormat(LOCALES[language], { style: 'currency', currency });
  return format.format(amountMinor / 100);
}

/** `2500` basis points: `25 %` (nb), `25%` (en). */
export function formatBasisPoints(basisPoints: number, language: Language): string {
  const format = numberFormat(LOCALES[language], { style: 'percent', maximumFractionDigits: 2 });
  return format.format(basisPoints / 10_000);
}

/** Date and time to the second in the partner's time zone, named: `23 Nov 2026, 11:00:00 CET`. */
export function formatInstant(instant: Instant, timeZone: string, language: Language): string {
  return dateFormat(LOCALES[language], {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  }).format(instantMs(instant));
}

/** Short for today: `12:05` today, `23 Nov, 12:05` on another day. */
export function formatWhen(instant: Instant, now: Instant, timeZone: string, language: Language): string {
  const dayOf = dateFormat(LOCALES[language], { timeZone, day: 'numeric', month: 'short' });
  const [day, today] = [dayOf.format(instantMs(instant)), dayOf.format(instantMs(now))];
  const clock = { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const time = dateFormat(LOCALES[language], clock).format(instantMs(instant));
  return day === today ? time : `${day}, ${time}`;
}

/** `1:03:20`, hours first, as a stop watch shows it; the script live.js writes the same. */
export function formatStopwatch(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  const two = (count: number): string => String(count).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** `1 h 0 min 30 s`, from the first unit that is not zero; whole seconds, rounded down. */
export function formatDuration(durationMs: number, language: Language): string {
  const seconds = Math.floor(durationMs / 1000);
  const parts: [count: number, unit: string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, language === 'nb' ? 't' : 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return (first === -1 ? parts.slice(-1) : parts.slice(first))
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** `999888777`: `999 888 777`, as organisation numbers are written in Norway; others as they are. */
export function formatOrganisationNumber(organisationNumber: string): string {
  const digits = organisationNumber.replaceAll(/\s/g, '');
  return /^\d{9}$/.test(digits) ? digits.replace(/(\d{3})(\d{3})(\d{3})/, '$1 $2 $3') : organisationNumber;
}
