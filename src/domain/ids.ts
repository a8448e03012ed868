/**
 * Ids that do not fit where another one is meant. A plain string fits everywhere, since ids come from the database and from
 * addresses; two ids in a row cannot be swapped.
 */
type Id<Kind extends string> = string & { readonly kind?: Kind };

export type SessionId = Id<'session'>;
export type PartnerId = Id<'partner'>;
export type ServiceId = Id<'service'>;
export type SubscriberId = Id<'subscriber'>;
/** of an operator's action */
export type ActionId = Id<'action'>;
/** of a message from a customer */
export type InboxId = Id<'inbox'>;
