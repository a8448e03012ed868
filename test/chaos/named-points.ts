// Owns: the moments at which a kill hurts most, and the proof that a kill has hit one. The product is not changed for
// it: the vendor's answer is held by a fault of the simulator, the record by a row lock in the database, the dispatch by
// a stopped Temporal server.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { SimulatorApi } from './simulator-api.ts';
import type { Victim, VictimName } from './victim.ts';
import type { Watch } from './watch.ts';

export const POINTS = {
  storedNotDispatched: 'between inbox insert and dispatch',
  actedNotRead: 'provider acted, reply not yet read',
  capturedNotRecorded: 'captured, not yet recorded',
  sentNotMarked: 'receipt sent, not yet marked',
} as const;
export type PointName = keyof typeof POINTS;

/** A session that stands at the point now. */
export interface Caught {
  /** ids of what stands there, for the report */
  evidence: string;
  /** After the kill: whether it stood there when it came. Lets go of everything that was held. */
  verify(): Promise<boolean>;
}

export interface Trap {
  point: PointName;
  victim: VictimName;
  /** Null when nothing came by in time; everything is let go then. */
  catch(deadline: Deadline): Promise<Caught | null>;
}

/** May be brought forward while it is waited for. */
export interface Deadline {
  ms: number;
}

interface TrapDeps {
  watch: Watch;
  simulator: SimulatorApi;
  temporal: Victim;
}

const LOOK_EVERY_MS = 25;
/** A row is not held longer in vain: somebody may wait for it who is not meant. */
const LONGEST_HOLD_MS = 2_000;

async function eventually<T>(deadline: Deadline, look: () => Promise<T | null>): Promise<T | null> {
  for (; Date.now() < deadline.ms; await sleep(LOOK_EVERY_MS)) {
    const found = await look();
    if (found !== null) return found;
  }
  return null;
}

interface Operation {
  operationId: string;
  providerReference: string;
}

const STARTED_CAPTURES = `
  select o.operation_id as "operationId", s.transaction_id as "providerReference"
  from money_operation o join charge_session s using (session_id)
  where o.operation = 'capture' and o.state = 'started' and o.last_tried_at > $1 and s.transaction_id is not null`;
const STATE_OF_OPERATION = `select state from money_operation where operation_id = $1`;

/** The simulator has captured and holds its answer back. */
export function actedNotRead({ watch, simulator }: TrapDeps): Trap {
  return {
    point: 'actedNotRead',
    victim: 'worker',
    catch: async (deadline) => {
      const since = new Date();
      await simulator.addFault({ operation: 'capture', kind: 'timeoutAfterActing', ms: 3_500 });
      const found = await eventually(deadline, async () => {
        for (const operation of (await watch.rows<Operation>(STARTED_CAPTURES, [since])) ?? [])
          if ((await simulator.capturedNow(operation.providerReference)) ?? 0) return operation;
        return null;
      });
      if (found === null) return null;
      return { evidence: found.operationId, verify: () => isUnrecordedCapture(watch, simulator, found) };
    },
  };
}

async function isUnrecordedCapture(
  watch: Watch,
  simulator: SimulatorApi,
  { operationId, providerReference }: Operation,
): Promise<boolean> {
  const rows = await watch.rows<{ state: string }>(STATE_OF_OPERATION, [operationId]);
  return rows?.[0]?.state === 'started' && ((await simulator.capturedNow(providerReference)) ?? 0) > 0;
}

/** The worker has read the answer and waits for the row in which to record it, which we hold. */
export function capturedNotRecorded({ watch, simulator }: TrapDeps): Trap {
  return {
    point: 'capturedNotRecorded',
    victim: 'worker',
    catch: async (deadline) => {
      const since = new Date();
      await simulator.addFault({ operation: 'capture', kind: 'delay', ms: 900, times: 3 });
      const lock = `select 1 from money_operation where operation_id = $1 and state = 'started' for update nowait`;
      const found = await eventually(deadline, async () => {
        for (const operation of (await watch.rows<Operation>(STARTED_CAPTURES, [since])) ?? []) {
          if (((await simulator.capturedNow(operation.providerReference)) ?? 1) > 0) continue;
          const hold = await RowHold.take(watch, lock, operation.operationId);
          const acted = async (): Promise<boolean> =>
            ((await simulator.capturedNow(operation.providerReference)) ?? 0) > 0;
          if (hold && (await hold.blocksSomebody(acted))) return { hold, operation };
          await hold?.letGo();
        }
        return null;
      });
      if (found === null) return null;
      const { hold, operation } = found;
      return {
        evidence: operation.operationId,
        verify: async () => {
          await hold.letGo();
          return isUnrecordedCapture(watch, simulator, operation);
        },
      };
    },
  };
}

interface Sending {
  outboundId: string;
  messageId: string;
}

