// The simulator is a Norwegian phone: it shows the time of day that its owner's clock shows.
const TIME_ZONE = 'Europe/Oslo';
const clockFormat = new Intl.DateTimeFormat('en-GB', { timeZone: TIME_ZONE, timeStyle: 'medium' });
const shortFormat = new Intl.DateTimeFormat('en-GB', { timeZone: TIME_ZONE, timeStyle: 'short' });
const dayFormat = new Intl.DateTimeFormat('en-GB', {
  timeZone: TIME_ZONE,
  weekday: 'long',
  day: 'numeric',
  month: 'long',
});

/** `10:50:47` */
export function clockTime(instant: string): string {
  return clockFormat.format(new Date(instant));
}

/** `10:50` */
export function shortTime(instant: string): string {
  return shortFormat.format(new Date(instant));
}

/** `Thursday 26 November` */
export function dayOf(instant: string): string {
  return dayFormat.format(new Date(instant));
}

/** `2 d 3 h`, `1 h 5 min`, `12 min`, `8 s` */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0 s';
  return parts
    .slice(first, Math.min(first + 2, first === 2 ? 3 : 4))
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
