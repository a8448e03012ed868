import { instantFromMs, instantMs, type Instant } from '../../../domain/instant.ts';
import { rfc3339Schema } from './schema.ts';

/** RFC 3339 text to an Instant; null when it is not one (no zone, no such day). */
export function readRfc3339(text: string | null): Instant | null {
  if (text === null || !rfc3339Schema.safeParse(text).success) return null;
  return instantFromMs(instantMs(text));
}

const OSLO_WALL_CLOCK = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Oslo',
  dateStyle: 'short',
  timeStyle: 'medium',
});
const OSLO_OFFSETS_MS = [3_600_000, 7_200_000];

/**
 * `yyyyMMddHHmmss` of a Norwegian service centre to an Instant. It is local time: in LINK's own sample (MO 1.7) it reads
 * 15:28:40 for a message of 14:28:40Z in November. Null when it cannot be read, and for the hour that the clocks jump
 * over or run twice: a wrong hour would be billed, an unknown one is replaced by the time of receipt.
 */
export function readServiceCentreTime(text: string | null): Instant | null {
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text ?? '');
  if (!match) return null;
  const [, year, month, day, hour, minute, second] = match;
  const wall = `${year}-${month}-${day} ${hour}:${minute}:${second}`;
  const wallMs = Date.parse(`${wall.replace(' ', 'T')}Z`);
  if (Number.isNaN(wallMs)) return null;
  const readings = OSLO_OFFSETS_MS.map((offsetMs) => wallMs - offsetMs).filter(
    (ms) => OSLO_WALL_CLOCK.format(ms) === wall,
  );
  const [only, ...others] = readings;
  return only === undefined || others.length > 0 ? null : instantFromMs(only);
}
