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

/** What the child is asked to do. */
export interface BareOrder {
  workflow: BareName;
  sessions: number;
  atOnce: number;
  /** only start it, with a signal, as a webhook does; the session goes on by itself until it waits for its end */
  startOnly?: boolean;
}

export interface BareReport {
  seconds: number;
  /** how long each call took that started a session */
  startsMs: number[];
}
