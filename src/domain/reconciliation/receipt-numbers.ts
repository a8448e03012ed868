/** Both ends included. */
export interface NumberRange {
  from: number;
  to: number;
}

/** Of the numbers that no document has: those with a reason on record, and those without. */
export function explainGaps(
  gaps: readonly NumberRange[],
  reasons: readonly NumberRange[],
): { skipped: NumberRange[]; missing: NumberRange[] } {
  const skipped: NumberRange[] = [];
  const missing: NumberRange[] = [];
  const inOrder = reasons.toSorted((a, b) => a.from - b.from);
  for (const gap of gaps) {
    let next = gap.from;
    for (const reason of inOrder) {
      const from = Math.max(next, reason.from);
      const to = Math.min(gap.to, reason.to);
      if (from > to) continue;
      if (from > next) missing.push({ from: next, to: from - 1 });
      skipped.push({ from, to });
      next = to + 1;
    }
    if (next <= gap.to) missing.push({ from: next, to: gap.to });
  }
  return { skipped, missing };
}
