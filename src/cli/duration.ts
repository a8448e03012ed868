import { parseDurationMs } from '../domain/duration.ts';

/** Whole seconds of `90s`, `10m`, `1h`, `1d`; null when it is none of these, or none at all. */
export function parseDurationSeconds(text: string): number | null {
  const durationMs = parseDurationMs(text);
  return durationMs === null || durationMs === 0 ? null : durationMs / 1000;
}
