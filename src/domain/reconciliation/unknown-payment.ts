/** A payment without a record of ours. */
export type UnknownPayment =
  /** it carries our installation's digits: a record of ours is lost */
  | { kind: 'recordMissing'; paymentReference: string }
  /** made by another installation on the same vendor account */
  | { kind: 'otherInstallation'; installationId: string }
  /** not made by sms2pay at all */
  | { kind: 'notOurs' };

const REFERENCE = /^s2p([0-9a-f]{8})[0-9a-f]{24}$/;

/** `paymentReference` null: only the provider's own id is known, which tells nothing. */
export function classifyUnknownPayment(
  paymentReference: string | null,
  ownInstallationId: string,
): UnknownPayment {
  const [, installationId] = REFERENCE.exec(paymentReference ?? '') ?? [];
  if (paymentReference === null || installationId === undefined) return { kind: 'notOurs' };
  return installationId === ownInstallationId
    ? { kind: 'recordMissing', paymentReference }
    : { kind: 'otherInstallation', installationId };
}
