// How many SQL statements PostgreSQL has carried out; null where it cannot count them.
import pg from 'pg';

const COUNT = `select
    coalesce(sum(calls) filter (where query !~* '^(begin|start|commit|rollback|set)'), 0)::int as statements,
    coalesce(sum(calls) filter (where query ~* '^(begin|start)'), 0)::int as transactions
  from pg_stat_statements where query !~ 'pg_stat_statements'`;

export interface StatementCounts {
  statements: number;
  transactions: number;
}

export class Statements {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  /** Null: the server was started without the extension. */
  static async open(databaseUrl: string): Promise<Statements | null> {
    const client = new pg.Client({ connectionString: databaseUrl, application_name: 'bench' });
    client.on('error', () => {});
    await client.connect();
    const isCounted = await client.query('create extension if not exists pg_stat_statements').then(
      () => true,
      () => false,
    );
    if (isCounted) return new Statements(client);
    await client.end();
    return null;
  }

  async soFar(): Promise<StatementCounts> {
    const { rows } = await this.#client.query<StatementCounts>(COUNT);
    const [counts] = rows;
    if (counts === undefined) throw new Error('PostgreSQL counts no statements');
    return counts;
  }

  /** The statements of the sessions since `forget`, each with its calls by session; the most frequent first. */
  async each(sessions: number): Promise<string[]> {
    const { rows } = await this.#client.query<{ calls: string; query: string }>(
      `select calls, regexp_replace(query, '\\s+', ' ', 'g') as query
       from pg_stat_statements where query !~ 'pg_stat_statements' order by calls desc limit 80`,
    );
    return rows.map(({ calls, query }) => `${(Number(calls) / sessions).toFixed(1)}  ${query.slice(0, 160)}`);
  }

  async forget(): Promise<void> {
    await this.#client.query('select pg_stat_statements_reset()');
  }

  close(): Promise<void> {
    return this.#client.end();
  }
}
