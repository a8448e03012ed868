/** The customer's texts, doubled, late and in any order, and the slot that says whose they are. Cases 3, 4, 11. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/domain/session/decide.ts';
import {
  after,
  authorized,
  CALLING,
  ended,
  HOUR_MS,
  inUse,
  MINUTE_MS,
  SECOND_MS,
  SessionDrive,
} from './session-drive.ts';

const ENDED_MS = HOUR_MS + MINUTE_MS;

/** A session in each state, with its slot still held. */
const STATES = {
  awaitingApproval: () => new SessionDrive().reserved(),
  active: () => inUse(),
  capturing: () => ended().priced(100),
  captured: () => ended().priced(100).captured(ENDED_MS),
  released: () => ended({ payment: CALLING }).priced(0).released(ENDED_MS),
  lost: () => {
    const drive = ended().priced(100).text('statusRequested', ENDED_MS);
    return drive.refused(ENDED_MS, authorized());
  },
  lapsed: () => {
    const drive = ended().priced(100).text('statusRequested', ENDED_MS);
    return drive.refused(ENDED_MS, { phase: 'expired' });
  },
  declined: () =>
    new SessionDrive().reserved().on({ type: 'paymentChanged' }).read(MINUTE_MS, { phase: 'declined' }),
  expired: () =>
    new SessionDrive()
      .reserved()
      .tick(15 * MINUTE_MS)
      .read(15 * MINUTE_MS, { phase: 'expired' }),
  cancelled: () =>
    new SessionDrive().reserved().text('endCharge', MINUTE_MS).read(MINUTE_MS, { phase: 'pending' }),
} as const;

function textNow(
  drive: SessionDrive,
  kind: 'chargeRepeated' | 'statusRequested',
  inboxId: string,
): SessionDrive {
  const { now } = drive.session;
  return drive.on({ type: 'customerMessage', kind, inboxId, sentAt: now, at: now });
}

describe('STATUS', () => {
  it.each([
    ['awaitingApproval', 'statusWaiting'],
    ['active', 'statusActive'],
    ['capturing', 'statusClosing'],
  ] as const)('while %s is answered with %s', (state, kind) => {
    const receivedMs = state === 'awaitingApproval' ? 10 * MINUTE_MS : ENDED_MS;
    const drive = STATES[state]().text('statusRequested', 10 * MINUTE_MS, receivedMs, 'asked');
    expect(drive.shown.state).toBe(state);
    expect(drive.freshTexts).toEqual([kind]);
    expect(drive.shown.handledInboxIds).toContain('asked');
  });

  it.each(['captured', 'released', 'lost', 'lapsed', 'declined', 'expired', 'cancelled'] as const)(
    'once %s is left for whoever has the slot next',
    (state) => {
      const drive = STATES[state]();
      expect(drive.shown).toMatchObject({ state, slot: 'held' });
      textNow(drive, 'statusRequested', 'asked');
      expect(drive.fresh).toEqual([]);
      expect(drive.shown.handledInboxIds).not.toContain('asked');
    },
  );
});

describe('a second CHARGE (case 3)', () => {
  it.each([
    ['awaitingApproval', 'linkAgain'],
    ['active', 'statusActive'],
  ] as const)('while %s starts nothing and is answered with %s', (state, kind) => {
    const drive = STATES[state]().text('chargeRepeated', 10 * MINUTE_MS);
    expect(drive.freshTexts).toEqual([kind]);
    expect(drive.shown.attempts).toHaveLength(1);
    expect(drive.shown.state).toBe(state);
  });

  it.each([
    'capturing',
    'captured',
    'released',
    'lost',
    'lapsed',
    'declined',
    'expired',
    'cancelled',
  ] as const)('once %s is left for a new session', (state) => {
    const drive = textNow(STATES[state](), 'chargeRepeated', 'next');
    expect(drive.shown.handledInboxIds).not.toContain('next');
    expect(drive.fresh).toEqual([]);
  });

  it('after ENDCHARGE, while the provider is still asked, is left for a new session and not answered with a dead link', () => {
    const drive = new SessionDrive().reserved().text('endCharge', MINUTE_MS);
    drive
      .text('chargeRepeated', 2 * MINUTE_MS, undefined, 'next')
      .text('statusRequested', 2 * MINUTE_MS, undefined, 'asked');
    expect(drive.texts).toEqual(['paymentLink']);
    expect(drive.shown.handledInboxIds).not.toContain('next');
    expect(drive.shown.handledInboxIds).not.toContain('asked');
  });

  it('is answered each time it comes, each answer with a number of its own', () => {
    const drive = inUse().text('chargeRepeated', HOUR_MS).text('statusRequested', HOUR_MS);
    expect(drive.commands.slice(-2)).toEqual([
      { command: 'sendText', kind: 'statusActive', n: 1 },
      { command: 'sendText', kind: 'statusActive', n: 2 },
    ]);
  });
});

