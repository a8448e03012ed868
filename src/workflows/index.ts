export { ChargeSession } from './charge-session.ts';
export { KeywordReply } from './keyword-reply.ts';
