/** Where the payment is made when the customer opens the link: taps, their order, and what each leads to. Case 13. */
import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../src/domain/session/events.ts';
import {
  openPaymentAnswer,
  paymentPageOf,
  type OpenPaymentAnswer,
} from '../../../src/domain/session/view.ts';
import {
  after,
  authorized,
  HOUR_MS,
  inUse,
  MINUTE_MS,
  ON_OPEN,
  SECOND_MS,
  SessionDrive,
} from './session-drive.ts';

const TERMS = { payment: ON_OPEN, linkLifeMs: HOUR_MS };
const TAP = { type: 'paymentOpened' } as const;

function tapAt(ms: number): SessionEvent {
  return { type: 'paymentOpened', at: after(ms) };
}

/** The link was opened at once and the wallet waits; the payment lives ten minutes. */
function opened(terms: object = TERMS): SessionDrive {
  return new SessionDrive(terms).on(TAP).reserved();
}

/** As the API answers a tap, from what the session records. */
function answerTo({ session }: SessionDrive, now = session.now): OpenPaymentAnswer | null {
  return openPaymentAnswer({ state: session.phase.state, ...paymentPageOf(session) }, now);
}

/** Lets the alarm ring until `ms`, answering every look with "still waiting". */
function passWaiting(drive: SessionDrive, ms: number): SessionDrive {
  for (;;) {
    if (drive.running !== null) drive.read(dueMs(drive.shown.now), { phase: 'pending' });
    else if (drive.dueAt !== null && dueMs(drive.dueAt) <= ms) drive.tick(dueMs(drive.dueAt));
    else return drive;
  }
}

function dueMs(instant: string): number {
  return Date.parse(instant) - Date.parse(after(0));
}

describe('the link', () => {
  it('is sent at once, without a payment behind it', () => {
    const drive = new SessionDrive(TERMS);
    expect(drive.texts).toEqual(['paymentLink']);
    expect(drive.steps).toEqual([]);
    expect(answerTo(drive)).toBeNull();
  });

  it('expires unused without a call to the provider (case 5)', () => {
    const drive = new SessionDrive(TERMS).tick(HOUR_MS);
    expect(drive.shown.state).toBe('expired');
    expect(drive.told().slotFreed().isComplete).toBe(true);
    expect(drive.steps).toEqual([]);
  });

  it('cancelled before any tap makes no payment any more', () => {
    const drive = new SessionDrive(TERMS).text('endCharge', MINUTE_MS).on(TAP);
    expect(drive.shown.state).toBe('cancelled');
    expect(drive.steps).toEqual([]);
    expect(answerTo(drive)).toEqual({ kind: 'cancelled' });
  });
});

describe('a tap', () => {
  it('makes one payment with a life of its own and leads to the wallet', () => {
    const drive = opened();
    expect(drive.steps).toMatchObject([
      { step: 'reserve', paymentNumber: 1, expiresAt: after(10 * MINUTE_MS) },
    ]);
    expect(answerTo(drive)).toEqual({
      kind: 'redirect',
      url: `https://wallet.test/${drive.attempt(1).paymentReference}`,
    });
    expect(drive.texts).toEqual(['paymentLink']);
  });

  it('long after the start word makes a payment whose life begins with the tap', () => {
    const drive = new SessionDrive({ payment: ON_OPEN }).on(tapAt(12 * MINUTE_MS));
    expect(drive.attempt(1)).toMatchObject({
      createdAt: after(12 * MINUTE_MS),
      expiresAt: after(22 * MINUTE_MS),
    });
    drive.reserved(12 * MINUTE_MS);
    expect(answerTo(drive, after(12 * MINUTE_MS))?.kind).toBe('redirect');
  });

  it('that comes when the link has run out makes no payment, though the session has not noticed yet', () => {
    const drive = new SessionDrive({ payment: ON_OPEN }).on(tapAt(15 * MINUTE_MS));
    expect(drive.shown.state).toBe('expired');
    expect(drive.calls).toEqual([]);
  });

  it('without a time, as it was signalled before, is of the time that the session knows', () => {
    const drive = new SessionDrive({ payment: ON_OPEN }).on(TAP);
    expect(drive.attempt(1)).toMatchObject({ createdAt: after(0) });
  });

  it('leads to the wallet until the payment ends, and not at that instant, though the session has not noticed yet', () => {
    const drive = opened();
    expect(answerTo(drive, after(10 * MINUTE_MS - 1))?.kind).toBe('redirect');
    expect(answerTo(drive, after(10 * MINUTE_MS))).toBeNull();
  });

  it('that comes twice, before or after the payment exists, makes one payment', () => {
    const drive = new SessionDrive(TERMS).on(TAP).on(TAP);
    expect(answerTo(drive)).toBeNull();
    drive.reserved().on(TAP);
    expect(drive.shown.attempts).toHaveLength(1);
    expect(drive.calls).toEqual(['reserve']);
    expect(answerTo(drive)?.kind).toBe('redirect');
  });

  it('makes nothing where the payment was made with the link', () => {
    const drive = new SessionDrive().reserved().on(TAP);
    expect(drive.calls).toEqual(['reserve']);
    expect(answerTo(drive)?.kind).toBe('redirect');
  });

  it('after the approval shows the session, whatever became of it', () => {
    const drive = inUse(TERMS).on(TAP);
    expect(answerTo(drive)).toEqual({ kind: 'alreadyApproved' });
    drive.text('endCharge', HOUR_MS).on(TAP).priced(100).captured(HOUR_MS).on(TAP);
    expect(answerTo(drive)).toEqual({ kind: 'alreadyApproved' });
    expect(drive.shown.attempts).toHaveLength(1);
    expect(paymentPageOf(drive.session)).toEqual({ paymentPageUrl: null, paymentPageExpiresAt: null });
  });

  it('while ENDCHARGE is being looked into leads nowhere', () => {
    const drive = opened().text('endCharge', MINUTE_MS);
    expect(answerTo(drive)).toBeNull();
  });

  it('when the customer has declined shows that', () => {
    const drive = opened().on({ type: 'paymentChanged' }).read(MINUTE_MS, { phase: 'declined' }).on(TAP);
    expect(answerTo(drive)).toEqual({ kind: 'declined' });
    expect(drive.shown.attempts).toHaveLength(1);
  });
});

