import type { Child } from 'hono/jsx';

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
