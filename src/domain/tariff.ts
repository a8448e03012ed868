/**
 * The price of time: `priceMinorPerUnit` for every `unitMs`, counted in steps of `stepMs`.
 * A step counts once MORE than `gracePerStepMs` of it has been used (so with a grace of 5 minutes 1:00:30 is one
 * hour and 1:05:01 is two); `freeMs` at the start costs nothing. `minimumMinor` applies as soon as one step counts.
 */
export interface Tariff {
  priceMinorPerUnit: number;
  unitMs: number;
  stepMs: number;
  gracePerStepMs: number;
  freeMs: number;
  minimumMinor: number;
  /** null: no maximum */
  maximumMinor: number | null;
}
