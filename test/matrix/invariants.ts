// Owns: what must hold after every cell, whatever the fault (design: the promise): the stand-ins' truth, the database, the
// workflow and the texts, against each other. Says what does not hold, in sentences.
import { sql } from 'kysely';
import type { SessionView } from '../../src/domain/session/view.ts';
import type { SessionRecord } from '../../src/ports/session-store.ts';
import type { Story } from './story.ts';

type Payments = Awaited<ReturnType<Story['payments']>>;

interface Facts {
  story: Story;
  payments: Payments;
  sessions: { view: SessionView; record: SessionRecord }[];
}

/** Every broken invariant; none is as it must be. */
export async function brokenInvariants(story: Story): Promise<string[]> {
  const payments = await story.payments();
  const sessions = await sessionsOf(story);
  const facts = { story, payments, sessions };
  const found = await Promise.all([
    atMostOneCapture(facts),
    ours(facts),
    receipts(facts),
    noTextIsLost(facts),
    nobodyIsNamed(facts),
    nothingIsLeftOpen(facts),
  ]);
  return [...boundsHold(facts), ...endIsReasoned(facts), ...found.flat()];
}

async function sessionsOf(story: Story): Promise<Facts['sessions']> {
  if (story.sessionId === null) return [];
  const record = await story.system.stores.sessions.find(story.sessionId);
  return record === null ? [] : [{ view: await story.view(), record }];
}

const problemsOf = (claims: Record<string, boolean>): string[] =>
  Object.entries(claims).flatMap(([claim, holds]) => (holds ? [] : [claim]));

/** `0 <= captured <= authorized <= requested`, and nothing is both captured and given back. */
function boundsHold({ payments }: Facts): string[] {
  return payments.flatMap(
    ({ requestedMinor, authorizedMinor, capturedMinor, releasedMinor, refundedMinor }) =>
      problemsOf({
        'captured <= authorized': 0 <= capturedMinor && capturedMinor <= authorizedMinor,
        'authorized <= requested': authorizedMinor <= requestedMinor,
        'captured + released <= authorized': capturedMinor + releasedMinor <= authorizedMinor,
        'refunded <= captured': 0 <= refundedMinor && refundedMinor <= capturedMinor,
      }),
  );
}

/** At the provider, not in our books: the log at Vipps; Paycore lets a payment be captured once. */
async function atMostOneCapture({ story, payments }: Facts): Promise<string[]> {
  const captures = await Promise.all(
    payments.map(async ({ reference, capturedMinor }) => {
      if (story.cell.provider === 'paycore') return capturedMinor > 0 ? 1 : 0;
      const events = await story.system.vippsEvents(reference);
      return events.filter(({ kind, success }) => kind === 'captured' && success).length;
    }),
  );
  const count = captures.reduce((sum, one) => sum + one, 0);
  return problemsOf({ [`at most one successful capture, not ${count}`]: count <= 1 });
}

/** Our numbers are the provider's, in the workflow, in the session's row and in the payment's row. */
async function ours({ story, payments, sessions }: Facts): Promise<string[]> {
  const sum = (of: (payment: Payments[number]) => number) =>
    payments.reduce((total, payment) => total + of(payment), 0);
  const attempts =
    story.sessionId === null ? [] : await story.system.stores.money.listAttempts(story.sessionId);
  return [
    ...sessions.flatMap(({ view, record }) => {
      const proven = view.releaseSource !== 'assumed';
      return problemsOf({
        'the workflow says what was captured': view.capturedMinor === sum((one) => one.capturedMinor),
        'the row says what was captured': record.capturedMinor === view.capturedMinor,
        'the row is in the state of the workflow': record.state === view.state,
        'the row says what was reserved': record.reservedMinor === view.reservedMinor,
        'the workflow says what was reserved': view.reservedMinor === sum((one) => one.authorizedMinor),
        'what counts as given back and proven was given back':
          !proven || view.releasedMinor === sum((one) => one.releasedMinor),
        'what is still held is marked as assumed':
          view.releasedMinor === sum((one) => one.releasedMinor) || view.releaseSource === 'assumed',
        'the row says what was refunded': record.refundedMinor === sum((one) => one.refundedMinor),
      });
    }),
    ...attempts.flatMap((attempt) => {
      const payment = payments.find(({ reference }) => reference === attempt.paymentReference);
      return problemsOf({
        'the row of the payment says what was captured':
          attempt.capturedMinor === (payment?.capturedMinor ?? 0),
        'the row of the payment says what was refunded':
          attempt.refundedMinor === (payment?.refundedMinor ?? 0),
      });
    }),
    ...problemsOf({ 'every payment at the provider is one of ours': payments.length <= attempts.length }),
  ];
}

