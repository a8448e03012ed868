import { paycoreSubject } from './paycore-subject.ts';
import type { ProviderSubject } from './payment-provider.contract.ts';
import { vippsSubject } from './vipps-subject.ts';

/**
 * Every payment provider, by the name of its folder under `src/adapters/payment`. One that is missing here, or here
 * without a folder, fails the contract's test.
 */
export const PROVIDERS = {
  paycore: paycoreSubject,
  vipps: vippsSubject,
} as const satisfies Record<string, ProviderSubject>;
