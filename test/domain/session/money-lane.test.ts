/** One money call at a time, each answered once. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/domain/session/decide.ts';
import { takeMoneyStep } from '../../../src/domain/session/money-step.ts';
import {
  after,
  CALLING,
  ended,
  HOUR_MS,
  inUse,
  MINUTE_MS,
  ON_OPEN,
  SessionDrive,
  snapshotOf,
} from './session-drive.ts';

describe('the money lane', () => {
  it('starts no second call while one runs, however often it is asked to look', () => {
    const drive = new SessionDrive().reserved();
    for (let times = 0; times < 5; times += 1) drive.on({ type: 'paymentChanged' });
    expect(drive.calls).toEqual(['reserve', 'read']);
    expect(takeMoneyStep(drive.session).step).toBeNull();
  });

  it('looks once more when a callback came while it was looking: the answer may be older than the callback', () => {
    const drive = new SessionDrive().reserved().on({ type: 'paymentChanged' });
    drive.on({ type: 'paymentChanged' }).read(2_000, { phase: 'pending' });
    expect(drive.calls).toEqual(['reserve', 'read', 'read']);
    drive.read(3_000, { phase: 'pending' });
    expect(drive.running).toBeNull();
  });

  it('ignores the answer of a call that does not run: a doubled one must not free the lane for a second capture', () => {
    const drive = ended().priced(100);
    const { running, session } = drive;
    expect(running?.step).toBe('capture');
    const late = {
      type: 'paymentRead',
      paymentNumber: 1,
      snapshot: snapshotOf(drive.attempt(1), { phase: 'authorized', authorizedMinor: 500 }),
      at: after(MINUTE_MS),
    } as const;
    expect(decide(session, late)).toEqual({ session, commands: [] });
    expect(takeMoneyStep(decide(session, late).session).step).toBeNull();
  });

  it('ignores the answer about another payment than the one it asks for', () => {
    const terms = { payment: ON_OPEN, linkLifeMs: HOUR_MS };
    const drive = new SessionDrive(terms)
      .on({ type: 'paymentOpened' })
      .reserved()
      .on({ type: 'paymentChanged' });
    drive
      .read(MINUTE_MS, { phase: 'expired' })
      .on({ type: 'paymentOpened' })
      .reserved(2 * MINUTE_MS);
    drive.on({ type: 'paymentChanged' });
    const { running, session } = drive;
    expect(running).toMatchObject({ step: 'read', paymentNumber: 2 });
    const other = {
      type: 'paymentRead',
      paymentNumber: 1,
      snapshot: null,
      at: after(2 * MINUTE_MS),
    } as const;
    expect(decide(session, other)).toEqual({ session, commands: [] });
  });

  it('counts a round of capture tries once, even when its failure is told twice', () => {
    const drive = ended()
      .priced(100)
      .failed(2 * HOUR_MS);
    const again = { type: 'captureFailed', paymentNumber: 1, at: after(2 * HOUR_MS) } as const;
    expect(decide(drive.session, again)).toEqual({ session: drive.session, commands: [] });
  });

  it('holds the session open until its last call is answered, also when the answer matters no more', () => {
    const drive = ended().on({ type: 'paymentChanged' }).priced(0).told().slotFreed();
    expect(drive.adopted.stage).toBe('settled');
    expect(drive.isComplete).toBe(false);
    expect(drive.failed(2 * HOUR_MS).isComplete).toBe(true);
  });

  it('numbers the calls, so that one that was given up can be told from a later one', () => {
    const drive = inUse();
    const { moneySteps } = drive.shown;
    drive.on({ type: 'paymentChanged' });
    expect(drive.shown.moneySteps).toBe(moneySteps + 1);
  });

  it('makes capture before release, and names each effect by its own key', () => {
    const drive = ended({ payment: CALLING })
      .priced(100)
      .captured(2 * HOUR_MS);
    expect(drive.steps.slice(-2)).toMatchObject([
      { step: 'capture', operationId: `${drive.shown.sessionId}-capture-1`, amountMinor: 100 },
      { step: 'release', operationId: `${drive.shown.sessionId}-release-1`, amountMinor: 400 },
    ]);
  });
});
