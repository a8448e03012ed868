import type { Selectable } from 'kysely';
import { clampEnd } from '../../../domain/gateway-stamp.ts';
import type { Instant } from '../../../domain/instant.ts';
import type { GatewayStamps } from '../../../ports/inbox-store.ts';
import type { Database, Trx } from '../database.ts';
import type { InboundMessageTable } from '../schema.ts';

type InboundRow = Selectable<InboundMessageTable>;
type StampColumns = Partial<Pick<InboundRow, 'sentAt' | 'stampFault'>>;

/** Per gateway account one row: the last text with a fault, else any text with a stamp. */
export async function readGatewayStamps(database: Database, since: Instant): Promise<GatewayStamps[]> {
  const rows = await database
    .selectFrom('inboundMessage')
    .distinctOn('gateway')
    .select(['gateway', 'stampFault', 'stampOffsetSeconds', 'receivedAt'])
    .where('receivedAt', '>=', since)
    .where('stampOffsetSeconds', 'is not', null)
    .orderBy('gateway')
    .orderBy((eb) => eb('stampFault', 'is', null))
    .orderBy('receivedAt', 'desc')
    .execute();
  return rows.map(({ gateway, stampFault, stampOffsetSeconds, receivedAt }) => ({
    gateway,
    lastFault:
      stampFault === null ? null : { fault: stampFault, offsetSeconds: stampOffsetSeconds ?? 0, receivedAt },
  }));
}

/**
 * The columns by which an end's stamp changes once its session is known, which was requested at `requestedAt`. The caller
 * holds the subscriber lock.
 */
export async function clampedEnd(
  trx: Trx,
  row: Pick<
    InboundRow,
    'subscriberId' | 'serviceId' | 'sessionId' | 'sentAt' | 'stampOffsetSeconds' | 'stampFault'
  >,
  requestedAt: Instant,
): Promise<StampColumns> {
  if (clampEnd(row.sentAt, { requestedAt, hasEarlier: false }).fault === null) return {};
  const earlier = await trx
    .selectFrom('chargeSession')
    .select('sessionId')
    .where('subscriberId', '=', row.subscriberId)
    .where('serviceId', '=', row.serviceId)
    .where('sessionId', '!=', row.sessionId)
    // A session that was never used ended about when its row was last written.
    .where((eb) => eb(eb.fn.coalesce('endChargeUtc', 'updatedAt'), '>=', row.sentAt))
    .limit(1)
    .executeTakeFirst();
  const { sentAt, fault } = clampEnd(row.sentAt, { requestedAt, hasEarlier: earlier !== undefined });
  // Without a stamp it is the clocks of our own processes that differ.
  return { sentAt, stampFault: row.stampOffsetSeconds === null ? row.stampFault : (row.stampFault ?? fault) };
}
