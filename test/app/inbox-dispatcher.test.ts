// From the stored message to Temporal: in order within a slot, nothing lost, nothing started twice, whatever fails.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Dispatcher, type DispatcherDeps } from '../../src/app/inbox/dispatcher.ts';
import { dispatchSlotOf } from '../../src/app/inbox/slot-dispatch.ts';
import { addMs } from '../../src/domain/instant.ts';
import type { MoMessage } from '../../src/ports/sms-gateway.ts';
import { MemoryInbox } from '../support/memory-inbox.ts';
import { MemoryAttention } from '../support/memory-attention.ts';
import { MemoryLog, MSISDN, NOW } from '../api/api-fixture.ts';
import { FakeWorkflows } from '../api/fake-workflows.ts';
import { acceptOne } from '../support/accept-one.ts';

function fixture() {
  const inbox = new MemoryInbox({
    '27222': [
      { keyword: 'CHARGE', serviceId: 'bike', action: 'start' },
      { keyword: 'ENDCHARGE', serviceId: 'bike', action: 'end' },
    ],
  });
  const workflows = new FakeWorkflows();
  const log = new MemoryLog();
  const attention = new MemoryAttention();
  const clock = { passedMs: 0, now: () => addMs(NOW, clock.passedMs) };
  const deps = { inbox, workflows, log, attention, clock };
  let messages = 0;
  const acceptText = async (text: string, overrides: Partial<MoMessage> = {}) => {
    messages += 1;
    const message = { messageId: `m${messages}`, msisdn: MSISDN, shortNumber: '27222', text, sentAt: NOW };
    return await acceptOne(inbox, 'link', { ...message, ...overrides }, NOW);
  };
  const accept = async (text: string, overrides: Partial<MoMessage> = {}) =>
    (await acceptText(text, overrides)).inboxId;
  const undispatched = () => inbox.rows.filter((row) => row.dispatchedAt === null).map((row) => row.inboxId);
  return { inbox, workflows, log, attention, clock, deps, accept, acceptText, undispatched };
}

function startPolling(deps: DispatcherDeps): Dispatcher {
  const dispatcher = new Dispatcher(deps);
  dispatcher.startPolling({ intervalMs: 3000 });
  return dispatcher;
}

describe('dispatching one message', () => {
  test('takes the older ones of its slot first: an ENDCHARGE never overtakes its CHARGE', async () => {
    const { deps, workflows, accept, undispatched } = fixture();
    await accept('CHARGE');
    const end = await accept('ENDCHARGE');
    expect(await dispatchSlotOf(deps, end)).toEqual({ kind: 'done' });
    expect(workflows.session('session-1')).toMatchObject({
      startedBy: 'in-1',
      received: [{ signal: 'endCharge', inboxId: 'in-2' }],
    });
    expect(undispatched()).toEqual([]);
  });

  test('stops at the one that fails: what follows it in the slot waits', async () => {
    const { deps, workflows, accept, undispatched } = fixture();
    await accept('CHARGE');
    const end = await accept('ENDCHARGE');
    workflows.broken.add('session-1');
    expect(await dispatchSlotOf(deps, end)).toMatchObject({ kind: 'stopped', inboxId: 'in-1' });
    expect(undispatched()).toEqual(['in-1', 'in-2']);
  });

  test('twice at once starts one session and delivers each message once', async () => {
    const { deps, workflows, accept, undispatched } = fixture();
    await accept('CHARGE');
    await accept('STATUS');
    const end = await accept('ENDCHARGE');
    await Promise.all([dispatchSlotOf(deps, end), dispatchSlotOf(deps, 'in-1'), dispatchSlotOf(deps, end)]);
    expect(workflows.sessions.size).toBe(1);
    expect(workflows.session('session-1').received.map(({ inboxId }) => inboxId)).toEqual(['in-2', 'in-3']);
    expect(undispatched()).toEqual([]);
  });

  test('that a crash left unmarked is delivered again and starts nothing twice', async () => {
    const { deps, inbox, workflows, accept } = fixture();
    const charge = await accept('CHARGE');
    await dispatchSlotOf(deps, charge);
    inbox.row(charge).dispatchedAt = null;
    expect(await dispatchSlotOf(deps, charge)).toEqual({ kind: 'done' });
    expect([...workflows.sessions.keys()]).toEqual(['session-1']);
    expect(inbox.row(charge).dispatchedAt).toBe(NOW);
  });
});

