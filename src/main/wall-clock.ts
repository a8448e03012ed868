import type { Clock } from '../ports/clock.ts';

export const wallClock: Clock = { now: () => new Date().toISOString() };
