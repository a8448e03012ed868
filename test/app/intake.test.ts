// Deliveries that come together share a transaction; what cannot be stored in time is refused and not stored.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Intake } from '../../src/app/inbox/intake.ts';
import type { InboundText } from '../../src/ports/inbox-store.ts';
import { StoreUnavailable } from '../../src/ports/stores.ts';
import { MemoryInbox } from '../support/memory-inbox.ts';
import { MemoryLog, NOW } from '../api/api-fixture.ts';

function fixture() {
  const inbox = new MemoryInbox({ '27222': [{ keyword: 'CHARGE', serviceId: 'bike', action: 'start' }] });
  const transactions: (readonly InboundText[])[] = [];
  const gate: { until: Promise<void>; open: () => void } = {
    until: Promise.resolve(),
    open: () => undefined,
  };
  const close = () => {
    gate.until = new Promise((resolve) => {
      gate.open = resolve;
    });
  };
  const accept = async (texts: readonly InboundText[]) => {
    transactions.push(texts);
    await gate.until;
    return await inbox.accept(texts);
  };
  const stores = { inbox: { accept }, outbox: { recordDelivery: async () => true } };
  const intake = new Intake({ stores, clock: { now: () => NOW }, log: new MemoryLog() });
  const deliver = (n: number, text = 'CHARGE') => {
    const msisdn = `479${String(n).padStart(7, '0')}`;
    return intake.accept('link', [{ messageId: `m${n}`, msisdn, shortNumber: '27222', text, sentAt: null }]);
  };
  const many = (count: number) => Array.from({ length: count }, (_, n) => deliver(n + 1));
  return { inbox, stores, transactions, gate, close, intake, deliver, many };
}

describe('deliveries at the same time', () => {
  test('share a transaction, and each gets the answer to its own text', async () => {
    const { inbox, transactions, many } = fixture();
    const answers = await Promise.all(many(30));
    expect(transactions.map(({ length }) => length)).toEqual([1, 1, 28]);
    for (const [index, answer] of answers.entries())
      expect(answer).toMatchObject([
        { inboxId: inbox.rows.find((row) => row.messageId === `m${index + 1}`)?.inboxId },
      ]);
  });

  test('are not held back by one that cannot be stored', async () => {
    const { inbox, stores, many } = fixture();
    const accept = stores.inbox.accept;
    stores.inbox.accept = async (texts) => {
      if (texts.some(({ message }) => message.messageId === 'm5')) throw new Error('cannot be stored');
      return await accept(texts);
    };
    const answers = await Promise.allSettled(many(20));
    expect(answers.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1);
    expect(answers[4]?.status).toBe('rejected');
    expect(inbox.rows).toHaveLength(19);
  });

  test('fail together and once when the database does not answer', async () => {
    const { stores, many } = fixture();
    let calls = 0;
    stores.inbox.accept = async () => {
      calls += 1;
      throw new StoreUnavailable('gone');
    };
    const answers = await Promise.allSettled(many(20));
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
    expect(calls).toBe(3);
  });
});

describe('under overload', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('more than 200 are refused at once, and the next are taken when there is room again', async () => {
    const { inbox, gate, close, intake, deliver, many } = fixture();
    close();
    const taken = many(200);
    expect(intake.isFull).toBe(true);
    expect(await deliver(201)).toBe('overloaded');
    gate.open();
    expect((await Promise.all(taken)).every((answer) => answer !== 'overloaded')).toBe(true);
    expect(intake.isFull).toBe(false);
    expect(await deliver(202)).toMatchObject([{ duplicate: false }]);
    expect(inbox.rows).toHaveLength(201);
  });

  test('what has waited for a second is refused and never stored', async () => {
    const { inbox, gate, close, many } = fixture();
    close();
    const answers = many(10);
    await vi.advanceTimersByTimeAsync(1100);
    gate.open();
    const accepted = (await Promise.all(answers)).filter((answer) => answer !== 'overloaded');
    expect(accepted).toHaveLength(2);
    expect(inbox.rows).toHaveLength(2);
  });
});
