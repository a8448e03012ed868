/** Receipt numbers as something other than our database remembers them: it may be older than they are. */
export interface IssuedNumbers {
  /**
   * The highest number issued to the partner by this installation; `above` where no higher one is known. A number is known
   * before any customer can see it. Throws when it cannot be asked.
   */
  highest(asked: { partnerId: string; installationId: string; above: number }): Promise<number>;
}
