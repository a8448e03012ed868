import type { ExpressionBuilder } from 'kysely';
import type { KeywordRoute, OpenSlot } from '../../../domain/text-assignment.ts';
import { WEB_GATEWAY, type UnroutedNumber } from '../../../ports/inbox-store.ts';
import type { Database } from '../database.ts';
import type { Schema } from '../schema.ts';

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

export type NumberRoute = KeywordRoute & { gateway: string; shortNumber: string };

/** Those of several numbers, in the order of their making. */
export async function routesOfNumbers(
  database: Database,
  numbers: readonly { gateway: string; shortNumber: string }[],
): Promise<NumberRoute[]> {
  return await database
    .selectFrom('keywordRoute')
    .select(['gateway', 'shortNumber', 'keyword', 'serviceId', 'action'])
    .where((eb) =>
      eb.or(
        numbers.map(({ gateway, shortNumber }) =>
          eb.and([eb('gateway', '=', gateway), eb('shortNumber', '=', shortNumber)]),
        ),
      ),
    )
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

/** The routes of the number that a text was sent to. */
export function routesOfTextedNumber(eb: ExpressionBuilder<Schema, 'inboundMessage'>) {
  return eb
    .selectFrom('keywordRoute')
    .select('keywordRoute.keyword')
    .whereRef('keywordRoute.gateway', '=', 'inboundMessage.gateway')
    .whereRef('keywordRoute.shortNumber', '=', 'inboundMessage.shortNumber');
}

/** See `InboxStore.unroutedNumbers`. */
export function readUnroutedNumbers(database: Database): Promise<UnroutedNumber[]> {
  return database
    .selectFrom('inboundMessage')
    .select(['inboundMessage.gateway', 'inboundMessage.shortNumber'])
    .select((eb) => [
      eb.fn.countAll<number>().as('texts'),
      eb.fn.min('inboundMessage.receivedAt').as('firstAt'),
      eb.fn.max('inboundMessage.receivedAt').as('lastAt'),
    ])
    .where('inboundMessage.assignmentKind', '=', 'unroutable')
    .where('inboundMessage.gateway', '!=', WEB_GATEWAY)
    .where((eb) => eb.not(eb.exists(routesOfTextedNumber(eb))))
    .groupBy(['inboundMessage.gateway', 'inboundMessage.shortNumber'])
    .orderBy('inboundMessage.gateway')
    .orderBy('inboundMessage.shortNumber')
    .execute();
}
