/** Open sessions whose slot was taken from them: the workflow that ran them is gone and recorded no end. */
import { sql } from 'kysely';
import type { Instant } from '../../domain/instant.ts';
import { WEB_GATEWAY } from '../../ports/inbox-store.ts';
import type { Database, Trx } from './database.ts';

/** The states in which a running session holds its slot. */
const SLOT_STATES = ['awaitingApproval', 'active'];

export interface GoneSession {
  sessionId: string;
  serviceId: string;
  /** an earlier text has ended it */
  isEndNoted: boolean;
}

/** The subscriber's newest such session of these services; null where there is none. */
export async function findGoneSession(
  trx: Trx,
  { subscriberId, serviceIds }: { subscriberId: string; serviceIds: readonly string[] },
): Promise<GoneSession | null> {
  if (serviceIds.length === 0) return null;
  const row = await trx
    .selectFrom('chargeSession')
    .select(['chargeSession.sessionId', 'chargeSession.serviceId'])
    .select((eb) =>
      eb
        .exists(
          eb
            .selectFrom('inboundMessage')
            .select('inboundMessage.inboxId')
            .whereRef('inboundMessage.sessionId', '=', 'chargeSession.sessionId')
            .where('inboundMessage.replyKind', '=', 'endNoted'),
        )
        .as('isEndNoted'),
    )
    .where('chargeSession.subscriberId', '=', subscriberId)
    .where('chargeSession.serviceId', 'in', serviceIds)
    .where('chargeSession.state', 'in', SLOT_STATES)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('sessionSlot')
            .select('sessionSlot.sessionId')
            .whereRef('sessionSlot.sessionId', '=', 'chargeSession.sessionId'),
        ),
      ),
    )
    .orderBy('chargeSession.createdAt', 'desc')
    .executeTakeFirst();
  return row ? { ...row, isEndNoted: Boolean(row.isEndNoted) } : null;
}

/** See `InboxStore.endAskedAt`. */
export async function readEndAskedAt(database: Database | Trx, sessionId: string): Promise<Instant | null> {
  const { endAskedAt } = await database
    .selectFrom('inboundMessage')
    .select(sql<Instant | null>`min(least(sent_at, received_at))`.as('endAskedAt'))
    .where((eb) =>
      eb.or([
        eb.and([eb('sessionId', '=', sessionId), eb('replyKind', '=', 'endNoted')]),
        // A press on Stop names its session, and no number to answer.
        eb.and([
          eb('gateway', '=', WEB_GATEWAY),
          eb('messageId', '=', sessionId),
          eb('assignmentKind', '=', 'unroutable'),
        ]),
      ]),
    )
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('chargeSession')
          .select('chargeSession.sessionId')
          .where('chargeSession.sessionId', '=', sessionId)
          .where('chargeSession.endChargeUtc', 'is', null),
      ),
    )
    .executeTakeFirstOrThrow();
  return endAskedAt;
}
