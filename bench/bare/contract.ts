// What the bare workflows, their worker and their client share.
import { defineSignal } from '@temporalio/workflow';

export interface BareActivities {
  empty(step: string): Promise<void>;
}

export const BARE_TASK_QUEUE = 'bench';
/** One that the product's server has, too. */
export const STATE_ATTRIBUTE = 'ChargeState';

export const approved = defineSignal('approved');
export const ended = defineSignal('ended');
export type BareName = 'bareSession' | 'shapedSession';
