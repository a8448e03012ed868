import { addMs, instantFromMs, type Instant } from './instant.ts';

/** `2026-11-26`: a real date of the calendar. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && instantFromMs(ms).startsWith(text);
}

/** The day after. */
export function nextDay(day: string): string {
  return addMs(`${day}T00:00:00.000Z`, 86_400_000).slice(0, 10);
}

/** When `day` begins in `timeZone`; summer time is taken into account. Throws on an unknown zone. */
export function startOfDay(day: string, timeZone: string): Instant {
  const utcMs = Date.parse(`${day}T00:00:00.000Z`);
  // Twice: the offset that holds at the first guess may not be the one at local midnight.
  const guessMs = utcMs - offsetMs(utcMs, timeZone);
  return instantFromMs(utcMs - offsetMs(guessMs, timeZone));
}

/** The date that `instant` has in `timeZone`. */
export function dayOf(instant: Instant, timeZone: string): string {
  const utcMs = Date.parse(instant);
  return instantFromMs(utcMs + offsetMs(utcMs, timeZone)).slice(0, 10);
}

/** Local wall clock minus UTC at that instant. */
function offsetMs(utcMs: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const local = Date.parse(`${format.format(utcMs).replace(' ', 'T')}.000Z`);
  return local - Math.floor(utcMs / 1000) * 1000;
}
