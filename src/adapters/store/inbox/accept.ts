/** Stores what a gateway has delivered, in one transaction with its assignment, under the locks of its subscribers (ADR 0005). */
import { invariant } from '../../../domain/assert.ts';
import { acceptStamp } from '../../../domain/gateway-stamp.ts';
import type { SubscriberId } from '../../../domain/ids.ts';
import { earliest } from '../../../domain/instant.ts';
import type { AcceptedText, InboundText } from '../../../ports/inbox-store.ts';
import { inTransaction, type Database } from '../database.ts';
import { lockOrAddSubscribers } from '../subscribers.ts';
import { assignStored, textContext, UNASSIGNED, type AssignDeps } from './assignment.ts';
import { isBehindAnother, readTexts, slotKeyOf, type InboundRow } from './subscriber-texts.ts';
import { toItem } from './undispatched.ts';
import { writeAssigned } from './write-assigned.ts';

export interface AcceptDeps extends AssignDeps {
  database: Database;
}

interface Incoming extends InboundText {
  subscriberId: SubscriberId;
  /** by all keys: while these are rotated, another process may have stored the first delivery with another one */
  digests: readonly [Buffer, ...Buffer[]];
}

/** See `InboxStore.accept`. */
export async function acceptTexts(
  deps: AcceptDeps,
  received: readonly InboundText[],
): Promise<AcceptedText[]> {
  const [first, ...others] = received;
  if (!first) return [];
  return await inTransaction(deps.database, async (trx) => {
    // Locked before the insert, so that the sequence of a subscriber's messages is the order of their assignment.
    const msisdns = received.map(({ message }) => message.msisdn);
    const { subscribers, added: newSubscribers } = await lockOrAddSubscribers(trx, deps.cipher, {
      msisdns,
      newId: deps.newId,
    });
    const incoming = received.map((text): Incoming => {
      const subscriberId = subscribers.get(text.message.msisdn);
      invariant(subscriberId !== undefined, 'every sender is a subscriber');
      return { ...text, subscriberId, digests: deps.cipher.messageDigests(text.message) };
    });
    const subscriberIds = [...new Set(subscribers.values())];
    const texts = await readTexts(trx, {
      subscriberIds,
      ids: received.map(({ gateway, message }) => ({ gateway, messageId: message.messageId })),
      receivedAt: earliest(first.receivedAt, ...others.map(({ receivedAt }) => receivedAt)),
    });
    const stored = texts.length;
    const rows = incoming.map((text) => storeOnce(deps, texts, text));
    const added = texts.slice(stored);
    // A message id that was used twice may be another subscriber's, who is not locked.
    const locked = texts.filter(({ subscriberId }) => subscriberIds.includes(subscriberId));
    await writeAssigned(trx, await assignStored(trx, deps, locked, newSubscribers), added);
    return rows.map((row) => acceptedText(texts, row));
  });
}

interface StoredRow {
  row: InboundRow;
  duplicate: boolean;
  messageIdReused: boolean;
}

/** Adds the row to `texts`, unless it is there. */
function storeOnce(deps: AcceptDeps, texts: InboundRow[], text: Incoming): StoredRow {
  const { gateway, message, receivedAt, subscriberId, digests } = text;
  const sameId = texts.filter((row) => row.gateway === gateway && row.messageId === message.messageId);
  const known = sameId.find((row) => digests.some((digest) => digest.equals(row.digest)));
  if (known) return { row: known, duplicate: true, messageIdReused: false };
  const inboxId = deps.newId();
  const encrypted = deps.cipher.encrypt(message.text, textContext(inboxId));
  const stamp = acceptStamp(message.sentAt, receivedAt);
  const row: InboundRow = {
    ...UNASSIGNED,
    inboxId,
    gateway,
    messageId: message.messageId,
    digest: digests[0],
    subscriberId,
    shortNumber: message.shortNumber,
    textEncrypted: encrypted.data,
    textKeyId: encrypted.keyId,
    sentAt: stamp.sentAt,
    stampOffsetSeconds: stamp.offsetSeconds,
    stampFault: stamp.fault,
    receivedAt,
    state: 'stored',
    dispatchAttempts: 0,
    nextDispatchAt: receivedAt,
  };
  texts.push(row);
  return { row, duplicate: false, messageIdReused: sameId.length > 0 };
}

function acceptedText(texts: readonly InboundRow[], { row, ...stored }: StoredRow): AcceptedText {
  const { inboxId } = row;
  const dispatched = row.dispatchedAt !== null;
  const isNext = !dispatched && row.state === 'assigned' && !isBehindAnother(texts, row);
  return { inboxId, slot: slotKeyOf(row), dispatched, ...stored, ...(isNext ? { item: toItem(row) } : {}) };
}
