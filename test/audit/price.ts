import type { Terms } from './evidence.ts';

/** The auditor's own arithmetic: every started step after the free time. */
export function priceMinor(terms: Terms, usedMs: number): number {
  let price = 0;
  for (let paidUntilMs = terms.freeMs; paidUntilMs < usedMs; paidUntilMs += terms.stepMs)
    price += terms.priceMinorPerStep;
  return price;
}
