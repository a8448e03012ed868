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

  toJSON(): never {
    return this[Symbol.toPrimitive]();
  }
}

/**
 * The rows of a statement whose text is the same for all values. `build` runs at the first use and may only put the values of
 * `given` into the statement; what depends on one of them is computed before. Each use gives the same fields: throws where one that
 * the statement has is undefined, which the database would take for null.
 */
export function statement<Given extends object, Row>(
  build: (database: Database, given: Given) => Compilable<Row>,
): (database: Database, given: Given) => Promise<Row[]> {
  let compiled: CompiledQuery<Row> | null = null;
  return async (database, given) => {
    compiled ??= compile(build(database, placeholdersFor(given)));
    const values = new Map<string, unknown>(Object.entries(given));
    const parameters = compiled.parameters.map((parameter) =>
      parameter instanceof Placeholder ? valueOf(parameter, values) : parameter,
    );
    const { rows } = await database.executeQuery<Row>({ ...compiled, parameters });
    return rows;
  };
}

function compile<Row>(built: Compilable<Row>): CompiledQuery<Row> {
  const compiled = built.compile();
  if (compiled.parameters.includes(undefined)) throw new TypeError('a statement is built without a value');
  return compiled;
}

function valueOf({ name }: Placeholder, values: ReadonlyMap<string, unknown>): unknown {
  const value = values.get(name);
  if (value === undefined) throw new TypeError(`a statement has no value for ${name}`);
  return value;
}

function placeholdersFor<Given extends object>(given: Given): Given {
  const entries = Object.keys(given).map((name) => [name, new Placeholder(name)]);
  return Object.fromEntries(entries) as Given;
}
