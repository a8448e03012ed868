/**
 * Who we are beside other installations on the same vendor account, whether our money is real (null: before the first start),
 * the personal data keys that the database is written with, and the index that finds what has ended lately.
 * Applied once per database and never changed afterwards.
 */
export const INSTALLATION_SCHEMA: readonly string[] = [
  `create table installation (
    only_one boolean primary key default true check (only_one),
    installation_id text not null check (installation_id ~ '^[0-9a-f]{8}$'),
    mode text check (mode in ('live', 'demo'))
  )`,
  // The first eight digits of a random UUID are random in all their bits.
  `insert into installation (installation_id) values (left(gen_random_uuid()::text, 8))`,
  `create table personal_data_key (
    key_id text primary key,
    check_value bytea not null
  )`,
  `create index charge_session_updated on charge_session (updated_at)`,
];
