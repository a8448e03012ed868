import pino from 'pino';
import type { Logger } from '../ports/logger.ts';

/** JSON lines on standard error, so that standard output stays for people. */
export function createLog(level: string): Logger {
  const serializers = {
    error: (error: unknown) => (error instanceof Error ? pino.stdSerializers.err(error) : error),
  };
  return pino(
    { level, base: null, serializers, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination(2),
  );
}
