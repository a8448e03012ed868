import { expect, expectTypeOf, test } from 'vitest';
import type {
  ActionId,
  InboxId,
  PartnerId,
  ServiceId,
  SessionId,
  SubscriberId,
} from '../../src/domain/ids.ts';
import type { ActionStore } from '../../src/ports/action-store.ts';

const sessionId: SessionId = 'a1b2c3d4';
const actionId: ActionId = 'end-1';

test('a plain string is any id, and no id fits where another one is meant', () => {
  expectTypeOf<string>().toExtend<SessionId>();
  expectTypeOf<SessionId>().toExtend<string>();
  expectTypeOf<PartnerId>().not.toExtend<ServiceId>();
  expectTypeOf<InboxId>().not.toExtend<SessionId>();
  expectTypeOf<SubscriberId>().not.toExtend<PartnerId>();
});

test('two ids in a row cannot be swapped', () => {
  const find = (...[session, action]: Parameters<ActionStore['find']>): string => `${session} ${action}`;
  expect(find(sessionId, actionId)).toBe('a1b2c3d4 end-1');
  // @ts-expect-error The session comes first.
  expect(find(actionId, sessionId)).toBe('end-1 a1b2c3d4');
});
