import type {
  ActionRecordActivities,
  LateEndActivities,
  MessageActivities,
  MoneyActivities,
  ReconciliationActivities,
  RecordActivities,
  RefundActivities,
} from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { createLateEndActivities } from './late-end.ts';
import { createMessageActivities } from './messaging.ts';
import { createMoneyActivities } from './payment.ts';
import { createReconciliationActivities } from './reconciliation.ts';
import { createRecordActivities } from './records.ts';
import { createSessionActionActivities } from './session-action.ts';

export type Activities = MoneyActivities &
  MessageActivities &
  RecordActivities &
  LateEndActivities &
  RefundActivities &
  ActionRecordActivities &
  ReconciliationActivities;

/** All activities over the given ports. */
export function createActivities(deps: ActivityDeps): Activities {
  return {
    ...createMoneyActivities(deps),
    ...createMessageActivities(deps),
    ...createRecordActivities(deps),
    ...createLateEndActivities(deps),
    ...createSessionActionActivities(deps),
    ...createReconciliationActivities(deps),
  };
}
