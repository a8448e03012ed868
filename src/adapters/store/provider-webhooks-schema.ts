/** Registrations at providers whose secret is shown once. Applied once per database and never changed afterwards. */
export const PROVIDER_WEBHOOKS_SCHEMA: readonly string[] = [
  `create table provider_webhook (
    provider text not null,
    webhook_id text not null,
    url text not null,
    secret_encrypted bytea not null,
    secret_key_id text not null,
    created_at timestamptz not null,
    primary key (provider, webhook_id)
  )`,
];
