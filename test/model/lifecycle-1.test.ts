import { describe } from 'vitest';
import { playShard } from './model-shard.ts';

describe('the lifecycle of a session, against a provider’s own ledger', () => {
  playShard(1);
});
