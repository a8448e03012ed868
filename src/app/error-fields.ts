import type { LogFields } from '../ports/logger.ts';

const LONGEST_MESSAGE = 300;
const DEEPEST_CAUSE = 3;

/**
 * What may be logged about an error. Runs of digits are masked, because a database or a parser quotes the value it
 * did not like and that can be a phone number; fields other than name, code, message and stack frames are left out
 * for the same reason.
 */
export function errorFields(error: unknown): LogFields {
  return { error: describe(error, DEEPEST_CAUSE) };
}

function describe(error: unknown, depth: number): LogFields {
  if (!(error instanceof Error)) return { name: typeof error };
  return {
    name: error.name,
    ...('code' in error ? { code: masked(String(error.code)) } : {}),
    message: masked(error.message),
    frames: framesOf(error),
    ...(error.cause !== undefined && depth > 0 ? { cause: describe(error.cause, depth - 1) } : {}),
  };
}

function masked(text: string): string {
  return text.replaceAll(/\d{5,}/g, '#').slice(0, LONGEST_MESSAGE);
}

/** The stack without its first lines: those repeat the message. */
function framesOf(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 10)
    .map((line) => line.trim());
}
