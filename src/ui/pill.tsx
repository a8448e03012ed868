import type { Child } from 'hono/jsx';

/** `live` is `good` that goes on: with a dot that breathes, unless less motion is asked for. */
export type Tone = 'neutral' | 'live' | 'good' | 'warn' | 'bad';

/** How something stands, in a word or two; the colour only repeats what the word says. */
export function Pill({ tone = 'neutral', children }: { tone?: Tone; children: Child }) {
  return <span class={`ui-pill ui-tone-${tone}`}>{children}</span>;
}
