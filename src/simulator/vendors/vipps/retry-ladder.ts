const secondMs = 1_000;
const hourMs = 3_600 * secondMs;
const dayMs = 24 * hourMs;
const lastHourlyTry = 29;
const longestMs = 7 * dayMs;

/**
 * How long a push waits after so many failed tries, null when it is given up: four tries about 2 s apart, then after
 * 60 s, 120 s, hourly up to try 29, then daily, for 7 days in all (facts: payments.md A3). `scale` shortens them all.
 */
export function webhookWaitMs(failedTries: number, ageMs: number, scale: number): number | null {
  const waitMs = Math.max(1, Math.round(publishedWaitMs(failedTries) * scale));
  return ageMs + waitMs > longestMs * scale ? null : waitMs;
}

function publishedWaitMs(failedTries: number): number {
  if (failedTries < 4) return 2 * secondMs;
  if (failedTries === 4) return 60 * secondMs;
  if (failedTries === 5) return 120 * secondMs;
  return failedTries < lastHourlyTry ? hourMs : dayMs;
}
