/** Times of a try of a money call: the activity keeps them, and the workflow relies on them. */

/** Then Temporal takes a try for dead, and the next may begin. */
export const TRY_MS = 40_000;

/** A write is not begun unless this much of the try is left: longer than any provider's HTTP time-out. */
export const WRITE_BUDGET_MS = 15_000;

/** So long after its begin a try can still make its call. */
export const MAY_CALL_MS = TRY_MS - WRITE_BUDGET_MS;
