/** Stores what goes out to customers, encrypted, and how far it got: a text without an answer is sent once (case 11). */
import type { SessionId } from '../../domain/ids.ts';
import { sql } from 'kysely';
import { InvariantError } from '../../domain/assert.ts';
import { addMs, type Instant } from '../../domain/instant.ts';
import { deliveryOf, type DeliveryState, type OutboundState } from '../../domain/text-delivery.ts';
import { isReplyAllowed, kindsCountedWith } from '../../domain/text-assignment.ts';
import {
  INTERRUPTED,
  LINK_KINDS,
  UNREACHABLE,
  type GatewayRefusal,
  type OutboundMessage,
  type OutboxStore,
  type SendFault,
  type WaitingSession,
} from '../../ports/outbox-store.ts';
import type { DeliveryReport } from '../../ports/sms-gateway.ts';
import { anyOf, bySession } from './by-session.ts';
import type { PersonalDataCipher } from './cipher.ts';
import { inTransaction, type Database, type Trx } from './database.ts';
import { readOpenSessionsOf } from './inbox/open-sessions.ts';
import { lockSubscriber } from './subscribers.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const STATE_AFTER: Readonly<Record<SendFault['kind'], OutboundState>> = {
  unavailable: 'prepared',
  misconfigured: 'prepared',
  rejected: 'rejected',
  outcomeUnknown: 'unknown',
  interrupted: 'unknown',
};

const textContext = (outboundId: string): string => `outbound_message.text:${outboundId}`;

interface OutboxDeps {
  database: Database;
  cipher: PersonalDataCipher;
  repliesPerHour: number;
}

export function createOutboxStore(deps: OutboxDeps): OutboxStore {
  const { database } = deps;
  const change = (outboundId: string) =>
    database.updateTable('outboundMessage').where('outboundId', '=', outboundId);
  return {
    startSending: (message, options) => startSending(deps, message, options),
    suppress: async (message, reason, at) => {
      await database
        .insertInto('outboundMessage')
        .values({ ...columnsOf(message), state: 'suppressed', detail: reason, createdAt: at })
        .onConflict((conflict) =>
          conflict
            .column('outboundId')
            .doUpdateSet({ state: 'suppressed', detail: reason })
            .where('outboundMessage.state', '=', 'prepared'),
        )
        .execute();
    },
    // Also when the try had been given up as unknown: the gateway's answer proves that the text is out.
    markSent: async (outboundId, { gatewayMessageId, isReportRequested }, at) => {
      await change(outboundId)
        .set({ state: 'sent', gatewayMessageId, reportRequested: isReportRequested, sentAt: at })
        .set({ detail: null, faultKind: null, faultSince: null })
        .where('state', 'in', ['prepared', 'sending', 'unknown'])
        .execute();
    },
    markFailed: async (outboundId, fault, at) => {
      await failing(database, fault, at).where('outboundId', '=', outboundId).execute();
    },
    markInterrupted: async (begunUntil, at) => {
      const interrupted = failing(database, INTERRUPTED, at).where('sendingAt', '<=', begunUntil);
      return Number((await interrupted.executeTakeFirst()).numUpdatedRows);
    },
    listWaiting: (now) => listWaiting(database, now),
    listGatewayRefusals: () => listGatewayRefusals(database),
    recordDelivery: (gateway, report) => recordDelivery(database, gateway, report),
    listForSession: async (sessionId) => bySession(await listForSessions(deps, [sessionId]))(sessionId),
    listForSessions: (sessionIds) => listForSessions(deps, sessionIds),
  };
}

/** Of texts that are being sent. */
function failing(database: Database, { kind, code }: SendFault, at: Instant) {
  return database
    .updateTable('outboundMessage')
    .set({ state: STATE_AFTER[kind], detail: code, failedAt: at, faultKind: kind })
    .set({
      faultSince: sql`case when fault_kind = ${kind} and detail = ${code} then fault_since else ${at} end`,
    })
    .where('state', '=', 'sending');
}

async function startSending(
  deps: OutboxDeps,
  message: OutboundMessage,
  options: Parameters<OutboxStore['startSending']>[1],
): ReturnType<OutboxStore['startSending']> {
  const { database, cipher } = deps;
  const start = (on: Database | Trx) => insertSending(on, cipher, { message, ...options });
  const started =
    message.sessionId === null
      ? await inTransaction(database, async (trx) =>
          (await suppressIfTooMany(trx, deps, { message, at: options.at })) ? undefined : await start(trx),
        )
      : await start(database);
  if (started) return { isStarted: true, text: decryptText(cipher, started), tries: started.tries };
  const { state } = await database
    .selectFrom('outboundMessage')
    .select('state')
    .where('outboundId', '=', message.outboundId)
    .executeTakeFirstOrThrow();
  return { isStarted: false, state };
}

