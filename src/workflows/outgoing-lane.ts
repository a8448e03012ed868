import { ActivityFailure, log, upsertSearchAttributes } from '@temporalio/workflow';
import type { SessionCommand } from '../domain/session/events.ts';
import type { SessionState } from '../domain/session/state.ts';
import { viewOf } from '../domain/session/view.ts';
import { records, walletCalls, textCalls, receiptTextCalls } from './activity-options.ts';
import type { KeywordReplyInput } from './contract.ts';
import { RECEIPT_NUMBER } from './search-attributes.ts';

type Outgoing = Extract<SessionCommand, { command: 'sendText' | 'issueReceipt' | 'showReceipt' }>;

/** Sends one text or issues one receipt. A text that cannot be sent is recorded and never touches the money. */
export async function runOutgoing(session: () => SessionState, command: Outgoing): Promise<void> {
  const { sessionId } = session();
  try {
    if (command.command === 'issueReceipt') {
      const { operationId } = command;
      const { receiptNumber } = await records.issueReceipt.executeWithOptions(
        { summary: 'Issue the receipt' },
        [{ sessionId, operationId, session: viewOf(session()) }],
      );
      // Before its text: no customer has a number that a restored database could issue again.
      upsertSearchAttributes([{ key: RECEIPT_NUMBER, value: receiptNumber }]);
      return;
    }
    if (command.command === 'showReceipt') {
      const { operationId, paymentReference } = command;
      const { provider } = session().terms;
      await walletCalls.showReceipt.executeWithOptions({ summary: 'Show the receipt in the wallet' }, [
        { sessionId, operationId, paymentReference, provider },
      ]);
      return;
    }
    const { kind, n } = command;
    const { sendText } = kind === 'receipt' ? receiptTextCalls : textCalls;
    await sendText.executeWithOptions({ summary: `Text ${kind}` }, [
      { sessionId, kind, n, session: viewOf(session()) },
    ]);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('a message was given up', {
      command: command.command,
      cause: String(error.cause?.message),
    });
  }
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
