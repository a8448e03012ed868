export { ChargeSession } from './charge-session.ts';
export { KeywordReply } from './keyword-reply.ts';
export { SessionAction } from './session-action.ts';
