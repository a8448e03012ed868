import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConnectionQueue } from '../../src/adapters/store/connection-queue.ts';

/** Enters in the order of the names (`u...` is urgent) and returns the order in which they get the one connection. */
async function served(names: readonly string[]): Promise<string[]> {
  const queue = new ConnectionQueue({ connections: 1, waitMs: 0 });
  const order: string[] = [];
  await queue.enter(false);
  const all = names.map(async (name) => {
    await queue.enter(name.startsWith('u'));
    order.push(name);
    queue.leave();
  });
  queue.leave();
  await Promise.all(all);
  return order;
}

describe('who gets the next connection', () => {
  test('what is urgent, then every second one of the rest, each in its order', async () => {
    expect(await served(['a', 'b', 'c', 'u1', 'u2'])).toEqual(['u1', 'a', 'u2', 'b', 'c']);
    expect(await served(['u1', 'u2', 'u3', 'a'])).toEqual(['u1', 'a', 'u2', 'u3']);
    expect(await served(['a', 'b'])).toEqual(['a', 'b']);
    expect(await served(['u1', 'u2'])).toEqual(['u1', 'u2']);
  });

  test('at most as many at once as there are connections, and one that is free is taken at once', async () => {
    const queue = new ConnectionQueue({ connections: 2, waitMs: 0 });
    let entered = 0;
    const enter = () => queue.enter(true).then(() => (entered += 1));
    await Promise.all([enter(), enter()]);
    const third = enter();
    await Promise.resolve();
    expect(entered).toBe(2);
    queue.leave();
    await third;
    queue.leave();
    queue.leave();
    await enter();
    expect(entered).toBe(4);
  });
});

describe('who waits too long', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is refused and gives its place up', async () => {
    const queue = new ConnectionQueue({ connections: 1, waitMs: 2000 });
    await queue.enter(false);
    const refused = queue.enter(true).catch((error: unknown) => String(error));
    await vi.advanceTimersByTimeAsync(1000);
    const later = queue.enter(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await refused).toContain('timeout exceeded when trying to connect');
    queue.leave();
    await later;
    expect(vi.getTimerCount()).toBe(0);
  });
});