/** captured = min(computed, reserved), or a reason is on record; captured + given back = reserved at the end. */
function endIsReasoned({ sessions }: Facts): string[] {
  return sessions.flatMap(({ view }) => {
    const { state, computedMinor, reservedMinor, capturedMinor, releasedMinor, attentionReason } = view;
    const due = Math.min(computedMinor ?? 0, reservedMinor);
    const smallestMinor = 100;
    const isReasoned =
      ['cancelled', 'expired', 'declined'].includes(state) ||
      (state === 'released' && due < smallestMinor) ||
      attentionReason !== null;
    return problemsOf({
      'captured = min(computed, reserved), or a reason is on record':
        capturedMinor === (state === 'captured' ? due : 0) && (state === 'captured' || isReasoned),
      'captured + given back = reserved': capturedMinor + releasedMinor === reservedMinor,
    });
  });
}

/** No receipt without a capture, one sale and one text at most, a credit note for what was refunded. */
async function receipts({ story, payments, sessions }: Facts): Promise<string[]> {
  const captured = payments.some(({ capturedMinor }) => capturedMinor > 0);
  const refunded = payments.some(({ refundedMinor }) => refundedMinor > 0);
  const documents =
    story.sessionId === null ? [] : await story.system.stores.receipts.listForSession(story.sessionId);
  const count = (kind: string) => documents.filter((document) => document.kind === kind).length;
  const texts = receiptTexts(await story.customer.inbox());
  const numbers = await sql<{ number: number }>`select number from receipt order by number`.execute(
    story.system.stores.db,
  );
  return problemsOf({
    'one sale for a capture, and none without': count('sale') === (captured ? 1 : 0),
    'one credit note for a refund, and none without': count('creditNote') === (refunded ? 1 : 0),
    'at most one receipt text, and none without a capture': texts <= (captured ? 1 : 0),
    'receipt numbers without gaps': numbers.rows.every(({ number }, index) => number === index + 1),
    'the sale says what was captured': documents
      .filter(({ kind }) => kind === 'sale')
      .every(({ data }) => data.grossMinor === sessions[0]?.view.capturedMinor),
  });
}

export function receiptTexts(texts: readonly string[]): number {
  return texts.filter((text) => text.includes('/r/')).length;
}

/** Each text of the customer that was answered 2xx is on record, once, and was handled. */
async function noTextIsLost({ story }: Facts): Promise<string[]> {
  const { client, stores } = story.system;
  const sent = (await client.texts(story.customer.msisdn)).filter(({ direction }) => direction === 'in');
  const taken = story.exchanges.filter(
    ({ from, url, status, requestBody }) =>
      from === 'gateway' &&
      new URL(url).pathname === '/webhooks/sms/link' &&
      status === 200 &&
      requestBody.includes(story.customer.msisdn),
  );
  const ids = new Set(
    taken.map(({ requestBody }) => (JSON.parse(requestBody) as { messageId: string }).messageId),
  );
  const problems = await Promise.all(
    [...ids].map(async (messageId) => {
      const { rows } = await sql<{ state: string; dispatchedAt: unknown }>`
        select state, dispatched_at from inbound_message where message_id = ${messageId}`.execute(stores.db);
      const [row] = rows;
      return problemsOf({
        'a text that was taken is on record once': rows.length === 1,
        'a text that was taken was passed on': row?.dispatchedAt != null,
      });
    }),
  );
  return [
    ...problems.flat(),
    ...problemsOf({ 'no text is taken that was not sent': ids.size <= sent.length }),
  ];
}

/** A phone number is in no workflow history, log, address or payment at Temporal's or the vendors' pages. */
async function nobodyIsNamed({ story }: Facts): Promise<string[]> {
  const digits = story.customer.msisdn.slice(3);
  const history = story.sessionId === null ? {} : await story.handle().fetchHistory();
  const described = story.sessionId === null ? {} : (await story.handle().describe()).raw;
  return problemsOf({
    'no phone number in the history': !readable(history).includes(digits),
    'no phone number in what Temporal shows': !readable(described).includes(digits),
    'no phone number in a log': !story.system.logged.some((line) => line.includes(digits)),
    'no phone number in an address': !story.exchanges.some(({ url }) => url.includes(digits)),
  });
}

/** Payloads are bytes: read as text. */
function readable(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part instanceof Uint8Array ? Buffer.from(part).toString('utf8') : part,
  );
}

/** The workflow has ended by itself, with nothing unsent, and the subscriber's slot is free. */
async function nothingIsLeftOpen({ story, sessions }: Facts): Promise<string[]> {
  const { db } = story.system.stores;
  const slots = await sql`select 1 from session_slot where session_id = ${story.sessionId}`.execute(db);
  const undone = await sql`select 1 from inbound_message where dispatched_at is null`.execute(db);
  const status = story.sessionId === null ? 'COMPLETED' : (await story.handle().describe()).status.name;
  return problemsOf({
    'the session has ended by itself': status === 'COMPLETED',
    'the slot is free': slots.rows.length === 0,
    'every text was passed on': undone.rows.length === 0,
    'nothing is due any more': sessions.every(({ view }) => view.nextDueAt === null),
  });
}
