import type { Tone } from './pill.tsx';

const SHAPES = {
  check: 'M8 16.5l5.5 5.5L24.5 10.5',
  clock: 'M16 9v7.5l5 3',
  cross: 'M11 11l10 10M21 11L11 21',
  question: 'M12.5 12.5a3.5 3.5 0 1 1 5.3 3c-1.2.7-1.8 1.4-1.8 2.8M16 22.5v.1',
  stop: 'M12 12h8v8h-8z',
} as const;

/** A round sign for how something stands. Only an ornament: the words beside it say the same. */
export function StatusIcon({ shape, tone = 'neutral' }: { shape: keyof typeof SHAPES; tone?: Tone }) {
  return (
    <svg class={`ui-icon ui-tone-${tone}`} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <circle class="ui-icon-ground" cx="16" cy="16" r="16" />
      <path class={shape === 'stop' ? 'ui-icon-line ui-icon-solid' : 'ui-icon-line'} d={SHAPES[shape]} />
    </svg>
  );
}
