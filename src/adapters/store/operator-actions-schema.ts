/** What operators ask of running sessions. Applied once per database and never changed afterwards. */
export const OPERATOR_ACTIONS_SCHEMA: readonly string[] = [
  `create table operator_action (
    session_id text not null references charge_session,
    action_id text not null,
    kind text not null check (kind in ('endNow', 'retryCapture', 'release', 'writeOff')),
    actor text not null,
    reason_encrypted bytea,
    reason_key_id text,
    state text not null check (state in ('requested', 'succeeded', 'refused')),
    detail text,
    created_at timestamptz not null,
    finished_at timestamptz,
    primary key (session_id, action_id),
    check ((reason_encrypted is null) = (reason_key_id is null)),
    check ((state = 'requested') = (finished_at is null))
  )`,
];
