// What a session would cost if Temporal did nothing but its shape: no product, no database, no HTTP.
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { condition, proxyActivities, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { approved, ended, STATE_ATTRIBUTE, type BareActivities } from './contract.ts';

const { empty } = proxyActivities<BareActivities>({ startToCloseTimeout: '15s' });
const STATE = defineSearchAttributeKey(STATE_ATTRIBUTE, SearchAttributeType.KEYWORD);

function signals(): { approval: Promise<void>; end: Promise<void> } {
  const seen = { approved: false, ended: false };
  setHandler(approved, () => void (seen.approved = true));
  setHandler(ended, () => void (seen.ended = true));
  return { approval: condition(() => seen.approved), end: condition(() => seen.ended) };
}

/** Two waits and four empty activities. */
export async function bareSession(): Promise<void> {
  const { approval, end } = signals();
  await empty('link');
  await approval;
  await empty('active');
  await end;
  await empty('capture');
  await empty('receipt');
}

/** The shape a session aims at: two waits, seven empty activities, three upserts of search attributes. */
export async function shapedSession(): Promise<void> {
  const { approval, end } = signals();
  await empty('link');
  await empty('reserve');
  await approval;
  await empty('active');
  upsertSearchAttributes([{ key: STATE, value: 'active' }]);
  await end;
  await empty('plan');
  upsertSearchAttributes([{ key: STATE, value: 'capturing' }]);
  await empty('capture');
  await empty('receipt');
  upsertSearchAttributes([{ key: STATE, value: 'captured' }]);
  await empty('close');
}
