import type { Child } from 'hono/jsx';
import type { Tone } from './pill.tsx';

/** A sentence that must be seen. */
export function Notice({ tone = 'neutral', children }: { tone?: Tone; children: Child }) {
  return <div class={`ui-notice ui-tone-${tone}`}>{children}</div>;
}
