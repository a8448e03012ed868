import type { Config } from '../config/config.ts';

/** `api` and `worker` share nothing but PostgreSQL and Temporal: the embedded parts belong to one process. */
export function assertSeparable(command: 'api' | 'worker', config: Config): void {
  const missing = [
    config.databaseUrl === null ? 'DATABASE_URL (PGlite serves one process only)' : null,
    config.temporal.address === null ? 'TEMPORAL_ADDRESS' : null,
  ].filter((name) => name !== null);
  if (missing.length > 0) {
    throw new Error(
      `sms2pay ${command} needs ${missing.join(' and ')}; to try it in one process: sms2pay start.`,
    );
  }
  if (config.simulator.on) {
    throw new Error(
      `sms2pay ${command} does not run the simulator: set SIMULATOR=off, or use sms2pay start.`,
    );
  }
}
