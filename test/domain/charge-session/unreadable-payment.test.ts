/** A payment nobody can look at may hold a customer's money: it is not taken for expired because its time is over. */
import { describe, expect, it } from 'vitest';
import { after, authorized, CALLING, DAY_MS, HOUR_MS, MINUTE_MS, SessionDrive } from './session-drive.ts';

/** The link has expired and every look since has failed, until after the grace. */
function unreadableAfterGrace(): SessionDrive {
  const drive = new SessionDrive({ payment: CALLING }).reserved();
  drive
    .tick(16 * MINUTE_MS)
    .failed(16 * MINUTE_MS)
    .failed(16 * MINUTE_MS);
  drive.told().slotFreed();
  return drive.tick(26 * MINUTE_MS).failed(26 * MINUTE_MS);
}

describe('a payment that cannot be read', () => {
  it('is told to the customer as expired, and frees the slot, but is still watched and shown to an operator', () => {
    const drive = unreadableAfterGrace();
    expect(drive.texts).toEqual(['paymentLink', 'expired']);
    expect(drive.session).toMatchObject({ state: 'expired', slot: 'freed', attention: 'paymentNotReadable' });
    expect(drive.isComplete).toBe(false);
    expect(drive.dueAt).toBe(after(26 * MINUTE_MS + HOUR_MS));
  });

  it('is released when a look at last shows that it was approved in time', () => {
    const drive = unreadableAfterGrace().tick(3 * HOUR_MS);
    drive.read(3 * HOUR_MS, { ...authorized(), authorizedAt: after(10 * MINUTE_MS) });
    expect(drive.running).toMatchObject({ step: 'release', amountMinor: 500 });
    expect(drive.session.attention).toBeNull();
    drive.released(3 * HOUR_MS).told();
    expect(drive.isComplete).toBe(true);
  });

  it('is final as soon as a look shows that it never was approved', () => {
    const drive = unreadableAfterGrace()
      .tick(3 * HOUR_MS)
      .read(3 * HOUR_MS, { phase: 'pending' });
    expect(drive.attempt(1)).toMatchObject({ stage: 'settled', outcome: 'expired' });
    expect(drive.session.attention).toBeNull();
    expect(drive.isComplete).toBe(true);
  });

  it('is given up, for a person to see, once no reservation could still be held', () => {
    const drive = unreadableAfterGrace();
    const givenUpMs = 15 * MINUTE_MS + 7 * DAY_MS;
    drive.tick(givenUpMs).failed(givenUpMs);
    expect(drive.session.attention).toBe('paymentNotReadable');
    expect(drive.isComplete).toBe(true);
  });
});
