import type { KeywordRoute, OpenSlot } from '../../domain/routing.ts';
import type { Database } from './database.ts';

/** The keyword routes of one number at one gateway, in the order of their making; empty when the number is not ours. */
export function routesOfNumber(
  database: Database,
  number: { gateway: string; shortNumber: string },
): Promise<KeywordRoute[]> {
  return database
    .selectFrom('keywordRoute')
    .select(['keyword', 'serviceId', 'action'])
    .where('gateway', '=', number.gateway)
    .where('shortNumber', '=', number.shortNumber)
    .orderBy('position')
    .execute();
}

/** The end words of the services with an open session, on all our numbers: each ends its session on every one of them. */
export async function endRoutesOfServices(
  database: Database,
  openSlots: readonly Pick<OpenSlot, 'serviceId'>[],
): Promise<KeywordRoute[]> {
  if (openSlots.length === 0) return [];
  return database
    .selectFrom('keywordRoute')
    .select(['keyword', 'serviceId', 'action'])
    .where('action', '=', 'end')
    .where(
      'serviceId',
      'in',
      openSlots.map(({ serviceId }) => serviceId),
    )
    .orderBy('position')
    .execute();
}
