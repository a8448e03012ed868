/** What the texts of a customer may be about, in one read. */
import { sql } from 'kysely';
import type { ServiceId, SessionId, SubscriberId } from '../../../domain/ids.ts';
import type { Instant } from '../../../domain/instant.ts';
import type { SessionWithoutWorkflow, SubscriberSessions } from '../../../domain/text-assignment.ts';
import type { Database, Trx } from '../database.ts';
import { sessionsWithoutWorkflow } from './sessions-without-workflow.ts';

interface OfSlot {
  subscriberId: SubscriberId;
  serviceId: ServiceId;
}

export interface SlotRow extends OfSlot {
  sessionId: SessionId | null;
  lastEndChargeAt: Instant | null;
  /** when its session was requested; null where that is not known */
  requestedAt: Instant | null;
}

type Row = SlotRow & {
  /** null: a slot */
  isEndNoted: boolean | null;
  createdAt: Instant | null;
};

/** `withoutWorkflow`: each subscriber's newest such session of each service, newest first. */
export async function readSlots(
  database: Database | Trx,
  subscriberIds: readonly SubscriberId[],
): Promise<{ slots: SlotRow[]; withoutWorkflow: (SessionWithoutWorkflow & OfSlot)[] }> {
  if (subscriberIds.length === 0) return { slots: [], withoutWorkflow: [] };
  const rows = await slotsOf(database, subscriberIds)
    .unionAll(
      sessionsWithoutWorkflow(database, subscriberIds)
        .select([sql`null`.as('lastEndChargeAt'), sql`null`.as('requestedAt')])
        .$castTo<Row>(),
    )
    .orderBy('createdAt', (order) => order.desc().nullsFirst())
    .orderBy('serviceId')
    .execute();
  const withoutWorkflow = rows.flatMap(({ isEndNoted, sessionId, subscriberId, serviceId }) =>
    isEndNoted === null || sessionId === null ? [] : [{ isEndNoted, sessionId, subscriberId, serviceId }],
  );
  const isSameSlot = (a: OfSlot, b: OfSlot): boolean =>
    a.serviceId === b.serviceId && a.subscriberId === b.subscriberId;
  return {
    slots: rows.filter(({ isEndNoted }) => isEndNoted === null),
    withoutWorkflow: withoutWorkflow.filter(
      (session, index) => withoutWorkflow.findIndex((other) => isSameSlot(session, other)) === index,
    ),
  };
}

/** All the subscriber's sessions that are not over. */
export async function readOpenSessionsOf(
  database: Database | Trx,
  subscriberId: SubscriberId,
): Promise<SubscriberSessions> {
  const { slots, withoutWorkflow } = await readSlots(database, [subscriberId]);
  const held = slots.flatMap(({ serviceId, sessionId }) =>
    sessionId === null ? [] : [{ serviceId, sessionId }],
  );
  return { held, withoutWorkflow };
}

function slotsOf(database: Database | Trx, subscriberIds: readonly SubscriberId[]) {
  return (
    database
      .selectFrom('sessionSlot as slot')
      .leftJoin('inboundMessage as start', (join) =>
        join.onRef('start.sessionId', '=', 'slot.sessionId').on('start.assignmentKind', '=', 'startSession'),
      )
      // In the order of the columns of `sessionsWithoutWorkflow`.
      .select(['slot.subscriberId', 'slot.serviceId', 'slot.sessionId'])
      .select([sql`null::boolean`.as('isEndNoted'), sql`null::timestamptz`.as('createdAt')])
      .select(['slot.lastEndChargeAt', 'start.sentAt as requestedAt'])
      .where('slot.subscriberId', 'in', subscriberIds)
      .$castTo<Row>()
  );
}
