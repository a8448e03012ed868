import type {
  ActionRecordActivities,
  MessageActivities,
  MoneyActivities,
  RecordActivities,
  RefundActivities,
} from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { createMessageActivities } from './messaging.ts';
import { createMoneyActivities } from './payment.ts';
import { createRecordActivities } from './records.ts';
import { createSessionActionActivities } from './session-action.ts';

export type Activities = MoneyActivities &
  MessageActivities &
  RecordActivities &
  RefundActivities &
  ActionRecordActivities;

/** All activities over the given ports. */
export function createActivities(deps: ActivityDeps): Activities {
  return {
    ...createMoneyActivities(deps),
    ...createMessageActivities(deps),
    ...createRecordActivities(deps),
    ...createSessionActionActivities(deps),
  };
}
