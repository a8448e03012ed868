/** What an operator does to a running session, and an ENDCHARGE that comes too late. Case 10. */
import { describe, expect, it } from 'vitest';
import {
  after,
  authorized,
  CALLING,
  DAY_MS,
  ended,
  HOUR_MS,
  inUse,
  MINUTE_MS,
  snapshotOf,
} from './session-drive.ts';

const ENDED_MS = HOUR_MS + MINUTE_MS;
const DEADLINE_MS = MINUTE_MS + 7 * DAY_MS;
const CALLABLE = { payment: CALLING };

describe('a price that is waived', () => {
  it('during the use ends it: the price is on record, nothing is captured, all is given back', () => {
    const drive = inUse(CALLABLE).on({ type: 'waive', at: after(HOUR_MS) });
    expect(drive.running).toMatchObject({ step: 'release', amountMinor: 500 });
    drive.priced(100).released(HOUR_MS).told().slotFreed();
    expect(drive.shown).toMatchObject({
      state: 'released',
      endReason: 'operator',
      computedMinor: 100,
      shortfallMinor: 100,
      attention: null,
    });
    expect(drive.adopted).toMatchObject({ capturedMinor: 0, releasedMinor: 500, releaseSource: 'provider' });
    expect(drive.texts).toContain('nothingCharged');
    expect(drive.isComplete).toBe(true);
  });

  it('is not ended before its price is on record, though the money went back sooner', () => {
    const drive = inUse(CALLABLE)
      .on({ type: 'waive', at: after(HOUR_MS) })
      .released(HOUR_MS);
    drive.told().slotFreed();
    expect(drive.isComplete).toBe(false);
    drive.priced(100);
    expect(drive.shown).toMatchObject({ computedMinor: 100, shortfallMinor: 100 });
    expect(drive.isComplete).toBe(true);
  });

  it('while a capture is being tried again: the release is called instead, and pressed twice changes nothing', () => {
    const drive = ended(CALLABLE).priced(100).failed(ENDED_MS);
    drive.on({ type: 'waive', at: after(ENDED_MS + MINUTE_MS) });
    expect(drive.running).toMatchObject({ step: 'release', amountMinor: 500 });
    const pressedOnce = drive.shown;
    drive.on({ type: 'waive', at: after(ENDED_MS + MINUTE_MS) });
    expect(drive.shown).toEqual(pressedOnce);
    drive.released(ENDED_MS + MINUTE_MS);
    expect(drive.shown).toMatchObject({ state: 'released', shortfallMinor: 100, attention: null });
    expect(drive.calls.filter((call) => call === 'capture')).toHaveLength(1);
  });

  it('is nothing once it was captured, but gives the rest back at once where that waits to be tried again', () => {
    const drive = ended(CALLABLE).priced(100).captured(ENDED_MS).failed(ENDED_MS);
    expect(drive.running).toBeNull();
    drive.on({ type: 'waive', at: after(ENDED_MS) });
    expect(drive.running).toMatchObject({ step: 'release', amountMinor: 400 });
    expect(drive.shown).toMatchObject({ state: 'captured', shortfallMinor: 0 });
  });

  it('while the capture is under way and then shows: what was taken is told, for a person to refund', () => {
    const drive = ended(CALLABLE).priced(100);
    drive.on({ type: 'waive', at: after(ENDED_MS) }).captured(ENDED_MS);
    expect(drive.shown).toMatchObject({ state: 'captured', attention: 'capturedAfterWaiver' });
    expect(drive.running).toMatchObject({ step: 'release', amountMinor: 400 });
    expect(drive.countOf('issueReceipt')).toBe(1);
  });

  it('while the capture is under way and then is refused: given back, not lost', () => {
    const drive = ended(CALLABLE).priced(100);
    drive.on({ type: 'waive', at: after(ENDED_MS) }).refused(ENDED_MS, authorized());
    drive.released(ENDED_MS);
    expect(drive.shown).toMatchObject({ state: 'released', attention: null });
  });

  it('where nothing can be called is concluded only by a look that shows no capture', () => {
    const drive = ended().priced(100);
    drive.on({ type: 'waive', at: after(ENDED_MS) });
    expect(drive.shown.state).toBe('capturing');
    drive.failed(ENDED_MS);
    expect(drive.running?.step).toBe('read');
    drive.failed(ENDED_MS);
    expect(drive.shown.state).toBe('capturing');
    expect(drive.dueAt).toBe(after(ENDED_MS + MINUTE_MS));
    drive.tick(ENDED_MS + MINUTE_MS).read(ENDED_MS + MINUTE_MS, authorized());
    expect(drive.shown).toMatchObject({ state: 'released', attention: 'releaseNotCallable' });
    expect(drive.adopted).toMatchObject({ releasedMinor: 500, releaseSource: 'assumed' });
  });

  it.each([
    ['no approval', { phase: 'pending' as const }],
    ['no payment', null],
  ])('where nothing can be called, and the look shows %s for now: looked for again later', (_what, shown) => {
    const drive = ended().priced(100);
    drive.on({ type: 'waive', at: after(ENDED_MS) }).failed(ENDED_MS);
    drive.read(ENDED_MS, shown);
    expect(drive.running).toBeNull();
    expect(drive.dueAt).toBe(after(ENDED_MS + MINUTE_MS));
    drive.tick(ENDED_MS + MINUTE_MS).read(ENDED_MS + MINUTE_MS, authorized());
    expect(drive.shown.state).toBe('released');
  });

  it('where nothing can be called, and the look shows the capture: what was taken is told', () => {
    const drive = ended().priced(100);
    drive.on({ type: 'waive', at: after(ENDED_MS) }).failed(ENDED_MS);
    drive.read(ENDED_MS, { ...authorized(), capturedMinor: 100 });
    expect(drive.shown).toMatchObject({ state: 'captured', attention: 'capturedAfterWaiver' });
  });

  it('is not looked for longer than it could be captured: the session ends', () => {
    const drive = ended().priced(100);
    drive.on({ type: 'waive', at: after(ENDED_MS) }).failed(ENDED_MS);
    drive.failed(DEADLINE_MS);
    expect(drive.shown.state).toBe('released');
    expect(drive.adopted).toMatchObject({ releaseSource: 'assumed' });
  });
});

