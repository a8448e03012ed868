/** The row of a session, to be written with the CHARGE that starts it: with the terms in force then. */
import { agreeTerms, storableReference, type SessionTerms } from '../../../domain/session-terms.ts';
import type { ServiceId, SessionId } from '../../../domain/ids.ts';
import type { PaymentRules } from '../../../domain/payment.ts';
import type { ChargeState } from '../../../domain/session/charge-state.ts';
import type { Partner } from '../../../ports/settings-store.ts';
import type { Insertable } from 'kysely';
import type { Trx } from '../database.ts';
import type { Schema } from '../schema.ts';
import type { InboundRow } from './subscriber-texts.ts';

export type NewSession = Insertable<Schema['chargeSession']>;

export interface NewSessionDeps {
  /** unguessable, of the payment link */
  newToken: () => string;
  /** null: this version knows no such provider */
  paymentRules: (provider: string) => PaymentRules | null;
}

const FIRST_STATE: ChargeState = 'awaitingApproval';

const NOTHING_HAPPENED_YET = {
  revision: 0,
  state: FIRST_STATE,
  reservedMinor: 0,
  capturedMinor: 0,
  releasedMinor: 0,
  shortfallMinor: 0,
} as const;

/** The service has no usable price or provider now: the text waits, and an operator is notified. */
export class TermsNotAgreed extends Error {
  override readonly name = 'TermsNotAgreed';
  readonly serviceId: ServiceId;

  constructor(serviceId: ServiceId, why: string) {
    super(why);
    this.serviceId = serviceId;
  }
}

/** Throws `TermsNotAgreed`. */
export async function newSession(
  trx: Trx,
  { newToken, paymentRules }: NewSessionDeps,
  start: { row: InboundRow; sessionId: SessionId; serviceId: ServiceId; serviceReference: string | null },
): Promise<{ session: NewSession; terms: SessionTerms }> {
  const { row, sessionId, serviceId, serviceReference } = start;
  const { language, terms } = await termsOf(trx, serviceId, paymentRules);
  const { subscriberId, inboxId, gateway, shortNumber, receivedAt } = row;
  const session: NewSession = {
    ...NOTHING_HAPPENED_YET,
    sessionId,
    partnerId: terms.partnerId,
    serviceId,
    subscriberId,
    inboxId,
    gateway,
    shortNumber,
    language,
    terms: JSON.stringify(terms),
    serviceReference: storableReference(serviceReference),
    linkToken: newToken(),
    createdAt: receivedAt,
    updatedAt: receivedAt,
  };
  return { session, terms };
}

async function termsOf(
  trx: Trx,
  serviceId: ServiceId,
  paymentRules: NewSessionDeps['paymentRules'],
): Promise<{ terms: SessionTerms; language: Partner['language'] }> {
  const { language, ...agreed } = await trx
    .selectFrom('service')
    .innerJoin('partner', 'partner.partnerId', 'service.partnerId')
    .select(['service.partnerId', 'service.serviceId', 'partner.provider', 'partner.language'])
    .select(['currency', 'reservationMinor', 'tariff', 'vatBasisPoints'])
    .select(['linkLifeMs', 'sessionLimitMs', 'warningBeforeLimitMs', 'whenUsedUp'])
    .where('service.serviceId', '=', serviceId)
    .executeTakeFirstOrThrow();
  const rules = paymentRules(agreed.provider);
  if (rules === null)
    throw new TermsNotAgreed(serviceId, `no payment provider named ${agreed.provider} is known`);
  const found = agreeTerms(agreed, rules);
  if ('problems' in found)
    throw new TermsNotAgreed(
      serviceId,
      `The tariff of the service ${serviceId} cannot be used: ${found.problems.join(' ')}`,
    );
  return { language, terms: found.terms };
}
