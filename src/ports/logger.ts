/** What is logged about an event: ids, codes, durations. Never a phone number, a text, a token or a secret. */
export type LogFields = Record<string, unknown>;

/** Structured log, one event per call. A pino logger is one. */
export interface Logger {
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