describe('a capture that is given up by an operator', () => {
  it('is written off with its shortfall, and what is held is given back', () => {
    const drive = ended(CALLABLE).priced(100).failed(ENDED_MS).on({ type: 'writeOff' });
    expect(drive.shown).toMatchObject({ state: 'writtenOff', attention: null, shortfallMinor: 100 });
    expect(drive.running).toMatchObject({ step: 'release', amountMinor: 500 });
    drive.released(ENDED_MS).told().slotFreed();
    expect(drive.shown.state).toBe('writtenOff');
    expect(drive.adopted).toMatchObject({
      outcome: 'released',
      releasedMinor: 500,
      releaseSource: 'provider',
    });
    expect(drive.countOf('issueReceipt')).toBe(0);
    expect(drive.texts.filter((kind) => kind === 'nothingCharged')).toHaveLength(1);
    expect(drive.isComplete).toBe(true);
  });

  it('is captured all the same when the release finds the money taken', () => {
    const drive = ended(CALLABLE).priced(100).failed(ENDED_MS).on({ type: 'writeOff' });
    drive.released(ENDED_MS, { capturedMinor: 100, releasedMinor: 400 });
    expect(drive.shown).toMatchObject({
      state: 'captured',
      attention: 'capturedAfterWaiver',
      shortfallMinor: 0,
    });
    expect(drive.countOf('issueReceipt')).toBe(1);
  });

  it('is not tried again, whatever the answer to the call under way', () => {
    const drive = ended(CALLABLE).priced(100).on({ type: 'writeOff' }).failed(ENDED_MS);
    drive.on({ type: 'retryCapture' });
    expect(drive.shown.state).toBe('writtenOff');
    expect(drive.calls.filter((call) => call === 'capture')).toHaveLength(1);
  });

  it.each([
    ['in use', () => inUse()],
    ['not priced yet', () => ended()],
    ['that costs nothing', () => ended(CALLABLE, 0).priced(0)],
  ])('is nothing for a session %s', (_what, begun) => {
    const drive = begun();
    const before = drive.session;
    expect(drive.on({ type: 'writeOff' }).session).toEqual(before);
  });
});

