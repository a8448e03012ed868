import type { Child } from 'hono/jsx';

/** `primary`: what the page is for. `danger`: what cannot be undone. `quiet`: everything else. */
type ButtonKind = 'primary' | 'quiet' | 'danger';

interface ButtonProps {
  kind?: ButtonKind;
  /** across the column and high, for a thumb */
  big?: boolean;
  children: Child;
}

function classOf({ kind = 'primary', big = false }: Pick<ButtonProps, 'kind' | 'big'>): string {
  return `ui-button ui-button-${kind}${big ? ' ui-button-big' : ''}`;
}

/** Sends its form. Other attributes (`name`, `value`, `aria-*`, `hx-*`) are passed on. */
export function Button({
  kind,
  big,
  children,
  ...attributes
}: ButtonProps & { type?: 'submit' | 'button' } & Record<string, unknown>) {
  return (
    <button type="submit" {...attributes} class={classOf({ kind, big })}>
      {children}
    </button>
  );
}

/** A link in the form of a button: it leads to another page. */
export function ButtonLink({
  kind,
  big,
  children,
  ...attributes
}: ButtonProps & { href: string } & Record<string, unknown>) {
  return (
    <a {...attributes} class={classOf({ kind, big })}>
      {children}
    </a>
  );
}

/** A sheet on the ground of the page. */
export function Card({
  children,
  ...attributes
}: { children: Child; id?: string } & Record<string, unknown>) {
  return (
    <section {...attributes} class="ui-card">
      {children}
    </section>
  );
}

/** What a thing is, and what it is here. `strong`: the line that sums up. */
export type Fact = [term: string, description: Child, weight?: 'strong'];

/** A list of facts; null stands for one that does not apply here. */
export function Facts({ facts }: { facts: readonly (Fact | null)[] }) {
  return (
    <dl class="ui-facts">
      {facts
        .filter((fact) => fact !== null)
        .map(([term, description, weight]) => (
          <div class={weight === 'strong' ? 'ui-fact-strong' : ''}>
            <dt>{term}</dt>
            <dd>{description}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A sentence that must be seen. */
export function Notice({ tone = 'neutral', children }: { tone?: Tone; children: Child }) {
  return <div class={`ui-notice ui-tone-${tone}`}>{children}</div>;
}

/** `live` is `good` that goes on: with a dot that breathes, unless the reader prefers less motion. */
export type Tone = 'neutral' | 'live' | 'good' | 'warn' | 'bad';

/** A status in a word or two; the colour only repeats the word. */
export function Pill({ tone = 'neutral', children }: { tone?: Tone; children: Child }) {
  return <span class={`ui-pill ui-tone-${tone}`}>{children}</span>;
}

const SHAPES = {
  check: 'M8 16.5l5.5 5.5L24.5 10.5',
  clock: 'M16 9v7.5l5 3',
  cross: 'M11 11l10 10M21 11L11 21',
  question: 'M12.5 12.5a3.5 3.5 0 1 1 5.3 3c-1.2.7-1.8 1.4-1.8 2.8M16 22.5v.1',
  stop: 'M12 12h8v8h-8z',
} as const;

/** A round sign for a status. Only an ornament: the words beside it have the same meaning. */
export function StatusIcon({ shape, tone = 'neutral' }: { shape: keyof typeof SHAPES; tone?: Tone }) {
  return (
    <svg class={`ui-icon ui-tone-${tone}`} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <circle class="ui-icon-ground" cx="16" cy="16" r="16" />
      <path class={shape === 'stop' ? 'ui-icon-line ui-icon-solid' : 'ui-icon-line'} d={SHAPES[shape]} />
    </svg>
  );
}
