/** How often one address may do something, per minute. */
export interface HttpLimits {
  /** views of payment and receipt pages; many customers of one mobile network share an address */
  pageViewsPerMinute: number;
  /** links that lead to nothing: guesses */
  wrongLinksPerMinute: number;
  /** taps on one payment link, whatever the address */
  opensPerMinute: number;
  /** webhook and REST calls with wrong credentials */
  failedLoginsPerMinute: number;
  /** payment callbacks, per provider */
  callbacksPerMinute: number;
}
