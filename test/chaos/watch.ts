// Owns: what the customers can know of their sessions, looked up for all of them at once.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

export interface Seen {
  sessionId: string | null;
  replyKind: string | null;
  /** the session's row is there from its first step on */
  state: string | null;
  linkToken: string | null;
  /** the text with the link has left */
  linkOut: boolean;
  slotHeld: boolean;
}

interface SeenRow extends Seen {
  messageId: string;
}

const SQL = `
  select i.message_id as "messageId", i.session_id as "sessionId", i.reply_kind as "replyKind", s.state,
    s.link_token as "linkToken", coalesce(o.state in ('sent', 'unknown'), false) as "linkOut",
    sl.session_id is not null as "slotHeld"
  from inbound_message i
  left join charge_session s on s.session_id = i.session_id
  left join outbound_message o on o.outbound_id = i.session_id || '-paymentLink-1'
  left join session_slot sl on sl.session_id = i.session_id
  where i.gateway = 'link' and i.message_id = any($1)`;

const LOOK_EVERY_MS = 300;

export class Watch {
  readonly pool: pg.Pool;
  readonly #stopped: AbortSignal;
  readonly #waiting = new Map<string, (seen: Seen) => void>();

  constructor(databaseUrl: string, stopped: AbortSignal) {
    this.#stopped = stopped;
    this.pool = new pg.Pool({
      connectionString: databaseUrl,
      application_name: 'chaos',
      max: 6,
      connectionTimeoutMillis: 5_000,
    });
    this.pool.on('error', () => {});
    void this.#look();
  }

  /** Resolves with the first look at what became of this message that `is` accepts. */
  until(messageId: string, is: (seen: Seen) => boolean): Promise<Seen> {
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(new Error('the run is stopped'));
      this.#stopped.addEventListener('abort', stop, { once: true });
      this.#waiting.set(messageId, (seen) => {
        if (!is(seen)) return;
        this.#waiting.delete(messageId);
        this.#stopped.removeEventListener('abort', stop);
        resolve(seen);
      });
    });
  }

  /** Rows, or null while the database does not answer. */
  async rows<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[] | null> {
    try {
      return (await this.pool.query<Row>(sql, values)).rows;
    } catch {
      return null;
    }
  }

  /** The same, as soon as it answers. */
  async rowsInTheEnd<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    for (;;) {
      const rows = await this.rows<Row>(sql, values);
      if (rows !== null) return rows;
      this.#stopped.throwIfAborted();
      await sleep(LOOK_EVERY_MS);
    }
  }

  async #look(): Promise<void> {
    while (!this.#stopped.aborted) {
      const asked = [...this.#waiting.keys()];
      const rows = asked.length === 0 ? [] : await this.rows<SeenRow>(SQL, [asked]);
      for (const row of rows ?? []) this.#waiting.get(row.messageId)?.(row);
      await sleep(LOOK_EVERY_MS);
    }
  }
}
