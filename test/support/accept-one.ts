import type { Instant } from '../../src/domain/instant.ts';
import type { AcceptedText, InboxStore } from '../../src/ports/inbox-store.ts';
import type { MoMessage } from '../../src/ports/sms-gateway.ts';

/** A delivery of one text. */
export async function acceptOne(
  inbox: Pick<InboxStore, 'accept'>,
  gateway: string,
  message: MoMessage,
  receivedAt: Instant,
): Promise<AcceptedText> {
  const [accepted] = await inbox.accept([{ gateway, message, receivedAt }]);
  if (!accepted) throw new Error('a text is accepted');
  return accepted;
}