describe('a message for a workflow that is gone', () => {
  test('is put back and routed anew: an ENDCHARGE becomes a reply', async () => {
    const { deps, inbox, workflows, log, accept } = fixture();
    await dispatchSlotOf(deps, await accept('CHARGE'));
    workflows.session('session-1').running = false;
    const end = await accept('ENDCHARGE');
    expect(inbox.row(end).assignment).toMatchObject({ kind: 'signal', sessionId: 'session-1' });
    expect(await dispatchSlotOf(deps, end)).toEqual({ kind: 'done' });
    expect(workflows.replies).toEqual([end]);
    expect(inbox.row(end)).toMatchObject({
      assignment: { kind: 'reply', replyKind: 'noSession' },
      dispatchedAt: NOW,
    });
    expect(log.named('slotFreedForGoneWorkflow')).toMatchObject([{ sessionId: 'session-1', unassigned: 1 }]);
  });

  test('is put back and routed anew: a CHARGE starts a new session, and the ENDCHARGE behind it ends that one', async () => {
    const { deps, workflows, accept, undispatched } = fixture();
    await dispatchSlotOf(deps, await accept('CHARGE'));
    workflows.session('session-1').running = false;
    await accept('CHARGE');
    await dispatchSlotOf(deps, await accept('ENDCHARGE'));
    expect(workflows.session('session-2')).toMatchObject({
      startedBy: 'in-2',
      received: [{ signal: 'endCharge', inboxId: 'in-3' }],
    });
    expect(undispatched()).toEqual([]);
  });

  test.each([
    ['put back', false],
    ['put back and assigned anew by another dispatcher', true],
  ])('%s while the signal is on its way is dispatched to where it belongs now', async (_what, reassigned) => {
    const { deps, inbox, workflows, accept, undispatched } = fixture();
    await dispatchSlotOf(deps, await accept('CHARGE'));
    const again = await accept('CHARGE');
    workflows.onSignal = async (sessionId) => {
      // The workflow told its outcome just then: it frees the slot and lives on for the money.
      await inbox.freeSlot({ sessionId, handledInboxIds: [], lastEndChargeAt: null, at: NOW });
      if (reassigned) await inbox.undispatched({ limit: 10 });
    };
    await dispatchSlotOf(deps, again);
    expect(undispatched()).toEqual([again]);
    await dispatchSlotOf(deps, again);
    expect(workflows.session('session-2').startedBy).toBe(again);
    expect(undispatched()).toEqual([]);
  });

  test('is not chased for ever when every new session is gone at once', async () => {
    const { deps, workflows, log, accept } = fixture();
    await dispatchSlotOf(deps, await accept('CHARGE'));
    let signals = 0;
    workflows.customerMessage = async () => {
      signals += 1;
      return 'notRunning';
    };
    deps.inbox.freeSlot = async () => ({ isFreed: true, unassigned: 0, stopRequestedAt: null });
    expect(await dispatchSlotOf(deps, await accept('ENDCHARGE'))).toEqual({ kind: 'done' });
    expect(signals).toBe(5);
    expect(log.named('slotNotDrained')).toHaveLength(1);
  });
});

