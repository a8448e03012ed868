/** Time as the model counts it: milliseconds since the epoch. Its arithmetic is its own, not that of `src/domain`. */
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** When the CHARGE of every modelled session was sent and reached us. */
export const CHARGED_MS = Date.UTC(2026, 10, 23, 10);

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

export function msOf(instant: string): number {
  return Date.parse(instant);
}
