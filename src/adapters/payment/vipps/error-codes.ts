import type { KeyBinding, ProviderFaultKind } from '../../../ports/payment-provider.ts';

/** What a domain code of ePayment means for the call that it answers. */
export interface ErrorClass {
  kind: ProviderFaultKind;
  keyBinding: KeyBinding;
  codes: readonly string[];
}

/** A bug, or the sales unit's set-up: an operator must act. */
const OURS: ErrorClass = {
  kind: 'misconfigured',
  keyBinding: 'bound',
  codes: ['6010', '6110', '6120', '6130', '6140'],
};

/**
 * The vendor's error page, by class. "A 4xx stays bound to its key" (the vendor's page on idempotency),
 * but what was not processed does not; `perhaps` where the vendor's pages contradict each other.
 */
const CLASSES: readonly ErrorClass[] = [
  // Still busy, and may yet act: repeat slowly with the same key, after a read.
  { kind: 'outcomeUnknown', keyBinding: 'free', codes: ['6160'] },
  // Failed. Its page says to repeat with the same key, though an error reply stays bound to its key.
  { kind: 'outcomeUnknown', keyBinding: 'perhaps', codes: ['6280'] },
  // Refused before processing, for now.
  { kind: 'unavailable', keyBinding: 'free', codes: ['6250'] },
  // The key or the reference was used before, and that call may be under way: read, then decide.
  { kind: 'outcomeUnknown', keyBinding: 'free', codes: ['4010', '4020', '4150'] },
  // May be the echo of an earlier attempt of ours that did act: read, then decide.
  {
    kind: 'outcomeUnknown',
    keyBinding: 'perhaps',
    codes: ['6050', '6170', '6180', '6190', '6200', '6210', '6230'],
  },
  // Permanent refusal.
  {
    kind: 'rejected',
    keyBinding: 'bound',
    codes: ['6020', '6030', '6040', '6060', '6070', '6080', '6090', '6100', '6150', '6220'],
  },
  // The bank let go of the reservation: the money may come back within hours or days.
  { kind: 'unavailable', keyBinding: 'bound', codes: ['6260'] },
  OURS,
];

const CLASS_OF = new Map(CLASSES.flatMap((each) => each.codes.map((code) => [code, each] as const)));

/** The customer cannot pay this merchant; the code covers more than an unknown number. */
export const USER_CANNOT_PAY = '7010';

/** Null for a code that is not known: the HTTP status decides. */
export function errorClassOf(code: string): ErrorClass | null {
  // 40xx and 41xx besides the conflicts: a malformed request; 5xxx: the sales unit.
  return CLASS_OF.get(code) ?? (/^(4[01]|5[01])\d\d$/.test(code) ? OURS : null);
}
