import pino from 'pino';
import type { Logger } from '../ports/logger.ts';

/** JSON lines on standard error, so that standard output stays for people. */
export function createLog(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}
