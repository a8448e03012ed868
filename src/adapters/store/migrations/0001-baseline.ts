/**
 * Migration 0001: the schema of version 0.1. From 0.1 on it never changes: a later change is a file of its own in this folder.
 * The SQL runs on PostgreSQL 15 and on PGlite.
 *
 * Conventions: `..._minor` is money in minor units, `..._ms` a duration in milliseconds, `..._at` and `..._utc` instants.
 * An encrypted column stands beside the id of the key it was written with. Columns have the names of the code in
 * snake_case; `start_charge_utc` and `end_charge_utc` are the original system's names of `startedAt` and `endedAt`.
 */
export const BASELINE: readonly string[] = [
  // This installation: its id is part of every session id; `mode` says whether its money is real (null before the first start).
  `create table installation (
    only_one boolean primary key default true check (only_one),
    installation_id text not null check (installation_id ~ '^[0-9a-f]{8}$'),
    mode text check (mode in ('live', 'demo'))
  )`,
  // The first eight digits of a random UUID are random in all their bits.
  `insert into installation (installation_id) values (left(gen_random_uuid()::text, 8))`,

  // The keys that personal data in this database is written with, each with a value that proves a configured key is the same.
  `create table personal_data_key (
    key_id text primary key,
    check_value bytea not null
  )`,

  // Webhook registrations at payment providers; the provider shows each secret only once.
  `create table provider_webhook (
    provider text not null,
    webhook_id text not null,
    url text not null,
    secret_encrypted bytea not null,
    secret_key_id text not null,
    created_at timestamptz not null,
    primary key (provider, webhook_id)
  )`,

  // A partner: the merchant whose customers pay. Receipt switch and text are read when a receipt is due.
  `create table partner (
    partner_id text primary key,
    name text not null,
    organisation_number text not null,
    provider text not null,
    time_zone text not null,
    language text not null check (language in ('nb', 'en')),
    receipt_sms_on boolean not null,
    receipt_sms_text text not null,
    terms_url text,
    privacy_url text
  )`,

  // What a partner sells: price, reservation and limits. A session copies them into its terms when it opens.
  `create table service (
    service_id text primary key,
    partner_id text not null references partner,
    name text not null,
    currency text not null check (currency in ('NOK', 'SEK', 'DKK', 'EUR')),
    reservation_minor bigint not null check (reservation_minor > 0),
    tariff jsonb not null,
    vat_basis_points integer not null check (vat_basis_points between 0 and 10000),
    link_life_ms bigint not null check (link_life_ms > 0),
    session_limit_ms bigint not null check (session_limit_ms > 0),
    warning_before_limit_ms bigint not null check (warning_before_limit_ms >= 0),
    when_used_up text not null check (when_used_up in ('end', 'continue'))
  )`,
  `create index service_partner on service (partner_id)`,

  // Which service a word on a number starts or ends; `position` is the order of insertion.
  `create table keyword_route (
    gateway text not null,
    short_number text not null,
    keyword text not null check (keyword <> '' and keyword !~ '[[:space:]]'),
    service_id text not null references service,
    action text not null check (action in ('start', 'end')),
    position bigint generated always as identity,
    primary key (gateway, short_number, keyword)
  )`,
  `create index keyword_route_service on keyword_route (service_id)`,

  // The last receipt number of each partner; numbers have no gaps.
  `create table partner_receipt_counter (
    partner_id text primary key references partner,
    last_number bigint not null check (last_number >= 0)
  )`,

  // A phone number, encrypted and with a keyed HMAC to find it by; all null once erased.
  `create table subscriber (
    subscriber_id text primary key,
    msisdn_encrypted bytea,
    msisdn_key_id text,
    msisdn_lookup bytea unique,
    lookup_key_id text,
    check ((msisdn_encrypted is null) = (msisdn_key_id is null)),
    check ((msisdn_lookup is null) = (lookup_key_id is null))
  )`,

  // The session that a subscriber has open with a service. Its row changes only under the subscriber's lock.
  `create table session_slot (
    subscriber_id text not null references subscriber,
    service_id text not null references service,
    session_id text unique,
    last_end_charge_at timestamptz,
    primary key (subscriber_id, service_id)
  )`,

  // Every text of a customer, and every Stop requested on a page (gateway 'web'). stored -> assigned -> handled.
  `create table inbound_message (
    inbox_id text primary key,
    sequence bigint generated always as identity unique,
    gateway text not null,
    message_id text not null,
    digest bytea not null default '',
    subscriber_id text not null references subscriber,
    short_number text not null,
    text_encrypted bytea,
    text_key_id text,
    sent_at timestamptz not null,
    stamp_offset_seconds integer,
    stamp_fault text check (stamp_fault in ('ahead', 'behind', 'impossible', 'endBeforeStart')),
    received_at timestamptz not null,
    state text not null check (state in ('stored', 'assigned', 'handled')),
    assignment_kind text check (assignment_kind in ('startSession', 'signal', 'reply', 'limited', 'unroutable')),
    signal text check (signal in ('endCharge', 'chargeRepeated', 'statusRequested')),
    reply_kind text check (reply_kind in ('help', 'unknownWord', 'noSession', 'sendAgain', 'openSessions', 'endNoted',
      'tooManyStarts')),
    limit_reason text,
    session_id text,
    service_id text,
    dispatched_at timestamptz,
    dispatch_attempts integer not null default 0 check (dispatch_attempts >= 0),
    next_dispatch_at timestamptz not null,
    handled_at timestamptz,
    unique (gateway, message_id, digest),
    check ((text_encrypted is null) = (text_key_id is null)),
    check ((state = 'stored') = (assignment_kind is null)),
    check ((state = 'handled') = (handled_at is not null)),
    check (dispatched_at is not null or state <> 'handled'),
    check (dispatched_at is null or state <> 'stored'),
    check (case when assignment_kind in ('startSession', 'signal') then session_id is not null
      else session_id is null or coalesce(reply_kind = 'endNoted', false) end),
    check (coalesce(assignment_kind = 'signal', false) = (signal is not null)),
    check (coalesce(assignment_kind = 'reply', false) = (reply_kind is not null)),
    check (coalesce(assignment_kind = 'limited', false) = (limit_reason is not null)),
    check (assignment_kind <> 'limited' or state = 'handled')
  )`,
  `create index inbound_message_undispatched on inbound_message (subscriber_id, sequence)
    where dispatched_at is null`,
  `create index inbound_message_due on inbound_message (next_dispatch_at, sequence) where dispatched_at is null`,
  `create index inbound_message_stored on inbound_message (subscriber_id) where state = 'stored'`,
  `create index inbound_message_subscriber on inbound_message (subscriber_id, sequence)`,
  // Counts towards the limits without the texts that a limit has stopped: a flood makes its own counting no slower.
  `create index inbound_message_recent on inbound_message (subscriber_id, received_at)
    where assignment_kind in ('startSession', 'signal', 'reply')`,
  `create index inbound_message_session on inbound_message (session_id) where session_id is not null`,
  // One message starts a session, and one session is started by one message.
  `create unique index inbound_message_start on inbound_message (session_id) where assignment_kind = 'startSession'`,
  // Read every minute, and nearly always empty: start words whose session has not begun yet.
  `create index inbound_message_beginning on inbound_message (dispatched_at)
    where assignment_kind = 'startSession' and state = 'assigned'`,
  `create index inbound_message_end_noted on inbound_message (session_id) where reply_kind = 'endNoted'`,
  `create index inbound_message_stamps on inbound_message (received_at) where stamp_offset_seconds is not null`,
  `create index inbound_message_unroutable on inbound_message (gateway, short_number)
    where assignment_kind = 'unroutable'`,

  // The projection of one session, written by its workflow with a rising revision; after its end by session actions.
  `create table charge_session (
    session_id text primary key,
    partner_id text not null references partner,
    service_id text not null references service,
    subscriber_id text not null references subscriber,
    inbox_id text not null unique,
    gateway text not null,
    short_number text not null,
    language text not null check (language in ('nb', 'en')),
    terms jsonb not null,
    service_reference text check (length(service_reference) <= 40),
    link_token text not null unique,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    revision bigint not null check (revision >= 0),
    run_id text,
    state text not null,
    transaction_id text,
    start_charge_utc timestamptz,
    end_charge_utc timestamptz check (end_charge_utc >= start_charge_utc),
    reserved_minor bigint not null check (reserved_minor >= 0),
    computed_minor bigint check (computed_minor >= 0),
    captured_minor bigint not null check (captured_minor >= 0),
    released_minor bigint not null check (released_minor >= 0),
    release_source text check (release_source in ('call', 'provider', 'assumed')),
    refunded_minor bigint not null default 0 check (refunded_minor >= 0),
    shortfall_minor bigint not null check (shortfall_minor >= 0),
    next_due_at timestamptz,
    payment_page_url text,
    payment_page_expires_at timestamptz,
    fencing_token bigint not null default 0 check (fencing_token >= 0),
    check (captured_minor <= reserved_minor),
    check ((payment_page_url is null) = (payment_page_expires_at is null))
  )`,
  `create index charge_session_created on charge_session (created_at desc, session_id)`,
  `create index charge_session_updated on charge_session (updated_at)`,
  `create index charge_session_partner on charge_session (partner_id, created_at desc, session_id)`,
  `create index charge_session_subscriber on charge_session (subscriber_id, created_at desc)`,
  `create index charge_session_transaction on charge_session (transaction_id) where transaction_id is not null`,
  `create index charge_session_due on charge_session (next_due_at) where next_due_at is not null`,
  // Open sessions (`isOpenRow`) are few of all.
  `create index charge_session_open on charge_session (created_at)
    where next_due_at is not null or state in ('awaitingApproval', 'active', 'capturing')`,
  `create index charge_session_waiting on charge_session (session_id) where state = 'awaitingApproval'`,

  // One reservation at a provider: written before its create call, updated by each read.
  `create table payment (
    payment_reference text primary key,
    session_id text not null references charge_session,
    payment_number integer not null check (payment_number >= 1),
    provider text not null,
    provider_reference text,
    redirect_url text,
    requested_minor bigint not null check (requested_minor > 0),
    currency text not null,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    phase text not null default 'pending'
      check (phase in ('pending', 'authorized', 'declined', 'expired', 'abandoned')),
    authorized_minor bigint not null default 0 check (authorized_minor >= 0),
    captured_minor bigint not null default 0 check (captured_minor >= 0),
    released_minor bigint not null default 0 check (released_minor >= 0),
    refunded_minor bigint not null default 0 check (refunded_minor >= 0),
    read_at timestamptz,
    unique (session_id, payment_number),
    check (captured_minor <= authorized_minor),
    check (refunded_minor <= captured_minor)
  )`,
  `create index payment_provider_reference on payment (provider_reference)
    where provider_reference is not null`,

  // One money call with its idempotency key and fencing token: written before the call.
  `create table money_operation (
    operation_id text primary key,
    session_id text not null references charge_session,
    payment_number integer not null check (payment_number >= 1),
    operation text not null check (operation in ('reserve', 'capture', 'release', 'abandon', 'refund')),
    amount_minor bigint not null check (amount_minor >= 0),
    fencing_token bigint not null check (fencing_token >= 0),
    state text not null
      check (state in ('started', 'succeeded', 'refused', 'refusedForNow', 'refusedUnclear', 'unknown')),
    tries integer not null check (tries >= 1),
    started_at timestamptz not null,
    last_tried_at timestamptz not null,
    finished_at timestamptz,
    detail text
  )`,
  `create index money_operation_session on money_operation (session_id, started_at)`,

  // What operators requested of a session, why, and the outcome; once per action id. Refund and release name their money call.
  `create table action (
    session_id text not null references charge_session,
    action_id text not null,
    kind text not null
      check (kind in ('endNow', 'retryCapture', 'waive', 'writeOff', 'refund', 'release', 'resendReceipt')),
    actor text not null,
    reason_encrypted bytea,
    reason_key_id text,
    state text not null check (state in ('requested', 'succeeded', 'refused', 'failed')),
    detail text,
    created_at timestamptz not null,
    finished_at timestamptz,
    payment_number integer,
    amount_minor bigint check (amount_minor > 0),
    operation_id text unique,
    refunded_before_minor bigint check (refunded_before_minor >= 0),
    resumes integer not null default 0,
    resume_at timestamptz not null default '-infinity',
    primary key (session_id, action_id),
    foreign key (session_id, payment_number) references payment (session_id, payment_number),
    check ((reason_encrypted is null) = (reason_key_id is null)),
    check ((state = 'requested') = (finished_at is null)),
    check ((kind in ('refund', 'release')) = (operation_id is not null)),
    check ((operation_id is null) = (payment_number is null)),
    check ((operation_id is null) = (amount_minor is null))
  )`,
  // One at a time: with two refunds open a read of the provider would not show which of them had an effect.
  `create unique index action_open_money on action (session_id) where state = 'requested' and operation_id is not null`,
  `create index action_requested on action (resume_at) where state = 'requested'`,
  `create index action_created on action (session_id, created_at)`,

  // The attention list: what needs an operator, raised and cleared by its owner. A session needs attention while it has an open row.
  `create table attention (
    sequence bigint generated always as identity primary key,
    subject text not null check (subject <> ''),
    reason text not null check (reason <> ''),
    session_id text references charge_session,
    details jsonb not null,
    raised_at timestamptz not null,
    last_seen_at timestamptz not null,
    cleared_at timestamptz,
    cleared_by text,
    check ((cleared_at is null) = (cleared_by is null))
  )`,
  `create unique index attention_open on attention (subject, reason) where cleared_at is null`,
  `create index attention_open_session on attention (session_id, sequence) where cleared_at is null`,
  // Finds the last one of its kind, open or cleared.
  `create index attention_subject on attention (subject, reason, sequence)`,
  `create index attention_session on attention (session_id, sequence) where session_id is not null`,

  // Every text to a customer: written before the gateway is called, and with every outcome of a call.
  `create table outbound_message (
    outbound_id text primary key,
    sequence bigint generated always as identity unique,
    session_id text,
    inbox_id text,
    subscriber_id text not null references subscriber,
    gateway text not null,
    short_number text not null,
    kind text not null,
    text_encrypted bytea,
    text_key_id text,
    state text not null
      check (state in ('prepared', 'sending', 'sent', 'rejected', 'unknown', 'suppressed')),
    tries integer not null default 0 check (tries >= 0),
    gateway_message_id text,
    report_requested boolean not null default false,
    detail text,
    fault_kind text
      check (fault_kind in ('unavailable', 'misconfigured', 'rejected', 'outcomeUnknown', 'interrupted')),
    fault_since timestamptz,
    created_at timestamptz not null,
    sending_at timestamptz,
    sent_at timestamptz,
    failed_at timestamptz,
    check ((text_encrypted is null) = (text_key_id is null))
  )`,
  `create index outbound_message_session on outbound_message (session_id, sequence) where session_id is not null`,
  `create index outbound_message_replies on outbound_message (subscriber_id, created_at) where session_id is null`,
  `create index outbound_message_gateway_id on outbound_message (gateway, gateway_message_id)
    where gateway_message_id is not null`,
  `create index outbound_message_sending on outbound_message (sending_at) where state = 'sending'`,
  `create index outbound_message_sent on outbound_message (gateway, short_number, sent_at) where sent_at is not null`,
  `create index outbound_message_fault on outbound_message (gateway, short_number)
    where fault_kind in ('misconfigured', 'unavailable', 'outcomeUnknown')`,

  // The gateway's delivery report of each part of a text.
  `create table outbound_delivery (
    outbound_id text not null references outbound_message on delete cascade,
    part integer not null check (part >= 0),
    state text not null check (state in ('pending', 'delivered', 'failed', 'unknown')),
    result_code text not null,
    reported_at timestamptz,
    primary key (outbound_id, part)
  )`,

  // Receipts and credit notes: the sales record.
  `create table receipt (
    receipt_id text primary key,
    partner_id text not null references partner,
    session_id text not null references charge_session,
    operation_id text not null unique,
    kind text not null check (kind in ('sale', 'creditNote')),
    number bigint not null check (number >= 1),
    token text not null unique,
    issued_at timestamptz not null,
    data jsonb not null,
    unique (partner_id, number)
  )`,
  `create index receipt_session on receipt (session_id, number)`,
  // The sales record is kept as issued: a credit note corrects a mistake, never an update, not even of the database directly.
  `create function refuse_receipt_change() returns trigger language plpgsql as $$
    begin
      raise exception 'a receipt is never changed or deleted' using errcode = 'restrict_violation';
    end
  $$`,
  `create trigger receipt_unchangeable before update or delete on receipt
    for each row execute function refuse_receipt_change()`,
];
