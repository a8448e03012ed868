export { ChargeSession } from './charge-session.ts';
export { KeywordReply } from './outgoing-lane.ts';
export { Reconciliation } from './reconciliation.ts';
export { SessionAction } from './session-action.ts';
