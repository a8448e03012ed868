/** Statements that are built and compiled once: for Kysely that costs as much as carrying one out, and a session has dozens. */
import type { Compilable, CompiledQuery } from 'kysely';
import type { Database } from './database.ts';

/** Stands for a value while a statement is built. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  [Symbol.toPrimitive](): never {
    throw new TypeError(`the value of ${this.name} is not known while its statement is built`);
  }
}

/**
 * The rows of a statement whose text is the same for all values. `build` runs at the first use and may only put the values of
 * `given` into the statement; what depends on one of them is computed before. Each use gives the same fields.
 */
export function statement<Given extends object, Row>(
  build: (database: Database, given: Given) => Compilable<Row>,
): (database: Database, given: Given) => Promise<Row[]> {
  let compiled: CompiledQuery<Row> | null = null;
  return async (database, given) => {
    compiled ??= build(database, placeholdersFor(given)).compile();
    const values = new Map<unknown, unknown>(Object.entries(given));
    const parameters = compiled.parameters.map((parameter) =>
      parameter instanceof Placeholder ? values.get(parameter.name) : parameter,
    );
    const { rows } = await database.executeQuery<Row>({ ...compiled, parameters });
    return rows;
  };
}

function placeholdersFor<Given extends object>(given: Given): Given {
  const entries = Object.keys(given).map((name) => [name, new Placeholder(name)]);
  return Object.fromEntries(entries) as Given;
}