describe('a tap after the payment’s life', () => {
  it('that the session hears of before its own alarm has rung is not lost', () => {
    const drive = opened().on(tapAt(10 * MINUTE_MS));
    expect(drive.running?.step).toBe('read');
    drive.read(10 * MINUTE_MS + SECOND_MS, { phase: 'expired' });
    expect(drive.running).toMatchObject({ step: 'reserve', paymentNumber: 2 });
  });

  it('makes the next payment only after a look showed the first as final', () => {
    const drive = passWaiting(opened(), 10 * MINUTE_MS).on(TAP);
    expect(drive.running?.step).toBe('read');
    expect(drive.shown.attempts).toHaveLength(1);
    expect(answerTo(drive)).toBeNull();
    drive.read(10 * MINUTE_MS + SECOND_MS, { phase: 'expired' });
    expect(drive.running).toMatchObject({ step: 'reserve', paymentNumber: 2 });
    drive.reserved(10 * MINUTE_MS + 2 * SECOND_MS);
    expect(drive.attempt(2).paymentReference).not.toBe(drive.attempt(1).paymentReference);
    expect(answerTo(drive)?.kind).toBe('redirect');
  });

  it('adopts the first payment when the look shows it approved: no second is made', () => {
    const drive = passWaiting(opened(), 10 * MINUTE_MS).on(TAP);
    drive.read(10 * MINUTE_MS, { ...authorized(), authorizedAt: after(9 * MINUTE_MS) });
    expect(drive.shown).toMatchObject({ state: 'active', adopted: 1, startedAt: after(9 * MINUTE_MS) });
    expect(drive.shown.attempts).toHaveLength(1);
    expect(drive.running).toBeNull();
  });

  it('leads nowhere and loops nowhere while the provider still says it waits', () => {
    const drive = passWaiting(opened(), 10 * MINUTE_MS)
      .on(TAP)
      .read(10 * MINUTE_MS, { phase: 'pending' });
    expect(drive.running).toBeNull();
    expect(drive.shown.attempts).toHaveLength(1);
    expect(answerTo(drive)).toBeNull();
  });

  it('is noticed at the instant it ends: nobody is sent to a wallet page that is over', () => {
    const drive = opened()
      .tick(9 * MINUTE_MS)
      .read(9 * MINUTE_MS, { phase: 'pending' });
    expect(drive.dueAt).toBe(after(10 * MINUTE_MS));
    drive.tick(10 * MINUTE_MS);
    expect(answerTo(drive)).toBeNull();
  });

  it('is served at once when its look is also the last one: the first counts as expired then', () => {
    const drive = passWaiting(opened(), 19 * MINUTE_MS);
    drive.on(TAP).read(20 * MINUTE_MS, { phase: 'pending' });
    expect(drive.attempt(1)).toMatchObject({ stage: 'settled', outcome: 'expired' });
    expect(drive.running).toMatchObject({ step: 'reserve', paymentNumber: 2 });
  });

  it('makes none while the provider cannot be asked about the first, even after the grace', () => {
    const drive = passWaiting(opened(), 19 * MINUTE_MS)
      .on(TAP)
      .failed(21 * MINUTE_MS)
      .on(TAP);
    expect(drive.shown.attempts).toHaveLength(1);
    expect(drive.running?.step).toBe('read');
  });

  it('makes none after the link’s life: the session is expired instead', () => {
    const drive = opened({ payment: ON_OPEN })
      .tick(15 * MINUTE_MS)
      .on(TAP)
      .read(15 * MINUTE_MS, { phase: 'expired' });
    expect(drive.shown).toMatchObject({ state: 'expired' });
    expect(drive.shown.attempts).toHaveLength(1);
  });
});

describe('a payment that outlives its link', () => {
  it('is adopted when a look at the link’s end shows the approval', () => {
    const drive = opened({ payment: ON_OPEN, linkLifeMs: 2 * MINUTE_MS }).tick(2 * MINUTE_MS);
    drive.read(2 * MINUTE_MS, { ...authorized(), authorizedAt: after(MINUTE_MS) });
    expect(drive.shown.state).toBe('active');
  });

  it('is withdrawn when it still waits then, and released when it was approved after all', () => {
    const drive = opened({ payment: ON_OPEN, linkLifeMs: 2 * MINUTE_MS }).tick(2 * MINUTE_MS);
    drive.read(2 * MINUTE_MS, { phase: 'pending' });
    expect(drive.shown.state).toBe('expired');
    drive.read(2 * MINUTE_MS, authorized());
    expect(drive.running?.step).toBe('release');
    expect(drive.texts).toEqual(['paymentLink', 'expired', 'lateApprovalReleased']);
  });
});

describe('a payment whose life is shorter than its link, made with the link', () => {
  it('ends the session when it is over for good: there is no second one to tap for', () => {
    const payment = { ...ON_OPEN, paymentOnOpen: false };
    const drive = passWaiting(new SessionDrive({ payment, linkLifeMs: HOUR_MS }).reserved(), 20 * MINUTE_MS);
    expect(drive.attempt(1).stage).toBe('settled');
    expect(drive.shown.state).toBe('expired');
  });
});