describe('a doubled or foreign text', () => {
  it.each(['endCharge', 'chargeRepeated', 'statusRequested'] as const)(
    'a %s with a known id changes nothing',
    (kind) => {
      const drive = inUse().text(kind, HOUR_MS, HOUR_MS, 'one');
      const { session } = drive;
      const at = after(HOUR_MS);
      const again = { type: 'customerMessage', kind, inboxId: 'one', sentAt: at, at } as const;
      expect(decide(session, again)).toEqual({ session, commands: [] });
    },
  );

  it('the CHARGE that began the session is not answered again', () => {
    const drive = new SessionDrive().reserved().text('chargeRepeated', MINUTE_MS, MINUTE_MS, 'inbox-charge');
    expect(drive.fresh).toEqual([]);
  });

  it('an ENDCHARGE sent before the CHARGE belongs to an earlier session and ends nothing', () => {
    const drive = inUse().text('endCharge', -SECOND_MS, 2 * MINUTE_MS, 'old');
    expect(drive.shown).toMatchObject({ state: 'active', lastEndChargeAt: null });
    expect(drive.shown.handledInboxIds).toContain('old');
  });

  it('an ENDCHARGE that may be an earlier session’s is answered, and the next one ends this use', () => {
    const drive = inUse().text('endCharge', -SECOND_MS, 2 * MINUTE_MS, 'old');
    expect(drive.fresh).toContainEqual({ command: 'sendText', kind: 'statusActive', n: 1 });
    // Sent with the first, and both came together: the customer has not read the answer yet.
    drive.text('endCharge', -1, 2 * MINUTE_MS + 29 * SECOND_MS, 'with it');
    expect(drive.fresh).toContainEqual({ command: 'sendText', kind: 'statusActive', n: 2 });
    expect(drive.shown.state).toBe('active');
    drive.text('endCharge', -HOUR_MS, 2 * MINUTE_MS + 30 * SECOND_MS, 'again');
    expect(drive.shown).toMatchObject({ state: 'capturing', endReason: 'customer' });
    expect(drive.shown.endedAt).toBe(drive.shown.startedAt);
  });

  it('the same before the approval: the answer is the link, and the next one cancels', () => {
    const drive = new SessionDrive().reserved().text('endCharge', -SECOND_MS, SECOND_MS, 'old');
    expect(drive.fresh).toContainEqual({ command: 'sendText', kind: 'statusWaiting', n: 1 });
    expect(drive.shown.state).toBe('awaitingApproval');
    drive.text('endCharge', -SECOND_MS, MINUTE_MS, 'again');
    expect(drive.shown.endRequested ?? drive.shown.state).not.toBe('awaitingApproval');
  });

  it('an ENDCHARGE stamped ahead of its receipt is remembered as of the receipt', () => {
    const drive = inUse().text('endCharge', 73 * 365 * 24 * HOUR_MS, HOUR_MS, 'far ahead');
    expect(drive.shown).toMatchObject({ state: 'capturing', endedAt: after(HOUR_MS) });
    expect(drive.shown.lastEndChargeAt).toBe(after(HOUR_MS));
  });

  it('an end by our own clock is no earlier session’s because the gateway’s clock was ahead at the CHARGE', () => {
    const drive = new SessionDrive({}, 30 * SECOND_MS).text('endCharge', 10 * SECOND_MS);
    expect(drive.shown.state).toBe('cancelled');
    const earlier = new SessionDrive({}, 30 * SECOND_MS).text('endCharge', 10 * SECOND_MS, 11 * SECOND_MS);
    expect(earlier.shown.state).toBe('awaitingApproval');
  });

  it('an ENDCHARGE of the same second as the CHARGE ends it: gateways give whole seconds', () => {
    expect(new SessionDrive().text('endCharge', 0).shown.state).toBe('cancelled');
  });

  it('a second ENDCHARGE does not move the end, and the later of both is remembered for the slot', () => {
    const drive = ended()
      .text('endCharge', 2 * HOUR_MS)
      .text('endCharge', 90 * MINUTE_MS);
    expect(drive.shown).toMatchObject({ endedAt: after(ENDED_MS), lastEndChargeAt: after(2 * HOUR_MS) });
    expect(drive.countOf('priceUsage')).toBe(1);
  });
});

