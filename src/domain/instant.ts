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
