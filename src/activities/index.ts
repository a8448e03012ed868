import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { createMessageActivities } from './messaging.ts';
import { createMoneyActivities } from './payment.ts';
import { createReceiptActivities } from './receipts.ts';
import { createReconciliationActivities } from './reconciliation.ts';
import { createRecordActivities } from './records.ts';
import { createSessionActionActivities } from './session-action.ts';
import { showingLife } from './heartbeats.ts';

/** All activities over the given ports. */
export function createActivities(deps: ActivityDeps): Activities {
  return showingLife({
    ...createMoneyActivities(deps),
    ...createMessageActivities(deps),
    ...createReceiptActivities(deps),
    ...createRecordActivities(deps),
    ...createSessionActionActivities(deps),
    ...createReconciliationActivities(deps),
  });
}