describe('the polling loop', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('dispatches in order what came while Temporal was down', async () => {
    const { deps, workflows, clock, accept, undispatched, log } = fixture();
    await accept('CHARGE');
    await accept('STATUS');
    await accept('ENDCHARGE');
    workflows.down = true;
    const dispatcher = startPolling(deps);
    await vi.advanceTimersByTimeAsync(0);
    clock.passedMs += 3000;
    await vi.advanceTimersByTimeAsync(3000);
    expect(undispatched()).toHaveLength(3);
    // One slot, one failure a pass: the messages behind it are not tried.
    expect(workflows.calls).toBe(2);
    expect(log.named('dispatchFailed')).toHaveLength(2);

    workflows.down = false;
    clock.passedMs += 3000;
    await vi.advanceTimersByTimeAsync(3000);
    expect(undispatched()).toEqual([]);
    expect(workflows.session('session-1').received).toEqual([
      { signal: 'statusRequested', inboxId: 'in-2' },
      { signal: 'endCharge', inboxId: 'in-3' },
    ]);
    await dispatcher.stop();
  });

  test('goes on with other slots when one fails', async () => {
    const { deps, workflows, accept, undispatched } = fixture();
    await accept('CHARGE');
    await accept('ENDCHARGE');
    await accept('CHARGE', { msisdn: '4790000002' });
    workflows.broken.add('session-1');
    const dispatcher = startPolling(deps);
    await vi.advanceTimersByTimeAsync(0);
    await dispatcher.stop();
    expect(undispatched()).toEqual(['in-1', 'in-2']);
    expect([...workflows.sessions.keys()]).toEqual(['session-2']);
  });

  test('survives a database that is down, and logs no number', async () => {
    const { deps, inbox, accept, undispatched, log } = fixture();
    await accept('CHARGE');
    inbox.down = true;
    const dispatcher = startPolling(deps);
    await vi.advanceTimersByTimeAsync(0);
    expect(log.named('sweepFailed')).toHaveLength(1);
    expect(log.text()).not.toContain(MSISDN);
    inbox.down = false;
    await vi.advanceTimersByTimeAsync(3000);
    expect(undispatched()).toEqual([]);
    await dispatcher.stop();
  });

  test('never runs two passes at once, and stop waits for the running one', async () => {
    const { deps, workflows, accept, undispatched } = fixture();
    for (let n = 0; n < 10; n += 1) await accept('CHARGE', { msisdn: `47900000${10 + n}` });
    let open = (): void => undefined;
    workflows.gate = new Promise((resolve) => {
      open = resolve;
    });
    const dispatcher = startPolling(deps);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(workflows.calls).toBe(8);

    let stopped = false;
    const stop = dispatcher.stop().then(() => {
      stopped = true;
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stopped).toBe(false);
    open();
    await stop;
    // The messages in flight were finished, the others are left for the next start.
    expect(undispatched()).toEqual(['in-9', 'in-10']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(workflows.calls).toBe(8);
  });

  test('stops at once while it waits', async () => {
    const { deps } = fixture();
    const dispatcher = startPolling(deps);
    await vi.advanceTimersByTimeAsync(1000);
    await dispatcher.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a polling loop with rows that fail for ever', () => {
  const POISONED = 300;

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** More of them than a page holds, all older than the one that is in order. */
  async function poisoned(fail: 'refused' | 'unanswered', count = POISONED) {
    const all = fixture();
    const { clock } = all;
    for (let n = 0; n < count; n += 1) await all.accept('CHARGE', { msisdn: `479${10_000_000 + n}` });
    const { workflows } = all;
    const broken = new Set(Array.from({ length: count }, (_, n) => `session-${n + 1}`));
    const startSession = workflows.startSession.bind(workflows);
    let tried = 0;
    workflows.startSession = async (input) => {
      if (!broken.has(input.sessionId)) return startSession(input);
      tried += 1;
      if (fail === 'refused') throw new Error('internal error');
      const code = { code: 4, details: 'Deadline exceeded', metadata: {} };
      throw Object.assign(new Error('4 DEADLINE_EXCEEDED'), code);
    };
    const good = await all.accept('CHARGE', { msisdn: '4799999999' });
    const dispatcher = startPolling(all.deps);
    const later = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 3000) {
        clock.passedMs += 3000;
        await vi.advanceTimersByTimeAsync(3000);
      }
    };
    return { ...all, good, dispatcher, later, broken, tries: () => tried };
  }

  test('dispatches what is newer in the same pass', async () => {
    const { inbox, good, dispatcher } = await poisoned('refused');
    await vi.advanceTimersByTimeAsync(100);
    expect(inbox.row(good).dispatchedAt).toBe(NOW);
    await dispatcher.stop();
  });

  test('tries each of them less and less often, and shows them to people', async () => {
    const { later, dispatcher, tries, attention, broken, undispatched } = await poisoned('refused', 20);
    await later(60_000);
    expect(tries() / 20).toBeLessThan(6);
    await later(60 * 60_000);
    expect(tries() / 20).toBeLessThan(22);
    expect(attention.entries.size).toBe(20);
    expect([...attention.entries.keys()]).toContain('textNotDispatched in-1');

    broken.clear();
    await later(5 * 60_000);
    expect(undispatched()).toEqual([]);
    await dispatcher.stop();
  });

  test('that are never answered: each pass ends after a few, and the next one goes on from there', async () => {
    const { inbox, good, later, dispatcher, tries, attention } = await poisoned('unanswered');
    await vi.advanceTimersByTimeAsync(100);
    expect(tries()).toBeLessThanOrEqual(16);
    await later(3 * 60_000);
    expect(inbox.row(good).dispatchedAt).not.toBeNull();
    // Nobody answered: that is not the messages' fault, and no person can do anything about them.
    expect(attention.entries.size).toBe(0);
    await dispatcher.stop();
  });

  test('keeps to the order within a slot while its oldest row waits to be tried again', async () => {
    const { deps, workflows, clock, accept, undispatched } = fixture();
    await accept('CHARGE');
    await accept('ENDCHARGE');
    workflows.broken.add('session-1');
    const dispatcher = startPolling(deps);
    await vi.advanceTimersByTimeAsync(9000);
    expect(workflows.calls).toBe(1);
    expect(undispatched()).toEqual(['in-1', 'in-2']);
    workflows.broken.clear();
    clock.passedMs += 3000;
    await vi.advanceTimersByTimeAsync(3000);
    expect(workflows.session('session-1').received).toEqual([{ signal: 'endCharge', inboxId: 'in-2' }]);
    await dispatcher.stop();
  });
});

describe.each([
  ['forward by a day', '2026-11-24T10:00:00.000Z'],
  ['back by a day', '2026-11-22T10:00:00.000Z'],
])('when the clock is set %s', (_what, later) => {
  test('the polling loop goes on as before', async () => {
    vi.useFakeTimers();
    const { deps, workflows, accept, undispatched } = fixture();
    const clock = { at: NOW, passedMs: 0, now: () => addMs(clock.at, clock.passedMs) };
    await accept('CHARGE');
    workflows.broken.add('session-1');
    const dispatcher = startPolling({ ...deps, clock });
    await vi.advanceTimersByTimeAsync(0);
    clock.at = later;
    vi.setSystemTime(later);
    await accept('CHARGE', { msisdn: '4790000002', sentAt: later });
    await vi.advanceTimersByTimeAsync(3000);
    expect(undispatched()).toEqual(['in-1']);
    workflows.broken.clear();
    // Its second failure has doubled the wait.
    clock.passedMs += 6000;
    await vi.advanceTimersByTimeAsync(3000);
    expect(undispatched()).toEqual([]);
    await dispatcher.stop();
    vi.useRealTimers();
  });
});

describe('in the background', () => {
  const opened = (workflows: FakeWorkflows) => {
    let open = (): void => undefined;
    workflows.gate = new Promise((resolve) => {
      open = resolve;
    });
    return () => {
      workflows.gate = null;
      open();
    };
  };

  test('a text goes at once, without being read again', async () => {
    const { deps, inbox, workflows, acceptText, undispatched } = fixture();
    const dispatcher = new Dispatcher(deps);
    inbox.undispatched = () => Promise.reject(new Error('read again'));
    dispatcher.offer([await acceptText('CHARGE')]);
    await dispatcher.idle();
    expect([...workflows.sessions.keys()]).toEqual(['session-1']);
    expect(undispatched()).toEqual([]);
  });

  test('few are under way at once, and a stop waits for those alone', async () => {
    const { deps, workflows, acceptText, undispatched } = fixture();
    const dispatcher = new Dispatcher(deps);
    const open = opened(workflows);
    for (let n = 0; n < 30; n += 1)
      dispatcher.offer([await acceptText('CHARGE', { msisdn: `47900000${10 + n}` })]);
    await Promise.resolve();
    expect(workflows.calls).toBe(8);
    const stopped = dispatcher.stop();
    open();
    await stopped;
    expect(workflows.calls).toBe(8);
    expect(undispatched()).toHaveLength(22);
  });

  test('the memory is bounded: the rest is left for the polling loop, which forgets nothing', async () => {
    const { deps, workflows, acceptText, undispatched } = fixture();
    const dispatcher = new Dispatcher(deps);
    const open = opened(workflows);
    for (let n = 0; n < 700; n += 1)
      dispatcher.offer([await acceptText('CHARGE', { msisdn: `479${10_000_000 + n}` })]);
    open();
    await dispatcher.idle();
    expect(undispatched()).toHaveLength(700 - 508);
    const { firstPass } = dispatcher.startPolling({ intervalMs: 3000 });
    await firstPass;
    expect(undispatched()).toEqual([]);
    await dispatcher.stop();
  });

  test('nothing more is tried while nobody answers: the next pass finds out', async () => {
    const { deps, workflows, acceptText, undispatched, inbox } = fixture();
    const dispatcher = new Dispatcher(deps);
    workflows.down = true;
    for (let n = 0; n < 40; n += 1)
      dispatcher.offer([await acceptText('CHARGE', { msisdn: `47900000${10 + n}` })]);
    await dispatcher.idle();
    expect(workflows.calls).toBeLessThanOrEqual(16);
    workflows.down = false;
    for (const row of inbox.rows) row.nextDispatchAt = NOW;
    await dispatcher.startPolling({ intervalMs: 3000 }).firstPass;
    expect(undispatched()).toEqual([]);
    await dispatcher.stop();
  });

  test('what was dispatched is marked a moment later, all of it at once', async () => {
    const { deps, inbox, acceptText, undispatched } = fixture();
    const dispatcher = new Dispatcher(deps);
    const mark = vi.spyOn(inbox, 'markDispatched');
    for (let n = 0; n < 5; n += 1)
      dispatcher.offer([await acceptText('CHARGE', { msisdn: `47900000${10 + n}` })]);
    await settled();
    expect(mark).not.toHaveBeenCalled();
    await expect.poll(undispatched).toEqual([]);
    expect(mark).toHaveBeenCalledTimes(1);
  });

  test('what follows in the slot of one that is not marked yet goes alone', async () => {
    const { deps, workflows, acceptText, undispatched } = fixture();
    const dispatcher = new Dispatcher(deps);
    dispatcher.offer([await acceptText('CHARGE')]);
    await settled();
    expect(undispatched()).toEqual(['in-1']);
    dispatcher.offer([await acceptText('ENDCHARGE')]);
    await dispatcher.idle();
    expect(workflows.calls).toBe(2);
    expect(undispatched()).toEqual([]);
  });

  test('a double of one that is not marked yet is not dispatched again', async () => {
    const { deps, workflows, acceptText } = fixture();
    const dispatcher = new Dispatcher(deps);
    dispatcher.offer([await acceptText('CHARGE', { messageId: 'double' })]);
    await settled();
    dispatcher.offer([await acceptText('CHARGE', { messageId: 'double' })]);
    await dispatcher.idle();
    expect(workflows.calls).toBe(1);
  });

  test('a stop marks what was dispatched; what it cannot mark is dispatched again and starts nothing twice', async () => {
    const { deps, inbox, workflows, log, acceptText, undispatched } = fixture();
    const dispatcher = new Dispatcher(deps);
    dispatcher.offer([await acceptText('CHARGE')]);
    await settled();
    inbox.down = true;
    await dispatcher.stop();
    expect(undispatched()).toEqual(['in-1']);
    expect(log.named('dispatchNotMarked')).toHaveLength(1);
    expect(log.text()).not.toContain(MSISDN);
    inbox.down = false;
    const next = new Dispatcher(deps);
    await next.startPolling({ intervalMs: 3000 }).firstPass;
    expect(undispatched()).toEqual([]);
    expect([...workflows.sessions.keys()]).toEqual(['session-1']);
    next.offer([await acceptText('STATUS')]);
    await settled();
    await next.stop();
    expect(undispatched()).toEqual([]);
  });

  test('a failed row keeps its attempts, so that another process or the next start knows them', async () => {
    const { deps, inbox, workflows, acceptText } = fixture();
    const dispatcher = new Dispatcher(deps);
    const text = await acceptText('CHARGE');
    workflows.broken.add('session-1');
    dispatcher.offer([text]);
    await dispatcher.idle();
    expect(inbox.row(text.inboxId)).toMatchObject({
      dispatchAttempts: 1,
      nextDispatchAt: addMs(NOW, 3000),
    });
    const calls = workflows.calls;
    const next = new Dispatcher(deps);
    await next.startPolling({ intervalMs: 3000 }).firstPass;
    expect(workflows.calls).toBe(calls);
    await next.stop();
  });
});

/** Whatever needs no timer is over: dispatches that wait for nothing. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A dispatcher in a process of its own: after its crash it marks nothing. */
function aProcess(deps: DispatcherDeps) {
  const { inbox } = deps;
  let isCrashed = false;
  const dispatcher = new Dispatcher({
    ...deps,
    inbox: {
      undispatched: (options) => inbox.undispatched(options),
      markDispatched: async (marks) => {
        if (!isCrashed) await inbox.markDispatched(marks);
      },
      freeSlot: (input) => inbox.freeSlot(input),
      postponeDispatch: (...failure) => inbox.postponeDispatch(...failure),
    },
  });
  const crash = async (): Promise<void> => {
    await settled();
    isCrashed = true;
  };
  return { dispatcher, crash };
}

const WORDS = ['CHARGE', 'ENDCHARGE', 'STATUS', 'HELLO'] as const;

/** Each session has its texts in their order, and each reply has been started once. */
function expectDelivered(inbox: MemoryInbox, workflows: FakeWorkflows): void {
  for (const [sessionId, { startedBy, received }] of workflows.sessions) {
    const assigned = inbox.rows
      .filter(({ assignment }) => assignment?.kind === 'signal' && assignment.sessionId === sessionId)
      .map(({ inboxId }) => inboxId);
    expect(received.map(({ inboxId }) => inboxId)).toEqual(assigned);
    expect(inbox.row(startedBy).assignment).toMatchObject({ kind: 'startSession', sessionId });
  }
  const replies = inbox.rows.filter(({ assignment }) => assignment?.kind === 'reply');
  expect(workflows.replies.toSorted()).toEqual(replies.map(({ inboxId }) => inboxId).toSorted());
}

test('property: whatever is down and however dispatches overlap, every message arrives, each session in order', async () => {
  const step = fc.record({
    word: fc.constantFrom(...WORDS),
    subscriber: fc.integer({ min: 1, max: 2 }),
    down: fc.boolean(),
    wait: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { deps, inbox, workflows, accept, undispatched } = fixture();
      const running: Promise<unknown>[] = [];
      for (const { word, subscriber, down, wait } of steps) {
        workflows.down = down;
        const inboxId = await accept(word, { msisdn: `479000000${subscriber}` });
        const dispatch = dispatchSlotOf(deps, inboxId);
        running.push(dispatch);
        if (wait) await dispatch;
      }
      await Promise.all(running);
      workflows.down = false;
      for (const { inboxId } of inbox.rows) await dispatchSlotOf(deps, inboxId);

      expect(undispatched()).toEqual([]);
      expectDelivered(inbox, workflows);
    }),
    { numRuns: 100 },
  );
});

