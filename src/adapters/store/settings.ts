import type { PartnerId, ServiceId } from '../../domain/ids.ts';
import { invariant } from '../../domain/assert.ts';
import { normaliseKeyword } from '../../domain/keyword.ts';
import type { NewPartner, Partner, PartnerChange, SettingsStore } from '../../ports/settings-store.ts';
import { inTransaction, type Database } from './database.ts';
import { routesOfNumber } from './inbox/number-routes.ts';
import { statement } from './statement.ts';

export function createSettingsStore(database: Database): SettingsStore {
  return {
    listPartners: () => database.selectFrom('partner').selectAll().orderBy('partnerId').execute(),
    findPartner: (partnerId) => findPartner(database, partnerId),
    findService: async (serviceId) => {
      const row = await database
        .selectFrom('service')
        .selectAll()
        .where('serviceId', '=', serviceId)
        .executeTakeFirst();
      return row ?? null;
    },
    listServices: (partnerId) =>
      database
        .selectFrom('service')
        .selectAll()
        .where('partnerId', '=', partnerId)
        .orderBy('serviceId')
        .execute(),
    listRoutes: (number) => routesOfNumber(database, number),
    findOffer: async (offered) => {
      const [row] = await selectingOffer(database, offered);
      if (!row) return null;
      const { serviceName, startWord, endWord, ...partner } = row;
      return { serviceName, partner, words: { startWord: startWord ?? '', endWord: endWord ?? '' } };
    },
    addPartner: (input) => addPartner(database, input),
    updatePartner: (partnerId, change) => updatePartner(database, partnerId, change),
  };
}

/** Read by every view of a payment page: one statement. */
const selectingOffer = statement(
  (database, offered: { serviceId: ServiceId; gateway: string; shortNumber: string }) => {
    const wordFor = (action: 'start' | 'end') =>
      database
        .selectFrom('keywordRoute')
        .select('keyword')
        .where('gateway', '=', offered.gateway)
        .where('shortNumber', '=', offered.shortNumber)
        .where('serviceId', '=', offered.serviceId)
        .where('action', '=', action)
        .orderBy('position')
        .limit(1);
    return database
      .selectFrom('service')
      .innerJoin('partner', 'partner.partnerId', 'service.partnerId')
      .selectAll('partner')
      .select('service.name as serviceName')
      .select([wordFor('start').as('startWord'), wordFor('end').as('endWord')])
      .where('service.serviceId', '=', offered.serviceId);
  },
);

async function findPartner(database: Database, partnerId: PartnerId): Promise<Partner | null> {
  const row = await database
    .selectFrom('partner')
    .selectAll()
    .where('partnerId', '=', partnerId)
    .executeTakeFirst();
  return row ?? null;
}

async function addPartner(database: Database, input: NewPartner): Promise<boolean> {
  const { partner, services, routes } = input;
  for (const service of services)
    invariant(
      service.partnerId === partner.partnerId,
      `service ${service.serviceId} belongs to another partner`,
    );
  return inTransaction(database, async (trx) => {
    const added = await trx
      .insertInto('partner')
      .values(partner)
      .onConflict((conflict) => conflict.column('partnerId').doNothing())
      .executeTakeFirst();
    if (added.numInsertedOrUpdatedRows !== 1n) return false;
    for (const service of services)
      await trx
        .insertInto('service')
        .values({ ...service, tariff: JSON.stringify(service.tariff) })
        .execute();
    // One by one, because their order says which partner answers for a shared number.
    for (const route of routes)
      await trx
        .insertInto('keywordRoute')
        .values({ ...route, keyword: normaliseKeyword(route.keyword) })
        .execute();
    return true;
  });
}

async function updatePartner(
  database: Database,
  partnerId: PartnerId,
  change: PartnerChange,
): Promise<Partner | null> {
  if (Object.values(change).every((value) => value === undefined)) return findPartner(database, partnerId);
  const row = await database
    .updateTable('partner')
    .set(change)
    .where('partnerId', '=', partnerId)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}
