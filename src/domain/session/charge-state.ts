/** The states of a session and what each of them means, in one table. */

interface StateTraits {
  /** the workflow still has the use or its price to deal with; afterwards it may go on for the payments alone */
  readonly isOpen: boolean;
  /** the use has ended or will never begin: an end changes nothing any more, and the slot may be freed */
  readonly isUseOver: boolean;
  /** a use whose price was not captured */
  readonly isUnpaid: boolean;
}

const STATES = {
  awaitingApproval: { isOpen: true, isUseOver: false, isUnpaid: false },
  active: { isOpen: true, isUseOver: false, isUnpaid: true },
  capturing: { isOpen: true, isUseOver: true, isUnpaid: true },
  captured: { isOpen: false, isUseOver: true, isUnpaid: false },
  /** nothing was charged, and the reservation went back */
  released: { isOpen: false, isUseOver: true, isUnpaid: false },
  /** the reservation ended before it was captured */
  lapsed: { isOpen: false, isUseOver: true, isUnpaid: true },
  /** the capture was refused, or its deadline has passed */
  lost: { isOpen: false, isUseOver: true, isUnpaid: true },
  /** an operator gave the price up */
  writtenOff: { isOpen: false, isUseOver: true, isUnpaid: true },
  /** the last three: before any use */
  declined: { isOpen: false, isUseOver: true, isUnpaid: false },
  expired: { isOpen: false, isUseOver: true, isUnpaid: false },
  cancelled: { isOpen: false, isUseOver: true, isUnpaid: false },
} as const satisfies Record<string, StateTraits>;

export type ChargeState = keyof typeof STATES;

const CHARGE_STATES = Object.keys(STATES) as ChargeState[];

/** In these a session is not over, although nothing may be due. */
export const OPEN_STATES = CHARGE_STATES.filter(isOpenState);
/** In these a session keeps its subscriber's slot. */
export const SLOT_STATES = CHARGE_STATES.filter((state) => !isUseOver(state));

/** Type of the failure of a workflow that was reset after its session's end; its detail is the `ChargeState`. */
export const SESSION_IS_OVER = 'sessionIsOver';

export function isOpenState(state: ChargeState): boolean {
  return STATES[state].isOpen;
}

export function isUseOver(state: ChargeState): boolean {
  return STATES[state].isUseOver;
}

/** There is a use that nobody has paid for, whether it will still be captured or not. */
export function isUnpaid(state: ChargeState): boolean {
  return STATES[state].isUnpaid;
}

/** The use ended without its price: for an operator to decide, or decided. */
export function isLeftUnpaid(state: ChargeState): boolean {
  return isUnpaid(state) && !isOpenState(state);
}