const SENDING_RECEIPTS = `
  select o.outbound_id as "outboundId", i.message_id as "messageId"
  from outbound_message o join charge_session s using (session_id) join inbound_message i on i.inbox_id = s.inbox_id
  where o.kind = 'receipt' and o.state = 'sending' and o.sending_at > $1`;

/** The text is at the phone, and the worker waits for the row that would say so, which we hold. */
export function sentNotMarked({ watch, simulator }: TrapDeps, phoneOf: (messageId: string) => string): Trap {
  return {
    point: 'sentNotMarked',
    victim: 'worker',
    catch: async (deadline) => {
      const since = new Date();
      await simulator.addFault({ operation: 'send', kind: 'delay', ms: 700, times: 30 });
      const lock = `select 1 from outbound_message where outbound_id = $1 and state = 'sending' for update nowait`;
      const found = await eventually(deadline, async () => {
        for (const sending of (await watch.rows<Sending>(SENDING_RECEIPTS, [since])) ?? []) {
          const hold = await RowHold.take(watch, lock, sending.outboundId);
          const isOut = (): Promise<boolean> => simulator.hasText(phoneOf(sending.messageId), '/r/');
          if (hold && (await hold.blocksSomebody(isOut))) return { hold, sending, isOut };
          await hold?.letGo();
        }
        return null;
      });
      if (found === null) return null;
      return {
        evidence: found.sending.outboundId,
        verify: async () => {
          await found.hold.letGo();
          const sql = `select state from outbound_message where outbound_id = $1`;
          const rows = await watch.rows<{ state: string }>(sql, [found.sending.outboundId]);
          return rows?.[0]?.state === 'sending' && (await found.isOut());
        },
      };
    },
  };
}

const UNDISPATCHED = `select message_id as "messageId" from inbound_message
  where dispatched_at is null and received_at > $1 order by sequence limit 1`;

/** A text is stored; Temporal, stopped for a moment, has not been told of it. */
export function storedNotDispatched({ watch, temporal }: TrapDeps, acknowledged: () => boolean): Trap {
  return {
    point: 'storedNotDispatched',
    victim: 'api',
    catch: async (deadline) => {
      const since = new Date();
      temporal.signal('SIGSTOP');
      const found = await eventually(deadline, async () => {
        const [row] = (await watch.rows<{ messageId: string }>(UNDISPATCHED, [since])) ?? [];
        return row ?? null;
      });
      // The webhook answers after a second without Temporal: half of the kills come after that.
      if (found !== null && acknowledged()) await sleep(1_200);
      if (found === null) {
        temporal.signal('SIGCONT');
        return null;
      }
      const { messageId } = found;
      return {
        evidence: messageId,
        verify: async () => {
          const sql = `select dispatched_at is null as "undispatched" from inbound_message where message_id = $1`;
          const rows = await watch.rows<{ undispatched: boolean }>(sql, [messageId]);
          temporal.signal('SIGCONT');
          return rows?.[0]?.undispatched === true;
        },
      };
    },
  };
}

/** A row lock of ours. */
class RowHold {
  readonly #watch: Watch;
  readonly #client: pg.PoolClient;
  readonly #pid: number;
  #blocked: number[] = [];

  private constructor(watch: Watch, client: pg.PoolClient, pid: number) {
    this.#watch = watch;
    this.#client = client;
    this.#pid = pid;
  }

  /** Null when the row is not there any more as asked, or somebody has it. */
  static async take(watch: Watch, sql: string, id: string): Promise<RowHold | null> {
    const client = await watch.pool.connect().catch(() => null);
    if (client === null) return null;
    client.on('error', () => {});
    try {
      await client.query('begin');
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      const { rowCount } = await client.query(sql, [id]);
      const [backend] = rows;
      if (rowCount === 1 && backend) return new RowHold(watch, client, backend.pid);
    } catch {
      // Locked by somebody else, or the database is gone: not held.
    }
    await endOf(client);
    return null;
  }

  /** True once somebody waits for the row and `acted` holds; false when that does not come about. */
  async blocksSomebody(acted: () => Promise<boolean>): Promise<boolean> {
    const sql = `select pid from pg_stat_activity where $1 = any(pg_blocking_pids(pid))`;
    const blocked = await eventually({ ms: Date.now() + LONGEST_HOLD_MS }, async () => {
      const rows = await this.#watch.rows<{ pid: number }>(sql, [this.#pid]);
      return rows?.length && (await acted()) ? rows : null;
    });
    this.#blocked = (blocked ?? []).map(({ pid }) => pid);
    return blocked !== null;
  }

  /** Ends the waiting statements first: they would still be carried out for the process that was killed. */
  async letGo(): Promise<void> {
    const sql = 'select pg_terminate_backend(pid) from unnest($1::int[]) as pid';
    if (this.#blocked.length > 0) await this.#client.query(sql, [this.#blocked]).catch(() => null);
    await endOf(this.#client);
  }
}

async function endOf(client: pg.PoolClient): Promise<void> {
  const broken = await client.query('rollback').then(
    () => false,
    () => true,
  );
  client.release(broken);
}
