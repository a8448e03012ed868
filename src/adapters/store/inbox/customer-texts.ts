/** What became of customers' texts, for proofs. */
import type { SessionId } from '../../../domain/ids.ts';
import { sql } from 'kysely';
import type { IgnoredTexts, SessionLedger } from '../../../domain/reconciliation/ledger.ts';
import type { LedgerStore, CustomerTexts } from '../../../ports/ledger-store.ts';
import { WEB_GATEWAY } from '../../../ports/inbox-store.ts';
import { anyOf, bySession } from '../by-session.ts';
import type { Database } from '../database.ts';
import { routesOfTextedNumber } from './number-routes.ts';
import { isOpenRow } from '../session-lists.ts';

export async function customerTexts(
  database: Database,
  { partnerId, from, to }: Parameters<LedgerStore['customerTexts']>[0],
): Promise<CustomerTexts> {
  const received = database
    .selectFrom('inboundMessage')
    .where('gateway', '<>', WEB_GATEWAY)
    .where('receivedAt', '>=', from)
    .where('receivedAt', '<', to);
  const toPartner = received.where((eb) =>
    eb.exists(
      routesOfTextedNumber(eb)
        .innerJoin('service', 'service.serviceId', 'keywordRoute.serviceId')
        .where('service.partnerId', '=', partnerId),
    ),
  );
  const totals = await toPartner
    .select((eb) => [
      eb.fn.countAll<number>().as('received'),
      eb.fn.countAll<number>().filterWhere('state', '<>', 'handled').as('waiting'),
    ])
    .executeTakeFirstOrThrow();
  const ignored = await toPartner
    .select((eb) => [ignoredBecause.as('reason'), eb.fn.countAll<number>().as('count')])
    .where('assignmentKind', 'in', ['limited', 'unroutable'])
    .groupBy('reason')
    .orderBy('reason')
    .execute();
  const { toNobody } = await received
    .select((eb) => eb.fn.countAll<number>().as('toNobody'))
    .where('assignmentKind', '=', 'unroutable')
    .where((eb) => eb.not(eb.exists(routesOfTextedNumber(eb))))
    .executeTakeFirstOrThrow();
  return { ...totals, ignored, toNobody };
}

const ignoredBecause = sql<IgnoredTexts['reason']>`coalesce(limit_reason, assignment_kind)`;

/** What the session's customer texted while it was open, and what belongs to no session. */
async function ignoredTextsOf(
  database: Database,
  sessionIds: readonly SessionId[],
): Promise<(IgnoredTexts & { sessionId: SessionId })[]> {
  return await database
    .selectFrom('inboundMessage')
    .innerJoin('chargeSession', 'chargeSession.subscriberId', 'inboundMessage.subscriberId')
    .select((eb) => [
      'chargeSession.sessionId',
      ignoredBecause.as('reason'),
      eb.fn.countAll<number>().as('count'),
    ])
    .where('chargeSession.sessionId', '=', anyOf(sessionIds))
    .where('assignmentKind', 'in', ['limited', 'unroutable'])
    .where('inboundMessage.gateway', '<>', WEB_GATEWAY)
    .whereRef('receivedAt', '>=', 'chargeSession.createdAt')
    .where((eb) =>
      eb.or([
        isOpenRow(eb),
        eb('receivedAt', '<=', eb.fn.coalesce('chargeSession.endChargeUtc', 'chargeSession.updatedAt')),
      ]),
    )
    .groupBy(['chargeSession.sessionId', 'reason'])
    .orderBy('reason')
    .execute();
}

export async function messagesOf(
  database: Database,
  sessionIds: readonly SessionId[],
): Promise<(sessionId: SessionId) => SessionLedger['messages']> {
  const rows = await database
    .selectFrom('inboundMessage')
    .select((eb) => [
      'sessionId',
      eb.fn.countAll<number>().as('count'),
      eb.fn.countAll<number>().filterWhere('state', '<>', 'handled').as('unhandled'),
    ])
    .where('sessionId', '=', anyOf(sessionIds))
    .groupBy('sessionId')
    .$narrowType<{ sessionId: SessionId }>()
    .execute();
  const totals = bySession(rows);
  const ignored = bySession(await ignoredTextsOf(database, sessionIds));
  return (sessionId) => {
    const [counts = { count: 0, unhandled: 0 }] = totals(sessionId);
    return { ...counts, ignored: ignored(sessionId) };
  };
}
