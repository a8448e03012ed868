/** A subscriber's rows of the inbox that an assignment depends on, read once under the lock and then counted in memory. */
import { sql, type Selectable } from 'kysely';
import { SENT_AGAIN_WITHIN } from '../../../domain/gateway-stamp.ts';
import type { InboxId, ServiceId, SubscriberId } from '../../../domain/ids.ts';
import { addMs, isBefore, type Instant } from '../../../domain/instant.ts';
import type { SessionTerms } from '../../../domain/session-terms.ts';
import type { Assignment, EarlierTexts } from '../../../domain/text-assignment.ts';
import type { Trx } from '../database.ts';
import type { InboundMessageTable } from '../schema.ts';

/** A row as it is read, or as it is about to be inserted. */
export type InboundRow = Omit<Selectable<InboundMessageTable>, 'sequence'> & {
  /** of the session that it starts */
  terms?: SessionTerms | null;
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const COUNTED: readonly InboundRow['assignmentKind'][] = ['startSession', 'signal', 'reply'];

/**
 * In the order of their storing: the rows that are not dispatched, and those of the hour before `receivedAt` (or before the
 * first row that waits to be assigned) that count towards a limit. Also the rows with one of these `ids`, of any sender.
 */
export async function readTexts(
  trx: Trx,
  input: {
    subscriberIds: readonly SubscriberId[];
    ids: readonly { gateway: string; messageId: string }[];
    /** null: only rows that wait count */
    receivedAt: Instant | null;
  },
): Promise<InboundRow[]> {
  const { subscriberIds, ids, receivedAt } = input;
  return await trx
    .selectFrom('inboundMessage as text')
    .leftJoin('chargeSession as started', (join) =>
      join.onRef('started.inboxId', '=', 'text.inboxId').on('text.dispatchedAt', 'is', null),
    )
    .selectAll('text')
    .select('started.terms')
    .where((eb) =>
      eb.or([
        ...ids.map(({ gateway, messageId }) =>
          eb.and([eb('text.gateway', '=', gateway), eb('text.messageId', '=', messageId)]),
        ),
        eb.and([eb('text.subscriberId', 'in', subscriberIds), eb('text.dispatchedAt', 'is', null)]),
        eb.and([
          eb('text.subscriberId', 'in', subscriberIds),
          eb('text.assignmentKind', 'in', COUNTED),
          eb(
            'text.receivedAt',
            '>=',
            // least() ignores null, which is the usual case: no row waits
            sql<Instant>`least(${receivedAt}::timestamptz, ${eb
              .selectFrom('inboundMessage as waiting')
              .select(({ fn }) => fn.min('waiting.receivedAt').as('receivedAt'))
              .where('waiting.subscriberId', 'in', subscriberIds)
              .where('waiting.state', '=', 'stored')}) - interval '1 hour'`,
          ),
        ]),
      ]),
    )
    .orderBy('text.sequence')
    .execute();
}

/** Counted by the instants of receipt, under the subscriber lock: many at once cannot all be the first. */
export function earlierTexts(
  texts: readonly InboundRow[],
  row: InboundRow,
  wanted: Assignment,
): EarlierTexts {
  const hourAgo = addMs(row.receivedAt, -HOUR_MS);
  const minuteAgo = addMs(row.receivedAt, -MINUTE_MS);
  const lastHour = othersOf(texts, row).filter(({ receivedAt }) => !isBefore(receivedAt, hourAgo));
  const sameSignals = lastHour.filter(
    ({ assignmentKind, sessionId, signal }) =>
      wanted.kind === 'signal' &&
      assignmentKind === 'signal' &&
      sessionId === wanted.sessionId &&
      signal === wanted.signal,
  );
  return {
    startsLastHour: lastHour.filter(({ assignmentKind }) => assignmentKind === 'startSession').length,
    sameSignalsLastHour: sameSignals.length,
    sameSignalsLastMinute: sameSignals.filter(({ receivedAt }) => isBefore(minuteAgo, receivedAt)).length,
    repliesLastMinute: lastHour.filter(
      ({ assignmentKind, receivedAt }) => assignmentKind === 'reply' && !isBefore(receivedAt, minuteAgo),
    ).length,
  };
}

/** Whether this start word follows our answer `sendAgain`. Counted by the instants of receipt. */
export function hasSentAgain(
  texts: readonly InboundRow[],
  row: InboundRow,
  serviceId: ServiceId | null,
): boolean {
  const from = addMs(row.receivedAt, -SENT_AGAIN_WITHIN.toMs);
  const to = addMs(row.receivedAt, -SENT_AGAIN_WITHIN.fromMs);
  return othersOf(texts, row).some(
    (text) =>
      text.replyKind === 'sendAgain' &&
      text.serviceId === serviceId &&
      !isBefore(text.receivedAt, from) &&
      !isBefore(to, text.receivedAt),
  );
}

/** Rows with one slot are dispatched in their order; one that is about no service has a slot of its own. */
export function slotKeyOf(row: Pick<InboundRow, 'inboxId' | 'subscriberId' | 'serviceId'>): string {
  return row.serviceId === null ? row.inboxId : `${row.subscriberId}/${row.serviceId}`;
}

/** Whether an older message of its slot has to be dispatched before this one. */
export function isBehindAnother(texts: readonly InboundRow[], row: InboundRow): boolean {
  const slot = slotKeyOf(row);
  const first = texts.find(
    (text) => text.state === 'assigned' && text.dispatchedAt === null && slotKeyOf(text) === slot,
  );
  return first !== undefined && first.inboxId !== row.inboxId;
}

function othersOf(texts: readonly InboundRow[], row: { subscriberId: SubscriberId; inboxId: InboxId }) {
  return texts.filter(
    ({ subscriberId, inboxId }) => subscriberId === row.subscriberId && inboxId !== row.inboxId,
  );
}
