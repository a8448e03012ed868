// Owns: what operators' actions work with in this process.
import type { Client } from '@temporalio/client';
import { createActionWorkflows } from '../app/actions/action-workflows.ts';
import type { ActionDeps } from '../app/actions/request-action.ts';
import { createSessionWorkflows } from '../app/sessions/session-workflows.ts';
import type { Clock } from '../ports/clock.ts';
import type { PaymentProvider } from '../ports/payment-provider.ts';
import type { Stores } from '../ports/stores.ts';

export function sessionActionDeps(parts: {
  stores: Stores;
  client: Client;
  clock: Clock;
  providers: Readonly<Record<string, PaymentProvider>>;
}): ActionDeps {
  const { stores, client, clock, providers } = parts;
  return {
    stores,
    clock,
    workflows: createSessionWorkflows(client.workflow),
    actionWorkflows: createActionWorkflows(client.workflow),
    capabilitiesOf: (provider) => providers[provider]?.capabilities ?? null,
  };
}
