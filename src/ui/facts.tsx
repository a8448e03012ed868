import type { Child } from 'hono/jsx';

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
