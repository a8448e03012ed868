const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Whole seconds of `90s`, `10m`, `1h`, `1d`; null when it is none of these. */
export function parseDurationSeconds(text: string): number | null {
  const match = /^(\d{1,6})([smhd])$/.exec(text.trim());
  const seconds = match ? Number(match[1]) * (UNIT_SECONDS[match[2] ?? ''] ?? 0) : 0;
  return seconds > 0 ? seconds : null;
}