describe('the slot', () => {
  it('is freed when the outcome was told, not before', () => {
    const drive = ended().priced(100).captured(ENDED_MS).on({ type: 'outgoingDone' });
    expect(drive.shown.slot).toBe('held');
    drive.told();
    expect(drive.shown.slot).toBe('freeing');
    expect(drive.countOf('freeSlot')).toBe(1);
    expect(drive.isComplete).toBe(false);
    expect(drive.slotFreed().isComplete).toBe(true);
  });

  it('is held while the first round of the capture runs, although nothing is left to tell yet', () => {
    const drive = ended().told().priced(100);
    expect(drive.shown).toMatchObject({ slot: 'held', textsOutstanding: 0 });
    expect(drive.failed(ENDED_MS).shown.slot).toBe('freeing');
  });

  it('is freed two minutes after the use in any case: a gateway that is down locks nobody out', () => {
    const drive = ended().priced(100);
    expect(drive.dueAt).toBe(after(ENDED_MS + 2 * MINUTE_MS));
    drive.tick(ENDED_MS + 2 * MINUTE_MS);
    expect(drive.shown).toMatchObject({ state: 'capturing', slot: 'freeing' });
  });

  it('is freed once although time goes on', () => {
    const drive = ended()
      .tick(3 * HOUR_MS)
      .tick(4 * HOUR_MS)
      .slotFreed()
      .tick(5 * HOUR_MS);
    expect(drive.countOf('freeSlot')).toBe(1);
  });

  it('takes nothing any more while it is being freed: what came then is routed anew', () => {
    const drive = ended()
      .tick(2 * HOUR_MS)
      .text('endCharge', 2 * HOUR_MS, 2 * HOUR_MS, 'late');
    expect(drive.shown.slot).toBe('freeing');
    expect(drive.shown.handledInboxIds).not.toContain('late');
  });

  it('is not freed by an answer nobody asked for', () => {
    expect(inUse().slotFreed().shown.slot).toBe('held');
  });

  it('leaves the session alone with its money: a capture that is retried goes on without it', () => {
    const drive = ended().told().priced(100).failed(ENDED_MS).slotFreed();
    expect(drive.isComplete).toBe(false);
    drive
      .tick(ENDED_MS + MINUTE_MS)
      .captured(ENDED_MS + MINUTE_MS)
      .told();
    expect(drive.isComplete).toBe(true);
  });
});

describe('a text that cannot be sent', () => {
  it('never touches the capture (case 11): the receipt is asked for once, and money is final without it', () => {
    const drive = ended().told().priced(100).captured(ENDED_MS);
    expect(drive.adopted.stage).toBe('settled');
    drive.tick(2 * HOUR_MS).slotFreed();
    expect(drive.shown).toMatchObject({ state: 'captured', attention: null });
    expect(drive.texts.filter((kind) => kind === 'receipt')).toHaveLength(1);
    expect(drive.isComplete).toBe(false);
    expect(drive.told().isComplete).toBe(true);
  });

  it('is counted as done with once, so that a surplus answer does not complete a session early', () => {
    const drive = new SessionDrive().reserved().told().on({ type: 'outgoingDone' });
    expect(drive.shown.textsOutstanding).toBe(0);
  });
});
