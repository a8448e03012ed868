import type { SimulatorClock } from './clock.ts';
import type { Deliveries } from './deliveries.ts';
import type { Exchanges } from './exchanges.ts';
import type { Faults } from './faults.ts';
import type { Store } from './store.ts';
import type { Timers } from './timers.ts';

/** What every stand-in works with. */
export interface SimulatorParts {
  store: Store;
  clock: SimulatorClock;
  timers: Timers;
  exchanges: Exchanges;
  faults: Faults;
  deliveries: Deliveries;
  baseUrl: () => string;
}
