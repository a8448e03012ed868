/** Start words whose session has not begun yet. Applied once per database and never changed afterwards. */
export const SESSION_BEGIN_SCHEMA: readonly string[] = [
  // Looked at every minute, and nearly always without a row.
  `create index inbound_message_beginning on inbound_message (dispatched_at)
    where assignment_kind = 'startSession' and state = 'assigned'`,
];
