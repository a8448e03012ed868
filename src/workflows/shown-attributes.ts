/** What the search attributes of a session show. */
import type { SearchAttributePair } from '@temporalio/common';
import type { ChargeState } from '../domain/session/charge-state.ts';
import {
  CAPTURED_MINOR,
  CHARGE_STATE,
  NEEDS_ATTENTION,
  PARTNER_ID,
  STARTED_AT,
} from './search-attributes.ts';

interface Shown {
  partnerId: string;
  state: ChargeState;
  capturedMinor: number;
  needsAttention: boolean;
  startedAt: string | null;
}

export function searchAttributesOf({
  partnerId,
  state,
  capturedMinor,
  needsAttention,
  startedAt,
}: Shown): SearchAttributePair[] {
  return [
    { key: PARTNER_ID, value: partnerId },
    { key: CHARGE_STATE, value: state },
    { key: CAPTURED_MINOR, value: capturedMinor },
    { key: NEEDS_ATTENTION, value: needsAttention },
    ...(startedAt === null ? [] : [{ key: STARTED_AT, value: new Date(startedAt) }]),
  ];
}

/** A session is started with them: they cost no event of its history. */
export function firstSearchAttributes(partnerId: string): SearchAttributePair[] {
  return searchAttributesOf({
    partnerId,
    state: 'awaitingApproval',
    capturedMinor: 0,
    needsAttention: false,
    startedAt: null,
  });
}