async function insertSending(
  database: Database | Trx,
  cipher: PersonalDataCipher,
  { message, mayRepeat, at }: { message: OutboundMessage } & Parameters<OutboxStore['startSending']>[1],
) {
  const { data, keyId } = cipher.encrypt(message.text, textContext(message.outboundId));
  return await database
    .insertInto('outboundMessage')
    .values({
      ...columnsOf(message),
      textEncrypted: data,
      textKeyId: keyId,
      state: 'sending',
      sendingAt: at,
      tries: 1,
      createdAt: at,
    })
    .onConflict((conflict) =>
      conflict
        .column('outboundId')
        .doUpdateSet({ state: 'sending', sendingAt: at, tries: sql`outbound_message.tries + 1` })
        .where('outboundMessage.state', 'in', mayRepeat ? ['prepared', 'sending', 'unknown'] : ['prepared']),
    )
    .returning(['outboundId', 'tries', 'textEncrypted', 'textKeyId'])
    .executeTakeFirst();
}

/** Under the subscriber lock, so that of many at once each counts those before it and none those after it. */
async function suppressIfTooMany(
  trx: Trx,
  deps: OutboxDeps,
  { message, at }: { message: OutboundMessage; at: Instant },
): Promise<boolean> {
  await lockSubscriber(trx, message.subscriberId);
  const { kinds, others } = kindsCountedWith(message.kind);
  const answered = await trx
    .selectFrom('outboundMessage')
    .select((eb) => [
      eb.fn.countAll<number>().as('repliesLastHour'),
      eb.fn
        .countAll<number>()
        .filterWhere('createdAt', '>', addMs(at, -MINUTE_MS))
        .filterWhere('kind', others ? 'not in' : 'in', kinds)
        .as('alikeLastMinute'),
    ])
    .where('subscriberId', '=', message.subscriberId)
    .where('sessionId', 'is', null)
    .where('state', '!=', 'suppressed')
    .where('createdAt', '>=', addMs(at, -HOUR_MS))
    .executeTakeFirstOrThrow();
  const { held, withoutWorkflow } = await readOpenSessionsOf(trx, message.subscriberId);
  const earlier = { ...answered, hasOpenSession: held.length + withoutWorkflow.length > 0 };
  if (isReplyAllowed(earlier, deps.repliesPerHour)) return false;
  const detail = 'too many answers within an hour';
  const suppressed = await trx
    .insertInto('outboundMessage')
    .values({ ...columnsOf(message), state: 'suppressed', detail, createdAt: at })
    // One that an earlier try has begun to send is not counted again.
    .onConflict((conflict) => conflict.column('outboundId').doNothing())
    .returning('outboundId')
    .executeTakeFirst();
  return suppressed !== undefined;
}

async function listForSessions(
  { database, cipher }: OutboxDeps,
  sessionIds: readonly SessionId[],
): ReturnType<OutboxStore['listForSessions']> {
  const rows = await database
    .selectFrom('outboundMessage')
    .select(['outboundId', 'kind', 'gateway', 'state', 'detail', 'reportRequested', 'createdAt', 'sentAt'])
    .select(['sessionId', 'textEncrypted', 'textKeyId'])
    .where('sessionId', '=', anyOf(sessionIds))
    .orderBy('sequence')
    .$narrowType<{ sessionId: SessionId }>()
    .execute();
  const reports = await database
    .selectFrom('outboundDelivery')
    .innerJoin('outboundMessage', 'outboundMessage.outboundId', 'outboundDelivery.outboundId')
    .select(['outboundDelivery.outboundId', 'outboundDelivery.state', 'resultCode'])
    .where('sessionId', '=', anyOf(sessionIds))
    .orderBy('part')
    .execute();
  return rows.map(({ textEncrypted, textKeyId, detail, reportRequested, ...row }) => {
    const { outboundId, state } = row;
    const parts = reports.filter((report) => report.outboundId === outboundId);
    const delivery = deliveryOf(
      state,
      parts.map((part) => part.state),
      reportRequested,
    );
    const reported = parts.find((part) => part.state === delivery);
    return {
      ...row,
      delivery,
      code: detail ?? reported?.resultCode ?? null,
      text: decryptText(cipher, { outboundId, textEncrypted, textKeyId }),
    };
  });
}

