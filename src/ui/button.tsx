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

/** A link that looks like a button: it only leads somewhere. */
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
