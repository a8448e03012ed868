const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;
const LAST_HOURLY_TRY = 29;
const LONGEST_MS = 7 * DAY_MS;

/**
 * How long a push waits after so many failed tries, null when it is given up: four tries about 2 s apart, then after
 * 60 s, 120 s, hourly up to try 29, then daily, for 7 days in all (facts: payments.md A3). `scale` shortens them all.
 */
export function webhookWaitMs(failedTries: number, ageMs: number, scale: number): number | null {
  const waitMs = Math.max(1, Math.round(publishedWaitMs(failedTries) * scale));
  return ageMs + waitMs > LONGEST_MS * scale ? null : waitMs;
}

function publishedWaitMs(failedTries: number): number {
  if (failedTries < 4) return 2 * SECOND_MS;
  if (failedTries === 4) return 60 * SECOND_MS;
  if (failedTries === 5) return 120 * SECOND_MS;
  return failedTries < LAST_HOURLY_TRY ? HOUR_MS : DAY_MS;
}
