import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type pg from 'pg';
import {
  createPersonalDataCipher,
  referencePartner,
  type createStores,
  type PersonalDataCipher,
} from '../../src/adapters/store/index.ts';
import { addMs, type Instant } from '../../src/domain/instant.ts';
import type { PaymentRules } from '../../src/domain/payment.ts';
import type { OutboundState } from '../../src/domain/text-delivery.ts';
import type { InboxItem } from '../../src/ports/inbox-store.ts';
import type { ReceiptData } from '../../src/ports/receipt-store.ts';
import type { SessionProjection, SessionRecord } from '../../src/ports/session-store.ts';
import type { NewPartner, Service } from '../../src/ports/settings-store.ts';
import type { MoMessage } from '../../src/ports/sms-gateway.ts';
import { acceptOne } from '../support/accept-one.ts';

export type StoresUnderTest = ReturnType<typeof createStores>;

/** The stores of the running contract; set up once per file, emptied and seeded before each test. */
export interface Bench {
  pool: pg.Pool;
  cipher: PersonalDataCipher;
  stores: StoresUnderTest;
}

export const MSISDN = '4790000001';
export const OTHER_MSISDN = '4790000002';
export const NOW: Instant = '2026-11-23T10:00:00.000Z';
export const minutesLater = (minutes: number): Instant => addMs(NOW, minutes * 60_000);

export const keyOf = (id: string) => ({
  id,
  encryptionKey: createHash('sha256').update(`encryption ${id}`).digest(),
  lookupKey: createHash('sha256').update(`lookup ${id}`).digest(),
});
export const testCipher = (...ids: string[]) =>
  createPersonalDataCipher({ keys: (ids.length > 0 ? ids : ['k1']).map(keyOf) });

/** A second partner on the reference partner's number, so that a customer can have two sessions there. */
export function washPartner(): NewPartner {
  const reference = referencePartner('paycore');
  const number = { gateway: 'link', shortNumber: '27222', serviceId: 'wash' };
  return {
    partner: { ...reference.partner, partnerId: 'wash', name: 'Wash', language: 'en' },
    services: reference.services.map((service): Service => ({
      ...service,
      serviceId: 'wash',
      partnerId: 'wash',
      name: 'Washing',
    })),
    routes: [
      { ...number, keyword: 'WASH', action: 'start' },
      { ...number, keyword: 'ENDWASH', action: 'end' },
    ],
  };
}

/** A third partner, on a number of its own, whose end word is a general one. */
export async function addGym(stores: StoresUnderTest): Promise<void> {
  const { partner, services } = washPartner();
  const number = { gateway: 'link', shortNumber: '27333', serviceId: 'gym' };
  await stores.settings.addPartner({
    partner: { ...partner, partnerId: 'gym', name: 'Gym' },
    services: services.map((one) => ({ ...one, serviceId: 'gym', partnerId: 'gym', name: 'Gym' })),
    routes: [
      { ...number, keyword: 'GYM', action: 'start' },
      { ...number, keyword: 'CANCEL', action: 'end' },
    ],
  });
}

let messages = 0;
export function aText(text: string, overrides: Partial<MoMessage> = {}): MoMessage {
  messages += 1;
  return {
    messageId: `mo-${messages}`,
    msisdn: MSISDN,
    shortNumber: '27222',
    text,
    sentAt: null,
    ...overrides,
  };
}

export const PAYMENT_RULES: PaymentRules = {
  release: 'unknown',
  abandon: false,
  paymentOnOpen: false,
  paymentLifeMs: null,
  minimumCaptureMinor: 100,
  captureDeadlineMs: 7 * 24 * 3_600_000,
};

/** Of every provider but one whose name says that this version does not know it. */
export const paymentRules = (provider: string): PaymentRules | null =>
  provider === 'unknown' ? null : { ...PAYMENT_RULES, abandon: provider === 'vipps' };

/** The undispatched item of this message. */
export async function itemOf(stores: StoresUnderTest, inboxId: string): Promise<InboxItem> {
  const items = await stores.inbox.undispatched({ limit: 1000 });
  const item = items.find((candidate) => candidate.inboxId === inboxId);
  if (!item) throw new Error('that message is dispatched or unknown');
  return item;
}

/** Texts and answers what the text was assigned to. */
export async function textIn(
  stores: StoresUnderTest,
  text: string,
  at: Instant = NOW,
  overrides: Partial<MoMessage> = {},
): Promise<InboxItem> {
  const { inboxId } = await acceptOne(stores.inbox, 'link', aText(text, overrides), at);
  return itemOf(stores, inboxId);
}

export function sessionIdOf(item: InboxItem): string {
  if (item.assignment.kind !== 'startSession' && item.assignment.kind !== 'signal')
    throw new Error(`assigned to ${item.assignment.kind}, which is no session`);
  return item.assignment.sessionId;
}

export async function beginSession(stores: StoresUnderTest, item: InboxItem): Promise<SessionRecord> {
  const session = await stores.sessions.find(sessionIdOf(item));
  if (!session) throw new Error('its CHARGE adds a session');
  return session;
}

/** A session as its CHARGE adds it. */
export async function aSession(
  stores: StoresUnderTest,
  text = 'CHARGE',
  overrides: Partial<MoMessage> = {},
): Promise<SessionRecord> {
  const item = await textIn(stores, text, NOW, overrides);
  return beginSession(stores, item);
}

export function aProjection(
  session: SessionRecord,
  overrides: Partial<SessionProjection>,
): SessionProjection {
  return {
    sessionId: session.sessionId,
    revision: session.revision + 1,
    state: 'active',
    transactionId: null,
    startedAt: null,
    endedAt: null,
    reservedMinor: 0,
    computedMinor: null,
    capturedMinor: 0,
    releasedMinor: 0,
    releaseSource: null,
    shortfallMinor: 0,
    attention: [],
    nextDueAt: null,
    paymentPageUrl: null,
    paymentPageExpiresAt: null,
    ...overrides,
  };
}

export function receiptData(session: SessionRecord): ReceiptData {
  return {
    merchantName: 'Reference partner',
    organisationNumber: '999888777',
    serviceName: 'Charging',
    serviceReference: null,
    startedAt: NOW,
    endedAt: minutesLater(60),
    timeZone: 'Europe/Oslo',
    language: 'nb',
    currency: 'NOK',
    tariff: session.terms.tariff,
    vatBasisPoints: 2500,
    netMinor: 80,
    vatMinor: 20,
    grossMinor: 100,
    reservedMinor: 500,
    capturedMinor: 100,
    releasedMinor: 400,
    releaseSource: 'assumed',
    shortfallMinor: 0,
  };
}

/** Every value of every table as text, as somebody with a copy of the database would read it. */
export async function dumpAsText(stores: StoresUnderTest): Promise<string> {
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public'`.execute(
    stores.db,
  );
  const dumps = [];
  for (const { name } of tables.rows) {
    const rows = await sql<{ line: string }>`select t::text as line from ${sql.table(name)} t`.execute(
      stores.db,
    );
    dumps.push(name, ...rows.rows.map((row) => row.line));
  }
  return dumps.join('\n');
}

export async function emptyAndSeed(stores: StoresUnderTest): Promise<void> {
  await sql`truncate partner, subscriber restart identity cascade`.execute(stores.db);
  await stores.settings.addPartner(referencePartner('paycore'));
  await stores.settings.addPartner(washPartner());
}

/** The state of a text after it was asked to be sent. */
export const stateOfStart = (
  start: Awaited<ReturnType<StoresUnderTest['outbox']['startSending']>>,
): OutboundState => (start.isStarted ? 'sending' : start.state);
