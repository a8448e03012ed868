import type { Instant } from '../domain/instant.ts';

/** Business time. The wall clock in production; the simulator's movable clock in the demo. */
export interface Clock {
  now(): Instant;
}
