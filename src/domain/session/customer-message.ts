/**
 * What a text of the customer asks of an open session: the closed set, from routing through the inbox row and the signal to
 * the workflow.
 */
export const CUSTOMER_MESSAGE_KINDS = ['endCharge', 'chargeRepeated', 'statusRequested'] as const;

export type CustomerMessageKind = (typeof CUSTOMER_MESSAGE_KINDS)[number];
