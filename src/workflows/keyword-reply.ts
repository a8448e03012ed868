import { ActivityFailure, log } from '@temporalio/workflow';
import { records, telling } from './activity-options.ts';
import type { KeywordReplyInput } from './contract.ts';

/** Answers one text that belongs to no session: help, an unknown word, an end word with nothing running. */
export async function KeywordReply(input: KeywordReplyInput): Promise<void> {
  try {
    await telling.sendReply.executeWithOptions({ summary: 'Answer the text' }, [input]);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('the reply was given up', { cause: String(error.cause?.message) });
  }
  await records.reviewLateMessage.executeWithOptions({ summary: 'Was it a late end?' }, [input]);
  await records.markHandled(input);
}
