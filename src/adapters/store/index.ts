export { createPersonalDataCipher, type PersonalDataCipher, type PersonalDataKey } from './cipher.ts';
export { openPostgresPool, type Database } from './database.ts';
export { migrate, pendingMigrations } from './migrations.ts';
export { referencePartner } from './seed.ts';
export { createStores } from './stores.ts';
