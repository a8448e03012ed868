// A PostgreSQL that refuses, hangs, has no connection left or waits for a lock: told apart from every other error, soon,
// with nothing half-stored, and over when the server is back, without a restart of ours.
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createStores, migrate, openPostgresPool, referencePartner } from '../../src/adapters/store/index.ts';
import { StoreUnavailable } from '../../src/ports/stores.ts';
import { hasPostgres } from '../support/postgres.ts';
import { startPostgresCluster, type PostgresCluster } from '../support/postgres-cluster.ts';
import { paymentRules, aText, NOW, testCipher, type StoresUnderTest } from './stores.fixture.ts';
import { acceptOne } from '../support/accept-one.ts';

describe.skipIf(!hasPostgres())('a PostgreSQL of our own', () => {
  let cluster: PostgresCluster;
  let stores: StoresUnderTest;
  beforeAll(async () => {
    cluster = await startPostgresCluster(process.env, { survivesCrash: true });
    const pool = openPostgresPool(cluster.url, { waits: 'unhurried' });
    await migrate(pool);
    await createStores({ paymentRules, pool, cipher: testCipher() }).settings.addPartner(
      referencePartner('paycore'),
    );
    await pool.end();
  }, 60_000);
  afterAll(() => cluster?.stop());
  beforeEach(() => {
    stores = createStores({
      paymentRules,
      pool: openPostgresPool(cluster.url, { max: 3 }),
      cipher: testCipher(),
    });
  });
  afterEach(() => stores.close());

  const accept = (messageId: string) => acceptOne(stores.inbox, 'link', aText('CHARGE', { messageId }), NOW);
  const rowsOf = async (messageId: string) =>
    stores.db.selectFrom('inboundMessage').select('state').where('messageId', '=', messageId).execute();
  async function failure(work: Promise<unknown>): Promise<{ error: unknown; afterMs: number }> {
    const startedMs = performance.now();
    const error = await work.then(
      () => 'no failure',
      (failed: unknown) => failed,
    );
    return { error, afterMs: performance.now() - startedMs };
  }

  it('that refuses connections is unavailable at once, and is used again when it is back', async () => {
    await accept('before-crash');
    await cluster.crash();
    const { error, afterMs } = await failure(accept('refused'));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(afterMs).toBeLessThan(1_000);
    await cluster.restart();
    await accept('refused');
    expect(await rowsOf('refused')).toHaveLength(1);
    expect(await rowsOf('before-crash')).toHaveLength(1);
  });

  it('whose tables a migration changes under prepared statements is unavailable once, and is used again', async () => {
    await accept('before-change');
    await sql`alter table inbound_message add column added_later text`.execute(stores.db);
    const { error } = await failure(accept('changed'));
    expect(error).toBeInstanceOf(StoreUnavailable);
    await accept('changed');
    expect(await rowsOf('changed')).toHaveLength(1);
    await sql`alter table inbound_message drop column added_later`.execute(stores.db);
  });

  it('where somebody changes one of several dispatched texts: the others are marked at once', async () => {
    const { inboxId } = await accept('changing');
    const other = await acceptOne(
      stores.inbox,
      'link',
      aText('CHARGE', { messageId: 'beside', msisdn: '4790000081' }),
      NOW,
    );
    const mark = () =>
      stores.inbox.markDispatched(
        [inboxId, other.inboxId].map((dispatched) => ({ inboxId: dispatched, at: NOW, sessionId: null })),
      );
    const unmarked = async () =>
      (await Promise.all([inboxId, other.inboxId].map((id) => stores.inbox.isUndispatched(id)))).toString();
    await stores.db.transaction().execute(async (trx) => {
      await trx.updateTable('inboundMessage').set({ sentAt: NOW }).where('inboxId', '=', inboxId).execute();
      const startedMs = performance.now();
      await mark();
      expect(performance.now() - startedMs).toBeLessThan(1_000);
      expect(await unmarked()).toBe('true,false');
    });
    await mark();
    expect(await unmarked()).toBe('false,false');
  });

  it('in which one of several customers is locked: nobody waits for that one, and nothing is stored until it is asked alone', async () => {
    const text = (messageId: string, msisdn: string) => ({
      gateway: 'link',
      message: aText('CHARGE', { messageId, msisdn }),
      receivedAt: NOW,
    });
    await stores.inbox.accept([text('known-1', '4790000071'), text('known-2', '4790000072')]);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let locked = (): void => undefined;
    const isLocked = new Promise<void>((resolve) => {
      locked = resolve;
    });
    const holder = stores.db.transaction().execute(async (trx) => {
      const { subscriberId } = await trx
        .selectFrom('inboundMessage')
        .select('subscriberId')
        .where('messageId', '=', 'known-1')
        .executeTakeFirstOrThrow();
      await trx
        .selectFrom('subscriber')
        .select('subscriberId')
        .where('subscriberId', '=', subscriberId)
        .forNoKeyUpdate()
        .execute();
      locked();
      await held;
    });
    await isLocked;
    const { error, afterMs } = await failure(
      stores.inbox.accept([
        text('more-1', '4790000071'),
        text('more-2', '4790000072'),
        text('new', '4790000073'),
      ]),
    );
    expect(String(error)).toContain('one of several customers is locked');
    expect(afterMs).toBeLessThan(1_000);
    expect(await Promise.all(['more-1', 'more-2', 'new'].map(rowsOf))).toEqual([[], [], []]);
    const alone = stores.inbox.accept([text('more-1', '4790000071')]);
    await stores.inbox.accept([text('more-2', '4790000072')]);
    release();
    await Promise.all([holder, alone]);
    expect(await rowsOf('more-1')).toHaveLength(1);
  });

  it('that hangs is unavailable within seconds, also for those that come later, and stores nothing by halves', async () => {
    await accept('before-pause');
    await cluster.pause();
    try {
      const first = await failure(accept('hung'));
      expect(first.error).toBeInstanceOf(StoreUnavailable);
      expect(first.afterMs).toBeLessThan(7_000);
      // The hanging connection has left the pool; a new one is not answered either.
      const later = await failure(Promise.all([accept('hung-1'), accept('hung-2'), accept('hung-3')]));
      expect(later.error).toBeInstanceOf(StoreUnavailable);
      expect(later.afterMs).toBeLessThan(3_000);
    } finally {
      await cluster.resume();
    }
    await accept('hung');
    expect(await rowsOf('hung')).toEqual([{ state: 'assigned' }]);
    const half = await stores.db
      .selectFrom('inboundMessage')
      .select('messageId')
      .where('state', '=', 'stored')
      .execute();
    expect(half).toEqual([]);
  });

  it('whose connections are all in use is unavailable within seconds', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const holders = Array.from({ length: 3 }, () =>
      stores.db.transaction().execute(async (trx) => {
        await sql`select 1`.execute(trx);
        await held;
      }),
    );
    const { error, afterMs } = await failure(accept('exhausted'));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(afterMs).toBeLessThan(3_000);
    release();
    await Promise.all(holders);
    await accept('exhausted');
    expect(await rowsOf('exhausted')).toHaveLength(1);
  });

  it('where somebody else holds the customer waits for that lock only so long', async () => {
    await accept('lock-0');
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let locked = (): void => undefined;
    const isLocked = new Promise<void>((resolve) => {
      locked = resolve;
    });
    const holder = stores.db.transaction().execute(async (trx) => {
      await trx.selectFrom('subscriber').select('subscriberId').forUpdate().execute();
      locked();
      await held;
    });
    await isLocked;
    const { error, afterMs } = await failure(accept('lock-1'));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(afterMs).toBeLessThan(4_500);
    release();
    await holder;
    expect(await rowsOf('lock-1')).toEqual([]);
  });

  it('that answers with an error of our own making is not unavailable', async () => {
    const { error } = await failure(sql`select nonsense`.execute(stores.db));
    expect(error).not.toBeInstanceOf(StoreUnavailable);
  });
});
