import { ActivityFailure, log } from '@temporalio/workflow';
import type { Carried, FreesSlot, SlotFreed } from '../activities/contract.ts';
import { pick } from '../domain/pick.ts';
import type { SessionCommand } from '../domain/session/events.ts';
import type { SessionState } from '../domain/session/state.ts';
import { viewOf } from '../domain/session/view.ts';
import { records, walletCalls, textCalls, receiptTextCalls } from './activity-options.ts';
import type { KeywordReplyInput } from './contract.ts';

const TEXT_FIGURES = ['startedAt', 'limitAt', 'reservedMinor'] as const;
const RECEIPT_FIGURES = [
  'startedAt',
  'endedAt',
  'reservedMinor',
  'capturedMinor',
  'releaseSource',
  'shortfallMinor',
] as const;

export type Outgoing = Extract<SessionCommand, { command: 'sendText' | 'issueReceipt' | 'showReceipt' }>;

interface Sending {
  showReceipt: (receiptNumber: number) => void;
  /** of the session's last message: freed with it; null: it is not the last */
  slot: () => Required<FreesSlot>['slot'] | null;
  carry: <R>(run: (carried: Carried) => Promise<R>) => Promise<R>;
}

/**
 * Sends one text or issues one receipt. A text that cannot be sent is recorded and never touches the money. Returns whether
 * the slot was freed with it.
 */
export async function runOutgoing(
  session: SessionState,
  command: Outgoing,
  sending: Sending,
): Promise<boolean> {
  try {
    if (command.command === 'issueReceipt') {
      await issueReceipt(session, command.operationId, sending);
      return false;
    }
    return (await sendMessage(session, command, sending)).isSlotFreed;
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('a message was given up', {
      command: command.command,
      cause: String(error.cause?.message),
    });
    return false;
  }
}

async function issueReceipt(
  session: SessionState,
  operationId: string,
  { carry, showReceipt }: Sending,
): Promise<void> {
  const { sessionId } = session;
  const figures = pick(viewOf(session), RECEIPT_FIGURES);
  const { receiptNumber } = await carry((carried) =>
    records.issueReceipt.executeWithOptions({ summary: 'Issue the receipt' }, [
      { sessionId, operationId, session: figures, ...carried },
    ]),
  );
  showReceipt(receiptNumber);
}

async function sendMessage(
  session: SessionState,
  command: Exclude<Outgoing, { command: 'issueReceipt' }>,
  { slot, carry }: Sending,
): Promise<SlotFreed> {
  const { sessionId, terms } = session;
  const frees = (): FreesSlot => {
    const freed = slot();
    return freed === null ? {} : { slot: freed };
  };
  if (command.command === 'showReceipt') {
    const { operationId, paymentReference } = command;
    const { provider } = terms;
    return await carry((carried) =>
      walletCalls.showReceipt.executeWithOptions({ summary: 'Show the receipt in the wallet' }, [
        { sessionId, operationId, paymentReference, provider, ...carried, ...frees() },
      ]),
    );
  }
  const { kind, n } = command;
  const { sendText } = kind === 'receipt' ? receiptTextCalls : textCalls;
  const figures = pick(viewOf(session), TEXT_FIGURES);
  return await carry((carried) =>
    sendText.executeWithOptions({ summary: `Text ${kind}` }, [
      { sessionId, kind, n, session: figures, ...carried, ...frees() },
    ]),
  );
}

/** Answers one text that belongs to no session: help, an unknown word, an end word with nothing running. */
export async function KeywordReply(input: KeywordReplyInput): Promise<void> {
  try {
    await textCalls.sendReply.executeWithOptions({ summary: 'Answer the text' }, [input]);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('the reply was given up', { cause: String(error.cause?.message) });
  }
  await records.reviewLateMessage.executeWithOptions({ summary: 'Was it a late end?' }, [input]);
  await records.markHandled(input);
}
