import type { Child } from 'hono/jsx';

/** What a thing is, and what it is here. */
export type Fact = [term: string, description: Child];

/** A list of facts; null stands for one that does not apply here. */
export function Facts({ facts }: { facts: readonly (Fact | null)[] }) {
  return (
    <dl>
      {facts
        .filter((fact) => fact !== null)
        .map(([term, description]) => (
          <div>
            <dt>{term}</dt>
            <dd>{description}</dd>
          </div>
        ))}
    </dl>
  );
}
