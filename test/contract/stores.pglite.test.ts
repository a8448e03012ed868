import { openPglite } from '../../src/embedded/pglite.ts';
import { storesContract } from './stores.contract.ts';

// One connection: a store that used the pool inside its own transaction would fail here by time-out.
storesContract('PGlite', async () => {
  const embedded = await openPglite({ memory: true });
  return { pool: embedded.createPool(), close: () => embedded.close() };
});
