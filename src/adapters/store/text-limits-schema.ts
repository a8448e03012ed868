/** Texts that limits leave alone. Applied once per database and never changed afterwards. */
export const TEXT_LIMITS_SCHEMA: readonly string[] = [
  `alter table inbound_message
    add column limit_reason text,
    drop constraint inbound_message_assignment_kind_check,
    add constraint inbound_message_assignment_kind_check
      check (assignment_kind in ('startSession', 'signal', 'reply', 'limited', 'unroutable')),
    drop constraint inbound_message_reply_kind_check,
    add constraint inbound_message_reply_kind_check
      check (reply_kind in ('help', 'unknownWord', 'noSession', 'sendAgain', 'openSessions', 'endNoted',
        'tooManyStarts')),
    add constraint inbound_message_limit_reason_check
      check (coalesce(assignment_kind = 'limited', false) = (limit_reason is not null)),
    add constraint inbound_message_limited_check check (assignment_kind <> 'limited' or state = 'handled')`,
  // Without those that were left alone: a flood makes its own counting no slower.
  `create index inbound_message_recent on inbound_message (subscriber_id, received_at)
    where assignment_kind in ('startSession', 'signal', 'reply')`,
];
