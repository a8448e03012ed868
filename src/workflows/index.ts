export { ChargeSession } from './charge-session.ts';
export { KeywordReply } from './keyword-reply.ts';
export { Reconciliation } from './reconciliation.ts';
export { SessionAction } from './session-action.ts';
