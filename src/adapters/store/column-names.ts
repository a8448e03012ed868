/**
 * Tables and columns are snake_case in the database and camelCase here. Kysely's own plugin copies the tree of every query for
 * that, which is a third of what it spends on one; here a name is rewritten where it is written into the statement.
 */
import {
  CamelCasePlugin,
  PostgresDialect,
  PostgresQueryCompiler,
  type PluginTransformQueryArgs,
  type QueryCompiler,
  type RootOperationNode,
} from 'kysely';

/** For the rows that come back; names inside a `jsonb` value stay. */
export class CamelCaseRows extends CamelCasePlugin {
  constructor() {
    super({ maintainNestedObjectKeys: true });
  }

  override transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    return node;
  }

  columnName(name: string): string {
    return this.snakeCase(name);
  }
}

const NAMES = new CamelCaseRows();

class SnakeCaseCompiler extends PostgresQueryCompiler {
  protected override sanitizeIdentifier(identifier: string): string {
    return super.sanitizeIdentifier(NAMES.columnName(identifier));
  }
}

export class SnakeCaseDialect extends PostgresDialect {
  override createQueryCompiler(): QueryCompiler {
    return new SnakeCaseCompiler();
  }
}
