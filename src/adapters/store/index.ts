export { createPersonalDataCipher, type PersonalDataCipher, type PersonalDataKey } from './cipher.ts';
export { openPostgresPool, type Database } from './database.ts';
export { migrate, pendingMigrations } from './migrations.ts';
export { admitKeys, compareKeys, type KeyMismatch } from './personal-data-keys.ts';
export { referencePartner } from './seed.ts';
export { createStores } from './stores.ts';
