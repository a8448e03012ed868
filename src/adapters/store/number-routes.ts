import type { KeywordRoute } from '../../domain/routing.ts';
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
