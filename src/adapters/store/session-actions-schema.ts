/** What operators do to sessions after their end. Applied once per database and never changed afterwards. */
export const SESSION_ACTIONS_SCHEMA: readonly string[] = [
  `alter table charge_session
    add column refunded_minor bigint not null default 0 check (refunded_minor >= 0)`,

  `create table session_action (
    session_id text not null references charge_session,
    action_id text not null,
    kind text not null check (kind in ('refund', 'release')),
    attempt integer not null,
    amount_minor bigint not null check (amount_minor > 0),
    operation_id text not null unique,
    actor text not null,
    reason_encrypted bytea,
    reason_key_id text,
    state text not null check (state in ('requested', 'succeeded', 'refused', 'failed')),
    refunded_before_minor bigint check (refunded_before_minor >= 0),
    created_at timestamptz not null,
    finished_at timestamptz,
    detail text,
    primary key (session_id, action_id),
    foreign key (session_id, attempt) references payment_attempt (session_id, attempt),
    check ((reason_encrypted is null) = (reason_key_id is null)),
    check ((state = 'requested') = (finished_at is null))
  )`,
  // One at a time: with two refunds under way nobody could tell which of them a read shows.
  `create unique index session_action_open on session_action (session_id) where state = 'requested'`,
  `create index session_action_created on session_action (session_id, created_at)`,
];