describe('a capture that was lost', () => {
  it('keeps no money of the customer: the reservation is given back, and the loss stays what is told', () => {
    const drive = ended(CALLABLE).priced(100).refused(ENDED_MS, authorized());
    expect(drive.shown).toMatchObject({ state: 'lost', attention: 'captureRefused' });
    expect(drive.running).toMatchObject({ step: 'release', amountMinor: 500 });
    drive.released(ENDED_MS).told().slotFreed();
    expect(drive.shown).toMatchObject({ state: 'lost', attention: 'captureRefused', shortfallMinor: 100 });
    expect(drive.adopted).toMatchObject({ releasedMinor: 500, releaseSource: 'provider' });
    expect(drive.isComplete).toBe(true);
  });

  it('and whose release is refused too is still known as lost', () => {
    const drive = ended(CALLABLE).priced(100).refused(ENDED_MS, authorized()).refused(ENDED_MS);
    expect(drive.shown).toMatchObject({ state: 'lost', attention: 'captureRefused' });
    expect(drive.adopted).toMatchObject({ outcome: 'lost', releaseSource: 'assumed' });
  });

  it('by a refusal that was not true is found when the rest is given back', () => {
    const drive = ended(CALLABLE).priced(100).refused(ENDED_MS, authorized());
    drive.released(ENDED_MS, { capturedMinor: 100, releasedMinor: 400 });
    expect(drive.shown).toMatchObject({ state: 'captured', attention: null, shortfallMinor: 0 });
  });

  it('was made by somebody else: told as a capture, for a person to look at', () => {
    const drive = ended(CALLABLE).priced(100);
    const { running } = drive;
    if (running === null) throw new Error('nothing runs');
    const snapshot = {
      ...authorized(),
      paymentReference: running.paymentReference,
      providerReference: null,
      phase: 'authorized' as const,
      currency: 'NOK' as const,
      requestedMinor: 500,
      authorizedMinor: 500,
      capturedMinor: 100,
      releasedMinor: 0,
      refundedMinor: 0,
      authorizedAt: null,
      captureDeadlineAt: null,
    };
    drive.on({ type: 'captured', paymentNumber: 1, snapshot, byOther: true, at: after(ENDED_MS) });
    expect(drive.shown).toMatchObject({ state: 'captured', attention: 'capturedByOther' });
  });
});

describe('a look that shows money taken by no call of ours', () => {
  it('between two rounds of our own is the capture, and a person is told instead of being told to wait', () => {
    const drive = ended(CALLABLE).priced(100).failed(ENDED_MS).on({ type: 'paymentChanged' });
    expect(drive.shown.attention).toBe('captureDelayed');
    const step = drive.running;
    if (step === null) throw new Error('nothing runs');
    const snapshot = snapshotOf(step, { ...authorized(), capturedMinor: 100 });
    drive.on({ type: 'paymentRead', paymentNumber: 1, snapshot, byOther: true, at: after(ENDED_MS) });
    expect(drive.shown).toMatchObject({ state: 'captured', attention: 'capturedByOther' });
  });
});

describe('an ENDCHARGE that comes too late', () => {
  it('and asks for an earlier end than the one that was settled is reviewed, and changes nothing by itself', () => {
    const drive = inUse().on({ type: 'endNow', at: after(5 * HOUR_MS) });
    drive.priced(500).captured(5 * HOUR_MS);
    drive.text('endCharge', HOUR_MS, 5 * HOUR_MS + MINUTE_MS);
    expect(drive.fresh).toEqual([
      {
        command: 'reviewLateEnd',
        startedAt: after(MINUTE_MS),
        endedAt: after(5 * HOUR_MS),
        lateEndAt: after(HOUR_MS),
        reservedMinor: 500,
      },
    ]);
    expect(drive.shown).toMatchObject({ state: 'captured', endedAt: after(5 * HOUR_MS) });
    expect(drive.adopted.capturedMinor).toBe(500);
  });

  it('and asks for a later end, or repeats the end, is no matter', () => {
    const drive = ended().text('endCharge', ENDED_MS + MINUTE_MS);
    drive.text('endCharge', ENDED_MS);
    expect(drive.countOf('reviewLateEnd')).toBe(0);
  });

  it('and is older than the session is looked up as a message: it may have been meant for an earlier one', () => {
    const drive = inUse().text('endCharge', -MINUTE_MS, HOUR_MS, 'inbox-old');
    expect(drive.fresh).toEqual([
      { command: 'reviewLateMessage', inboxId: 'inbox-old' },
      { command: 'sendText', kind: 'statusActive', n: 1 },
    ]);
    expect(drive.shown.state).toBe('active');
  });
});
