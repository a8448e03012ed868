/**
 * Everything of the first release. Applied once per database and never changed afterwards: a later change is a
 * migration of its own. SQL that PostgreSQL 15 and PGlite both have.
 */
export const INITIAL_SCHEMA: readonly string[] = [
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

  `create table partner_receipt_counter (
    partner_id text primary key references partner,
    last_number bigint not null check (last_number >= 0)
  )`,

  `create table subscriber (
    subscriber_id text primary key,
    msisdn_encrypted bytea,
    msisdn_key_id text,
    msisdn_lookup bytea unique,
    lookup_key_id text,
    check ((msisdn_encrypted is null) = (msisdn_key_id is null)),
    check ((msisdn_lookup is null) = (lookup_key_id is null))
  )`,

  `create table session_slot (
    subscriber_id text not null references subscriber,
    service_id text not null references service,
    session_id text unique,
    last_end_charge_at timestamptz,
    primary key (subscriber_id, service_id)
  )`,

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
    assignment_kind text check (assignment_kind in ('startSession', 'signal', 'reply', 'unroutable')),
    signal text check (signal in ('endCharge', 'chargeRepeated', 'statusRequested')),
    reply_kind text check (reply_kind in ('help', 'unknownWord', 'noSession', 'sendAgain', 'openSessions', 'endNoted')),
    session_id text,
    service_id text,
    dispatched_at timestamptz,
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
    check (coalesce(assignment_kind = 'reply', false) = (reply_kind is not null))
  )`,
  `create index inbound_message_undispatched on inbound_message (sequence)
    where dispatched_at is null`,
  `create index inbound_message_stamps on inbound_message (received_at) where stamp_offset_seconds is not null`,
  `create index inbound_message_unroutable on inbound_message (gateway, short_number)
    where assignment_kind = 'unroutable'`,
  `create index inbound_message_stored on inbound_message (subscriber_id) where state = 'stored'`,
  `create index inbound_message_session on inbound_message (session_id) where session_id is not null`,
  // A message starts one session and a session is started by one message.
  `create unique index inbound_message_start on inbound_message (session_id)
    where assignment_kind = 'startSession'`,
  `create index inbound_message_end_noted on inbound_message (session_id) where reply_kind = 'endNoted'`,
  `create index inbound_message_subscriber on inbound_message (subscriber_id, sequence)`,

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
    state text not null,
    transaction_id text,
    start_charge_utc timestamptz,
    end_charge_utc timestamptz check (end_charge_utc >= start_charge_utc),
    reserved_minor bigint not null check (reserved_minor >= 0),
    computed_minor bigint check (computed_minor >= 0),
    captured_minor bigint not null check (captured_minor >= 0),
    released_minor bigint not null check (released_minor >= 0),
    release_source text check (release_source in ('call', 'provider', 'assumed')),
    shortfall_minor bigint not null check (shortfall_minor >= 0),
    needs_attention boolean not null,
    attention_reason text,
    next_due_at timestamptz,
    money_fencing bigint not null default 0 check (money_fencing >= 0),
    check (captured_minor <= reserved_minor)
  )`,
  `create index charge_session_created on charge_session (created_at desc, session_id)`,
  `create index charge_session_partner on charge_session (partner_id, created_at desc, session_id)`,
  `create index charge_session_subscriber on charge_session (subscriber_id, created_at desc)`,
  `create index charge_session_transaction on charge_session (transaction_id) where transaction_id is not null`,
  `create index charge_session_due on charge_session (next_due_at) where next_due_at is not null`,
  // What \`isOpenRow\` asks for: few of all sessions.
  `create index charge_session_open on charge_session (created_at)
    where next_due_at is not null or state in ('awaitingApproval', 'active', 'capturing')`,
  `create index charge_session_waiting on charge_session (session_id) where state = 'awaitingApproval'`,
  `create index charge_session_attention on charge_session (created_at) where needs_attention`,

  `create table payment_attempt (
    payment_reference text primary key,
    session_id text not null references charge_session,
    attempt integer not null check (attempt >= 1),
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
    authorized_at timestamptz,
    capture_deadline_at timestamptz,
    read_at timestamptz,
    unique (session_id, attempt),
    check (captured_minor <= authorized_minor),
    check (refunded_minor <= captured_minor)
  )`,
  `create index payment_attempt_provider_reference on payment_attempt (provider_reference)
    where provider_reference is not null`,

  `create table money_operation (
    operation_id text primary key,
    session_id text not null references charge_session,
    attempt integer not null check (attempt >= 1),
    operation text not null check (operation in ('reserve', 'capture', 'release', 'abandon', 'refund')),
    amount_minor bigint not null check (amount_minor >= 0),
    fencing bigint not null check (fencing >= 0),
    state text not null check (state in ('started', 'succeeded', 'refused', 'unknown')),
    tries integer not null check (tries >= 1),
    started_at timestamptz not null,
    last_tried_at timestamptz not null,
    finished_at timestamptz,
    detail text
  )`,
  `create index money_operation_session on money_operation (session_id, started_at)`,

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
    report_asked boolean not null default false,
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
  `create index outbound_message_session on outbound_message (session_id, sequence)
    where session_id is not null`,
  `create index outbound_message_replies on outbound_message (subscriber_id, created_at)
    where session_id is null`,
  `create index outbound_message_gateway_id on outbound_message (gateway, gateway_message_id)
    where gateway_message_id is not null`,

  `create index outbound_message_sent on outbound_message (gateway, short_number, sent_at)
    where sent_at is not null`,
  `create index outbound_message_fault on outbound_message (gateway, short_number)
    where fault_kind in ('misconfigured', 'unavailable', 'outcomeUnknown')`,

  `create table outbound_delivery (
    outbound_id text not null references outbound_message on delete cascade,
    part integer not null check (part >= 0),
    state text not null check (state in ('pending', 'delivered', 'failed', 'unknown')),
    result_code text not null,
    reported_at timestamptz,
    primary key (outbound_id, part)
  )`,

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

  // The sales record is kept as issued: a mistake is corrected by a credit note, also by hand in the database.
  `create function refuse_receipt_change() returns trigger language plpgsql as $$
    begin
      raise exception 'a receipt is never changed or deleted' using errcode = 'restrict_violation';
    end
  $$`,
  `create trigger receipt_unchangeable before update or delete on receipt
    for each row execute function refuse_receipt_change()`,
];
