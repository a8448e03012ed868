/** A money call may be answered with a no that its key keeps. Applied once per database and never changed afterwards. */
export const REFUSED_FOR_NOW_SCHEMA: readonly string[] = [
  `alter table money_operation
    drop constraint money_operation_state_check,
    add constraint money_operation_state_check
      check (state in ('started', 'succeeded', 'refused', 'refusedForNow', 'refusedUnclear', 'unknown'))`,
];
