/** What a payment is that we have no record of. */
export type Stranger =
  /** it carries our installation's digits: a record of ours is lost */
  | { kind: 'unrecorded'; paymentReference: string }
  /** made by another installation on the same vendor account */
  | { kind: 'otherInstallation'; installationId: string }
  /** not made by sms2pay at all */
  | { kind: 'notOurs' };

const REFERENCE = /^s2p([0-9a-f]{8})[0-9a-f]{24}$/;

/** `paymentReference` null: only the provider's own id is known, which tells nothing. */
export function strangerOf(paymentReference: string | null, ownInstallationId: string): Stranger {
  const [, installationId] = REFERENCE.exec(paymentReference ?? '') ?? [];
  if (paymentReference === null || installationId === undefined) return { kind: 'notOurs' };
  return installationId === ownInstallationId
    ? { kind: 'unrecorded', paymentReference }
    : { kind: 'otherInstallation', installationId };
}
