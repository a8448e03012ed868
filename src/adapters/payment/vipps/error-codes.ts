import type { KeyBinding, ProviderFaultKind } from '../../../ports/payment-provider.ts';

/** What a caller should do about a domain code of ePayment: the vendor's error page, by class. */
export type VippsErrorClass =
  /** still busy, and may yet act: repeat slowly with the same key, after a look */
  | 'retry'
  /** failed. Its page says to repeat with the same key, though an error reply stays bound to its key (facts: payments.md A2) */
  | 'failed'
  /** refused before processing, for now */
  | 'busy'
  /** something was asked for under this key or reference before, and may be under way: read, then decide */
  | 'inUse'
  /** may be the echo of an earlier try of ours that did act: read, then decide */
  | 'readFirst'
  /** no for good */
  | 'terminal'
  /** the bank let go of the reservation: the money may come back within hours or days */
  | 'wait'
  /** a bug or the sales unit's set-up: a person must act */
  | 'ours'
  /** the customer cannot pay this merchant; the code covers more than an unknown number */
  | 'userCannotPay';

const CODES: readonly (readonly [VippsErrorClass, readonly string[]])[] = [
  ['retry', ['6160']],
  ['failed', ['6280']],
  ['busy', ['6250']],
  ['inUse', ['4010', '4020', '4150']],
  ['readFirst', ['6050', '6170', '6180', '6190', '6200', '6210', '6230']],
  ['terminal', ['6020', '6030', '6040', '6060', '6070', '6080', '6090', '6100', '6150', '6220']],
  ['wait', ['6260']],
  ['ours', ['6010', '6110', '6120', '6130', '6140']],
  ['userCannotPay', ['7010']],
];

const CLASS_OF = new Map(CODES.flatMap(([group, codes]) => codes.map((code) => [code, group] as const)));

/** Null for a code that is not known: the HTTP status decides. */
export function errorClassOf(code: string): VippsErrorClass | null {
  // 40xx and 41xx besides the conflicts: a malformed request; 5xxx: the sales unit.
  return CLASS_OF.get(code) ?? (/^(4[01]|5[01])\d\d$/.test(code) ? 'ours' : null);
}

export const KIND_OF_CLASS: Record<VippsErrorClass, ProviderFaultKind> = {
  retry: 'outcomeUnknown',
  failed: 'outcomeUnknown',
  busy: 'unavailable',
  inUse: 'outcomeUnknown',
  readFirst: 'outcomeUnknown',
  terminal: 'rejected',
  wait: 'unavailable',
  ours: 'misconfigured',
  userCannotPay: 'rejected',
};

/**
 * "A 4xx stays bound to its key" (the vendor's best practices, facts: payments.md A2), but what was not processed does not, and
 * where the vendor's pages contradict each other we do not know.
 */
export const KEY_BINDING_OF_CLASS: Record<VippsErrorClass, KeyBinding> = {
  retry: 'free',
  failed: 'perhaps',
  busy: 'free',
  inUse: 'free',
  readFirst: 'perhaps',
  terminal: 'bound',
  wait: 'bound',
  ours: 'bound',
  userCannotPay: 'bound',
};
