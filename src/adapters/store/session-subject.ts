/** What a text, a receipt or the wallet's page states of a session, read in one statement. */
import { sql, type ExpressionBuilder } from 'kysely';
import type { SessionId } from '../../domain/ids.ts';
import type { SessionSubject } from '../../ports/session-store.ts';
import type { PersonalDataCipher } from './cipher.ts';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';
import { statement } from './statement.ts';
import { decryptMsisdn } from './subscribers.ts';

const selecting = statement((database, { sessionId }: { sessionId: SessionId }) =>
  database
    .selectFrom('chargeSession')
    .innerJoin('partner', 'partner.partnerId', 'chargeSession.partnerId')
    .innerJoin('service', 'service.serviceId', 'chargeSession.serviceId')
    .innerJoin('subscriber', 'subscriber.subscriberId', 'chargeSession.subscriberId')
    .select(['chargeSession.sessionId', 'chargeSession.partnerId', 'chargeSession.subscriberId'])
    .select(['chargeSession.gateway', 'chargeSession.shortNumber', 'chargeSession.language'])
    .select(['chargeSession.state', 'terms', 'serviceReference', 'linkToken'])
    .select(['partner.name as merchantName', 'organisationNumber', 'timeZone'])
    .select(['receiptSmsOn', 'receiptSmsText', 'termsUrl', 'privacyUrl', 'service.name as serviceName'])
    .select(['msisdnEncrypted', 'msisdnKeyId'])
    .select((eb) => [wordFor(eb, 'start').as('startWord'), wordFor(eb, 'end').as('endWord')])
    .select((eb) => [
      eb
        .selectFrom('partnerReceiptCounter')
        .select('lastNumber')
        .whereRef('partnerReceiptCounter.partnerId', '=', 'chargeSession.partnerId')
        .as('lastReceiptNumber'),
      eb
        .selectFrom('receipt')
        .select(
          sql<SessionSubject['sale']>`jsonb_build_object('number', number, 'token', token, 'data', data)`.as(
            'sale',
          ),
        )
        .whereRef('receipt.sessionId', '=', 'chargeSession.sessionId')
        .where('receipt.kind', '=', 'sale')
        .orderBy('number')
        .limit(1)
        .as('sale'),
    ])
    .where('chargeSession.sessionId', '=', sessionId),
);

export async function findSubject(
  { database, cipher }: { database: Database; cipher: PersonalDataCipher },
  sessionId: SessionId,
): Promise<SessionSubject | null> {
  const [row] = await selecting(database, { sessionId });
  if (!row) return null;
  const { msisdnEncrypted, msisdnKeyId, startWord, endWord, lastReceiptNumber, ...subject } = row;
  return {
    ...subject,
    startWord: startWord ?? '',
    endWord: endWord ?? '',
    lastReceiptNumber: lastReceiptNumber ?? 0,
    msisdn: () => decryptMsisdn(cipher, { subscriberId: row.subscriberId, msisdnEncrypted, msisdnKeyId }),
  };
}

/** The first of the service's words on the session's number; null: there is none. */
function wordFor(eb: ExpressionBuilder<Schema, 'chargeSession'>, action: 'start' | 'end') {
  return eb
    .selectFrom('keywordRoute')
    .select('keyword')
    .whereRef('keywordRoute.gateway', '=', 'chargeSession.gateway')
    .whereRef('keywordRoute.shortNumber', '=', 'chargeSession.shortNumber')
    .whereRef('keywordRoute.serviceId', '=', 'chargeSession.serviceId')
    .where('keywordRoute.action', '=', action)
    .orderBy('position')
    .limit(1);
}
