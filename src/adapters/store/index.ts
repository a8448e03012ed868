export { createPersonalDataCipher, type PersonalDataCipher, type PersonalDataKey } from './cipher.ts';
export { openPostgresPool, type Database } from './database.ts';
export { migrate } from './migrations.ts';
export { referencePartner } from './seed.ts';
export { createStores } from './stores.ts';
