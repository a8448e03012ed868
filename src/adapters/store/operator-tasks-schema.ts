/** What people have to look at. Applied once per database and never changed afterwards. */
export const OPERATOR_TASKS_SCHEMA: readonly string[] = [
  `create table operator_task (
    sequence bigint generated always as identity primary key,
    subject text not null check (subject <> ''),
    reason text not null check (reason <> ''),
    session_id text references charge_session,
    details jsonb not null,
    opened_at timestamptz not null,
    last_seen_at timestamptz not null,
    closed_at timestamptz,
    closed_by text,
    check ((closed_at is null) = (closed_by is null))
  )`,
  `create unique index operator_task_open on operator_task (subject, reason) where closed_at is null`,
  // What the last of its kind said, also when it is closed.
  `create index operator_task_subject on operator_task (subject, reason, sequence)`,
  `create index operator_task_session on operator_task (session_id, sequence) where session_id is not null`,
];
