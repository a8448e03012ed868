import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** Typed search attributes of a ChargeSession; the process that starts the server registers them. Never personal data. */
export const PARTNER_ID = defineSearchAttributeKey('PartnerId', SearchAttributeType.KEYWORD);
export const CHARGE_STATE = defineSearchAttributeKey('ChargeState', SearchAttributeType.KEYWORD);
export const STARTED_AT = defineSearchAttributeKey('StartedAt', SearchAttributeType.DATETIME);
export const CAPTURED_MINOR = defineSearchAttributeKey('CapturedMinor', SearchAttributeType.INT);
/** the document that was issued in the workflow: a receipt's or a credit note's */
export const RECEIPT_NUMBER = defineSearchAttributeKey('ReceiptNumber', SearchAttributeType.INT);
export const NEEDS_ATTENTION = defineSearchAttributeKey('NeedsAttention', SearchAttributeType.BOOL);
