/** The person at the command line asked for something that is not there; the message says what is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
