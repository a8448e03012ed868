export { createPersonalDataCipher, type PersonalDataCipher, type PersonalDataKey } from './cipher.ts';
export { openPostgresPool, type Database } from './database.ts';
export { claimMode, readMode, type InstallationMode } from './installation.ts';
export { migrate, pendingMigrations } from './migrate.ts';
export { admitKeys, compareKeys, unfitKeys, type KeyMismatch, type UnfitKeys } from './personal-data-keys.ts';
export { referencePartner } from './seed.ts';
export { createStores } from './stores.ts';
