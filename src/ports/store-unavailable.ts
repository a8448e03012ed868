/**
 * The database did not answer, or not in time: nothing is known of what was asked except that repeating it is harmless.
 * The message is the driver's; `cause` its error.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
