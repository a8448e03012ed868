/** A business instant: RFC 3339 in UTC with milliseconds, e.g. `2026-11-23T10:00:00.000Z`. Sorts as text. */
export type Instant = string;

/** Milliseconds since the epoch. Throws on text that is not a date: a caller must never bill on `NaN`. */
export function instantMs(instant: Instant): number {
  const ms = Date.parse(instant);
  if (Number.isNaN(ms)) throw new Error(`not an instant: ${instant}`);
  return ms;
}

const WRITTEN = /^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Whether something from outside is an instant as we write them. */
export function isInstant(value: unknown): value is Instant {
  return typeof value === 'string' && WRITTEN.test(value) && !Number.isNaN(Date.parse(value));
}

export function instantFromMs(ms: number): Instant {
  return new Date(ms).toISOString();
}

export function addMs(instant: Instant, durationMs: number): Instant {
  return instantFromMs(instantMs(instant) + durationMs);
}

export function msBetween(from: Instant, to: Instant): number {
  return instantMs(to) - instantMs(from);
}

export function isBefore(a: Instant, b: Instant): boolean {
  return instantMs(a) < instantMs(b);
}

export function earliest(...instants: Instant[]): Instant {
  return instantFromMs(Math.min(...instants.map(instantMs)));
}

/** `instant`, moved into `[from, to]`. When the bounds cross, `from` wins. */
export function clampInstant(instant: Instant, from: Instant, to: Instant): Instant {
  return instantFromMs(Math.max(instantMs(from), Math.min(instantMs(instant), instantMs(to))));
}

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

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a length of time as people write it: `90s`, `15m`, `1h`, `1d`; null when it is none of these. */
export function parseDurationMs(text: string): number | null {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text.trim()) ?? [];
  const unitMs = UNIT_MS[unit];
  return count === undefined || unitMs === undefined ? null : Number(count) * unitMs;
}
