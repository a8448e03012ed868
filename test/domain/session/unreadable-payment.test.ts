/** A payment nobody can look at may hold a customer's money: it is not taken for expired because its time is over. */
import { describe, expect, it } from 'vitest';
import {
  after,
  authorized,
  CALLING,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  ON_OPEN,
  SECOND_MS,
  SessionDrive,
} from './session-drive.ts';

/** The link has expired and every look since has failed, until after the grace. */
function unreadableAfterGrace(): SessionDrive {
  const drive = new SessionDrive({ payment: CALLING }).reserved();
  drive.tick(16 * MINUTE_MS).unread(16 * MINUTE_MS);
  expect(drive.running?.step).toBe('abandon');
  drive.failed(21 * MINUTE_MS + 10 * SECOND_MS);
  drive.told().slotFreed();
  return drive.tick(26 * MINUTE_MS).failed(26 * MINUTE_MS);
}

const AUTHORIZED_AT = after(10 * MINUTE_MS);

describe('a look that fails where an end hangs on it', () => {
  it('decides nothing: an approval before the end of the link is a use, when the next look shows it', () => {
    const drive = new SessionDrive({ payment: CALLING }).reserved();
    drive.tick(16 * MINUTE_MS).failed(16 * MINUTE_MS);
    expect(drive.shown).toMatchObject({ state: 'awaitingApproval', attention: null });
    expect(drive.dueAt).toBe(after(16 * MINUTE_MS + 10 * SECOND_MS));
    drive.tick(16 * MINUTE_MS + 10 * SECOND_MS);
    drive.read(16 * MINUTE_MS + 10 * SECOND_MS, { ...authorized(), authorizedAt: AUTHORIZED_AT });
    expect(drive.shown).toMatchObject({ state: 'active', startedAt: AUTHORIZED_AT });
  });

  it('decides nothing after an ENDCHARGE either: the use is priced to the instant it was asked for', () => {
    const drive = new SessionDrive({ payment: CALLING }).reserved();
    drive.tick(11 * MINUTE_MS).read(11 * MINUTE_MS, { phase: 'pending' });
    drive.text('endCharge', 12 * MINUTE_MS).failed(12 * MINUTE_MS);
    expect(drive.shown.state).toBe('awaitingApproval');
    drive.tick(12 * MINUTE_MS + 10 * SECOND_MS);
    drive.read(12 * MINUTE_MS + 10 * SECOND_MS, { ...authorized(), authorizedAt: after(11 * MINUTE_MS + 1) });
    expect(drive.shown).toMatchObject({
      state: 'capturing',
      endReason: 'customer',
      endedAt: after(12 * MINUTE_MS),
    });
  });

  it('counts only where it was planned: callbacks and repeated end words do not use the looks up', () => {
    const drive = new SessionDrive({ payment: CALLING }).reserved();
    drive.text('endCharge', MINUTE_MS).failed(MINUTE_MS);
    for (let hints = 0; hints < 9; hints += 1) drive.on({ type: 'paymentChanged' }).failed(MINUTE_MS);
    expect(drive.shown.state).toBe('awaitingApproval');
    expect(drive.attempt(1).reads.failed).toBe(1);
  });

  it('is given up after five minutes, and a person is told', () => {
    const drive = new SessionDrive({ payment: CALLING }).reserved();
    drive.text('endCharge', MINUTE_MS).unread(MINUTE_MS);
    expect(drive.shown).toMatchObject({ state: 'cancelled', attention: 'paymentNotReadable' });
    expect(drive.shown.now).toBe(after(MINUTE_MS + 310 * SECOND_MS));
  });
});

describe('an ENDCHARGE while the payment is being made', () => {
  it('waits for it where the customer has the link: it may be approved before we hear of it', () => {
    const drive = new SessionDrive({ payment: ON_OPEN }).on({ type: 'paymentOpened' });
    expect(drive.running?.step).toBe('reserve');
    drive.text('endCharge', MINUTE_MS);
    expect(drive.shown.state).toBe('awaitingApproval');
    drive.reserved();
    expect(drive.running?.step).toBe('read');
    const authorizedAt = after(30 * SECOND_MS);
    drive.read(MINUTE_MS, { ...authorized(), authorizedAt });
    expect(drive.shown).toMatchObject({ state: 'capturing', startedAt: authorizedAt });
  });

  it('cancels by the look that follows, and withdraws the payment, where nobody has approved', () => {
    const drive = new SessionDrive({ payment: ON_OPEN }).on({ type: 'paymentOpened' });
    drive.text('endCharge', MINUTE_MS).reserved().read(MINUTE_MS, { phase: 'pending' });
    expect(drive.shown.state).toBe('cancelled');
    expect(drive.running?.step).toBe('abandon');
  });

  it('cancels at once where the customer has no link yet', () => {
    const drive = new SessionDrive({ payment: CALLING });
    expect(drive.running?.step).toBe('reserve');
    expect(drive.text('endCharge', MINUTE_MS).shown.state).toBe('cancelled');
  });
});

describe('a payment that cannot be read', () => {
  it('is told to the customer as expired, and frees the slot, but is still watched and shown to an operator', () => {
    const drive = unreadableAfterGrace();
    expect(drive.texts).toEqual(['paymentLink', 'expired']);
    expect(drive.shown).toMatchObject({ state: 'expired', slot: 'freed', attention: 'paymentNotReadable' });
    expect(drive.isComplete).toBe(false);
    expect(drive.dueAt).toBe(after(25 * MINUTE_MS + HOUR_MS));
  });

  it('is released when a look at last shows that it was approved in time', () => {
    const drive = unreadableAfterGrace().tick(3 * HOUR_MS);
    drive.read(3 * HOUR_MS, { ...authorized(), authorizedAt: after(10 * MINUTE_MS) });
    expect(drive.running).toMatchObject({ step: 'release', amountMinor: 500 });
    expect(drive.shown.attention).toBeNull();
    drive.released(3 * HOUR_MS).told();
    expect(drive.isComplete).toBe(true);
  });

  it('is final as soon as a look shows that it never was approved', () => {
    const drive = unreadableAfterGrace()
      .tick(3 * HOUR_MS)
      .read(3 * HOUR_MS, { phase: 'pending' });
    expect(drive.attempt(1)).toMatchObject({ stage: 'settled', outcome: 'expired' });
    expect(drive.shown.attention).toBeNull();
    expect(drive.isComplete).toBe(true);
  });

  it('is given up, for a person to see, once no reservation could still be held', () => {
    const drive = unreadableAfterGrace();
    const givenUpMs = 15 * MINUTE_MS + 7 * DAY_MS;
    drive.tick(givenUpMs).failed(givenUpMs);
    expect(drive.shown.attention).toBe('paymentNotReadable');
    expect(drive.isComplete).toBe(true);
  });
});
