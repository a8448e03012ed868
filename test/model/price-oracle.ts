/** The price of a use, reckoned for the model alone: every started hour costs the same. */
import { HOUR_MS } from './model-time.ts';

export function pricedMinor(usedMs: number, priceMinorPerHour: number): number {
  const whole = Math.trunc(usedMs / HOUR_MS);
  const started = usedMs % HOUR_MS === 0 ? whole : whole + 1;
  return started * priceMinorPerHour;
}

/** First millisecond that costs more than `limitMinor`; null when nothing ever does. */
export function usedUpMs(
  startedMs: number,
  { limitMinor, priceMinorPerHour }: { limitMinor: number; priceMinorPerHour: number },
): number | null {
  if (priceMinorPerHour === 0) return null;
  return startedMs + Math.trunc(limitMinor / priceMinorPerHour) * HOUR_MS + 1;
}