test('property: with two processes that dispatch in the background, poll and crash, each session gets its messages once and in order', async () => {
  const step = fc.record({
    word: fc.constantFrom(...WORDS),
    subscriber: fc.integer({ min: 1, max: 2 }),
    process: fc.integer({ min: 0, max: 1 }),
    down: fc.boolean(),
    after: fc.constantFrom('goOn', 'wait', 'poll', 'crash'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { deps, inbox, workflows, clock, acceptText, undispatched } = fixture();
      const processes = [aProcess(deps), aProcess(deps)];
      const passes: Promise<void>[] = [];
      const poll = (dispatcher: Dispatcher) => dispatcher.startPolling({ intervalMs: 600_000 });
      for (const { word, subscriber, process, down, after } of steps) {
        workflows.down = down;
        clock.passedMs += 500;
        const { dispatcher, crash } = processes[process] ?? aProcess(deps);
        dispatcher.offer([await acceptText(word, { msisdn: `479000000${subscriber}` })]);
        if (after === 'wait') await dispatcher.idle();
        if (after === 'crash') {
          await crash();
          processes[process] = aProcess(deps);
        }
        if (after === 'poll') {
          const other = new Dispatcher(deps);
          const polling = poll(other);
          passes.push(polling.firstPass.then(() => polling.stop()));
        }
      }
      await Promise.all([...processes.map(({ dispatcher }) => dispatcher.idle()), ...passes]);
      workflows.down = false;
      clock.passedMs += 600_000;
      const { dispatcher: last } = aProcess(deps);
      await poll(last).firstPass;
      await Promise.all([last, ...processes.map(({ dispatcher }) => dispatcher)].map((one) => one.stop()));

      expect(undispatched()).toEqual([]);
      expectDelivered(inbox, workflows);
    }),
    { numRuns: 100 },
  );
});
