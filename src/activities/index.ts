import type { MessageActivities, MoneyActivities, RecordActivities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { createMessageActivities } from './messaging.ts';
import { createMoneyActivities } from './payment.ts';
import { createRecordActivities } from './records.ts';

export type Activities = MoneyActivities & MessageActivities & RecordActivities;

/** All activities over the given ports. */
export function createActivities(deps: ActivityDeps): Activities {
  return {
    ...createMoneyActivities(deps),
    ...createMessageActivities(deps),
    ...createRecordActivities(deps),
  };
}