/** Texts that hold the payment link, of sessions whose customer can still need it. */
function linkTexts(database: Database, now: Instant) {
  return (
    database
      .selectFrom('chargeSession')
      .innerJoin('outboundMessage as text', 'text.sessionId', 'chargeSession.sessionId')
      .select(['chargeSession.sessionId', 'chargeSession.subscriberId', 'chargeSession.shortNumber'])
      .select([
        'text.outboundId',
        'text.kind',
        'text.gateway',
        'text.state',
        'text.detail',
        'text.reportRequested',
      ])
      .select((eb) => [
        eb.fn.coalesce('text.sentAt', 'text.createdAt').as('at'),
        eb
          .selectFrom('outboundDelivery')
          .select(sql<DeliveryState[]>`coalesce(array_agg(state), '{}')`.as('parts'))
          .whereRef('outboundDelivery.outboundId', '=', 'text.outboundId')
          .as('parts'),
        eb
          .selectFrom('outboundDelivery')
          .select('resultCode')
          .whereRef('outboundDelivery.outboundId', '=', 'text.outboundId')
          .where('outboundDelivery.state', '=', 'failed')
          .limit(1)
          .as('failedCode'),
      ])
      .where('chargeSession.state', '=', 'awaitingApproval')
      .where('text.kind', 'in', LINK_KINDS)
      .where(
        // Of the text, not of the session: that may have waited for its workflow.
        sql<boolean>`text.created_at + (terms ->> 'linkLifeMs')::bigint * interval '1 millisecond' > ${now}`,
      )
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('inboundMessage')
              .select('inboxId')
              .whereRef('inboundMessage.sessionId', '=', 'chargeSession.sessionId')
              .where('signal', '=', 'endCharge')
              // An older one may be an earlier session's, and this one goes on (customer-messages.ts).
              .where('inboundMessage.sentAt', '>=', (of) =>
                of
                  .selectFrom('inboundMessage as start')
                  .select('start.sentAt')
                  .whereRef('start.inboxId', '=', 'chargeSession.inboxId'),
              ),
          ),
        ),
      )
      // Where payments are made on opening, one that was begun shows that the payment link was opened.
      .where((eb) =>
        eb.not(
          eb.and([
            sql<boolean>`(terms -> 'payment' ->> 'paymentOnOpen')::boolean`,
            eb.exists(
              eb
                .selectFrom('payment')
                .select('paymentReference')
                .whereRef('payment.sessionId', '=', 'chargeSession.sessionId'),
            ),
          ]),
        ),
      )
      .orderBy('text.sequence')
  );
}

async function listWaiting(database: Database, now: Instant): Promise<WaitingSession[]> {
  const rows = await linkTexts(database, now).execute();
  const sessions = new Map<string, WaitingSession>();
  for (const {
    sessionId,
    subscriberId,
    shortNumber,
    detail,
    failedCode,
    parts,
    reportRequested,
    ...text
  } of rows) {
    const session = sessions.get(sessionId) ?? { sessionId, subscriberId, shortNumber, texts: [] };
    sessions.set(sessionId, session);
    const delivery = deliveryOf(text.state, parts ?? [], reportRequested);
    session.texts.push({ ...text, delivery, code: detail ?? failedCode });
  }
  return [...sessions.values()];
}

/** Counted from the last accepted text: only a text shows that the account works again. */
async function listGatewayRefusals(database: Database): Promise<GatewayRefusal[]> {
  const { rows } = await sql<GatewayRefusal>`
    with fault as (
      select gateway, short_number, failed_at, detail,
        case fault_kind when 'misconfigured' then detail else ${UNREACHABLE} end as code,
        fault_since,
        (select max(sent_at) from outbound_message as accepted
          where accepted.gateway = message.gateway and accepted.short_number = message.short_number) as accepted_at
      from outbound_message as message
      where fault_kind in ('misconfigured', 'unavailable', 'outcomeUnknown') and state <> 'suppressed'
    )
    select gateway, short_number, code, (array_agg(detail order by failed_at desc))[1] as last_code,
      count(*) as texts, min(greatest(fault_since, accepted_at)) as since
    from fault
    where accepted_at is null or failed_at > accepted_at
    group by gateway, short_number, code
    order by gateway, short_number, code`.execute(database);
  return rows;
}

/** The part of a text may be reported before, or by another id than, its being sent: ours is tried first. */
async function recordDelivery(database: Database, gateway: string, report: DeliveryReport): Promise<boolean> {
  const { outboundId, gatewayMessageId, part, state, resultCode, at } = report;
  const isFinal = state === 'delivered' || state === 'failed';
  const { rows } = await sql`
    with message as (
      select outbound_id from outbound_message
      where gateway = ${gateway}
        and (gateway_message_id = ${gatewayMessageId} or outbound_id = ${outboundId}::text)
      order by outbound_id = ${outboundId ?? ''} desc, sequence desc
      limit 1
    ), recorded as (
      insert into outbound_delivery (outbound_id, part, state, result_code, reported_at)
      select outbound_id, ${part}::int, ${state}, ${resultCode}, ${at}::timestamptz from message
      on conflict (outbound_id, part) do update
        set state = excluded.state, result_code = excluded.result_code, reported_at = excluded.reported_at
        where ${isFinal}::boolean or outbound_delivery.state in ('pending', 'unknown')
    )
    select from message`.execute(database);
  return rows.length > 0;
}

function columnsOf(message: Omit<OutboundMessage, 'text'>): Omit<OutboundMessage, 'text'> {
  const { outboundId, sessionId, inboxId, subscriberId, gateway, shortNumber, kind } = message;
  return { outboundId, sessionId, inboxId, subscriberId, gateway, shortNumber, kind };
}

/** Empty when the text was never to be sent or has been erased. */
function decryptText(
  cipher: PersonalDataCipher,
  row: { outboundId: string; textEncrypted: Buffer | null; textKeyId: string | null },
): string {
  if (row.textEncrypted === null) return '';
  if (row.textKeyId === null) throw new InvariantError(`text ${row.outboundId} has no key`);
  return cipher.decrypt({ keyId: row.textKeyId, data: row.textEncrypted }, textContext(row.outboundId));
}
