/** The amount used is taken once, or visibly not. Cases 7, 8, 9, 10, 11. */
import { describe, expect, it } from 'vitest';
import { isRoundUnwanted } from '../../../src/domain/session/money-step.ts';
import { LONGEST_ROUND_MS, PRICED_WITHIN_MS } from '../../../src/domain/session/deadlines.ts';
import { viewOf } from '../../../src/domain/session/view.ts';
import { addMs, instantMs } from '../../../src/domain/instant.ts';
import {
  after,
  ASSUMING,
  authorized,
  CALLING,
  CHARGED_AT,
  DAY_MS,
  ended,
  HOUR_MS,
  inUse,
  MINUTE_MS,
  type SessionDrive,
} from './session-drive.ts';

const ENDED_MS = HOUR_MS + MINUTE_MS;
const DEADLINE_MS = MINUTE_MS + 7 * DAY_MS;

describe('the price of the use', () => {
  it('is captured, told, and recorded with its rest', () => {
    const drive = ended().priced(100);
    expect(drive.running).toMatchObject({ step: 'capture', amountMinor: 100, authorizedMinor: 500 });
    drive.captured(ENDED_MS);
    expect(drive.shown).toMatchObject({ state: 'captured', shortfallMinor: 0, attention: null });
    expect(drive.fresh).toEqual([
      { command: 'issueReceipt', operationId: `${drive.shown.sessionId}-capture-1` },
      { command: 'sendText', kind: 'receipt', n: 1 },
    ]);
  });

  it('is never captured above the reservation: the rest is a recorded shortfall (case 8)', () => {
    const drive = ended({}, 6 * HOUR_MS + 10 * MINUTE_MS).priced(700);
    expect(drive.running).toMatchObject({ step: 'capture', amountMinor: 500, authorizedMinor: 500 });
    drive.captured(7 * HOUR_MS);
    expect(drive.shown).toMatchObject({ computedMinor: 700, shortfallMinor: 200 });
  });

  it.each([
    ['nothing', 0],
    ['less than the provider takes', 99],
  ])('of %s is released and not captured (case 7)', (_what, computedMinor) => {
    const drive = ended({ payment: CALLING }, 0).priced(computedMinor);
    drive.released(ENDED_MS);
    expect(drive.calls).not.toContain('capture');
    expect(drive.shown).toMatchObject({
      state: 'released',
      computedMinor,
      shortfallMinor: computedMinor,
      attention: null,
    });
    expect(drive.texts).toEqual(['paymentLink', 'nothingCharged']);
    expect(drive.countOf('issueReceipt')).toBe(0);
  });

  it('of exactly the smallest amount is captured', () => {
    expect(ended().priced(100).running?.step).toBe('capture');
  });

  it('of nothing is not captured where the provider names no smallest amount: 0 may mean "all" to it', () => {
    const drive = ended({ payment: { ...CALLING, minimumCaptureMinor: 0 } }, 0).priced(0);
    expect(drive.running?.step).toBe('release');
  });

  it('is computed once: a second result changes nothing', () => {
    const drive = ended().priced(100).priced(300);
    expect(drive.shown).toMatchObject({ computedMinor: 100, settlement: { amountMinor: 100 } });
  });

  it('is not taken from a result that comes before the use has ended', () => {
    const drive = inUse().priced(300, HOUR_MS);
    expect(drive.shown).toMatchObject({ state: 'active', computedMinor: null, settlement: null });
  });
});

describe('a capture that fails for a while (case 9)', () => {
  it('is tried again with waits that grow to an hour, under one key, and frees the slot meanwhile', () => {
    const drive = ended().told().priced(100);
    const first = drive.running;
    const waitsMs: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      drive.failed(nowMs(drive));
      waitsMs.push(instantMs(drive.dueAt ?? '') - instantMs(drive.shown.now));
      drive.tick(nowMs(drive) + (waitsMs.at(-1) ?? 0));
      if (round === 0) drive.slotFreed();
      expect(drive.running).toEqual(first);
    }
    expect(waitsMs.map((ms) => ms / MINUTE_MS)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(drive.shown).toMatchObject({ attention: 'captureDelayed', slot: 'freed' });
    drive.captured(nowMs(drive));
    expect(drive.shown).toMatchObject({ state: 'captured', attention: null });
  });

  it('is asked for with the next key at once where its key has a no for good, and waits as before if that fails', () => {
    const drive = ended().told().priced(100);
    const { sessionId } = drive.session;
    drive.failed(ENDED_MS);
    expect(drive.shown.attention).toBe('captureDelayed');
    drive.tick(nowMs(drive) + MINUTE_MS).keySpent(nowMs(drive));
    expect(drive.running).toMatchObject({
      step: 'capture',
      operationId: `${sessionId}-capture-2`,
      amountMinor: 100,
    });
    drive.failed(nowMs(drive));
    expect(drive.running).toBeNull();
    expect(drive.dueAt).toBe(addMs(drive.shown.now, 2 * MINUTE_MS));
    drive
      .tick(nowMs(drive) + 2 * MINUTE_MS)
      .keySpent(nowMs(drive))
      .captured(nowMs(drive));
    expect(drive.shown).toMatchObject({ state: 'captured', attention: null });
    expect(drive.commands).toContainEqual({ command: 'issueReceipt', operationId: `${sessionId}-capture-3` });
  });

  it('is not asked for with another key once its price was waived', () => {
    const drive = ended({ payment: CALLING }).told().priced(100).failed(ENDED_MS);
    drive.tick(nowMs(drive) + MINUTE_MS);
    drive.on({ type: 'waive', at: after(nowMs(drive)) }).keySpent(nowMs(drive));
    expect(drive.running).toMatchObject({ step: 'release', amountMinor: 500 });
    drive.released(nowMs(drive));
    expect(drive.shown).toMatchObject({ state: 'released', attention: null });
  });

  it('is tried at once when an operator asks for it', () => {
    const drive = ended().priced(100).failed(ENDED_MS);
    expect(drive.running).toBeNull();
    drive.on({ type: 'retryCapture' });
    expect(drive.running?.step).toBe('capture');
  });

  it('is tried again as soon as its round ends when an operator asked for it meanwhile, and only once more', () => {
    const drive = ended().priced(100);
    drive.on({ type: 'retryCapture' });
    expect(isRoundUnwanted(drive.session)).toBe(true);
    drive.failed(ENDED_MS);
    expect(drive.running?.step).toBe('capture');
    expect(isRoundUnwanted(drive.session)).toBe(false);
    expect(drive.failed(ENDED_MS).running).toBeNull();
  });

  it('is not to be called any more in the round that runs when its price was waived or written off', () => {
    for (const waiver of [{ type: 'waive', at: after(ENDED_MS) }, { type: 'writeOff' }] as const) {
      const drive = ended().priced(100);
      expect(isRoundUnwanted(drive.session)).toBe(false);
      drive.on(waiver);
      expect(isRoundUnwanted(drive.session)).toBe(true);
    }
  });

  it('is expected to be heard of while it runs, also when the session waits for nothing else', () => {
    const drive = ended().told().priced(100).failed(ENDED_MS).slotFreed();
    drive.tick(nowMs(drive) + MINUTE_MS);
    expect(drive.running?.step).toBe('capture');
    expect(drive.dueAt).toBeNull();
    expect(viewOf(drive.session).nextDueAt).toBe(addMs(drive.shown.now, LONGEST_ROUND_MS));
  });

  it('is missed where the price of the use is not told: nothing else would ever ask for a person', () => {
    const drive = ended().told();
    const pricedBy = addMs(drive.shown.now, PRICED_WITHIN_MS);
    drive.tick(nowMs(drive) + 2 * MINUTE_MS).slotFreed();
    expect(drive.dueAt).toBeNull();
    expect(viewOf(drive.session).nextDueAt).toBe(pricedBy);
    drive.tick(nowMs(drive) + 60 * MINUTE_MS);
    expect(viewOf(drive.session)).toMatchObject({ state: 'capturing', nextDueAt: pricedBy });
    drive.priced(100).captured(nowMs(drive));
    expect(viewOf(drive.session).nextDueAt).not.toBe(pricedBy);
  });

  it('is tried a last time at the deadline, then lost for a person to see, and never again', () => {
    const drive = ended()
      .told()
      .priced(100)
      .failed(DEADLINE_MS - 1_000)
      .slotFreed();
    expect(drive.dueAt).toBe(after(DEADLINE_MS));
    drive.tick(DEADLINE_MS).failed(DEADLINE_MS);
    expect(drive.shown).toMatchObject({
      state: 'lost',
      attention: 'captureDeadlinePassed',
      shortfallMinor: 100,
    });
    drive.on({ type: 'retryCapture' });
    expect(drive.running).toBeNull();
    expect(drive.isComplete).toBe(true);
  });
});

describe('a capture that is refused for good (case 10)', () => {
  it('is lost, recorded and not repeated, without a receipt', () => {
    const drive = ended().priced(100).refused(ENDED_MS, authorized());
    expect(drive.shown).toMatchObject({ state: 'lost', attention: 'captureRefused', shortfallMinor: 100 });
    expect(drive.running).toBeNull();
    expect(drive.countOf('issueReceipt')).toBe(0);
    drive.told().slotFreed();
    expect(drive.isComplete).toBe(true);
  });

  it.each([
    ['its amounts', { ...authorized(), releasedMinor: 500 }],
    ['its phase', { phase: 'expired' as const }],
  ])('is lapsed when the provider has given the reservation back, known by %s', (_how, shown) => {
    const drive = ended().priced(100).refused(ENDED_MS, shown);
    expect(drive.shown.state).toBe('lapsed');
    expect(drive.adopted).toMatchObject({ outcome: 'lapsed', releasedMinor: 500, releaseSource: 'provider' });
  });
});

describe('a reservation that the provider gave back during the use', () => {
  it.each([
    ['its amounts', { ...authorized(), releasedMinor: 500 }],
    ['its phase', { phase: 'expired' as const }],
  ])('still lets a use that costs nothing end, known by %s', (_how, shown) => {
    const drive = inUse({ payment: ASSUMING }).on({ type: 'paymentChanged' }).read(HOUR_MS, shown);
    drive.text('endCharge', HOUR_MS).priced(0).told().slotFreed();
    expect(drive.shown.state).toBe('released');
    expect(drive.adopted).toMatchObject({ releasedMinor: 500, releaseSource: 'provider' });
    expect(drive.isComplete).toBe(true);
  });

  it('keeps captured and released within what was authorised when the provider changes its mind', () => {
    const drive = inUse().on({ type: 'paymentChanged' }).read(HOUR_MS, { phase: 'expired' });
    drive.text('endCharge', HOUR_MS).priced(100).captured(HOUR_MS);
    expect(drive.adopted).toMatchObject({ authorizedMinor: 500, capturedMinor: 100, releasedMinor: 400 });
  });
});

describe('money that is seen to be captured already', () => {
  it('while the next round waits: it is the capture, told once, and no capture is called again', () => {
    const drive = ended().priced(100).failed(ENDED_MS);
    drive.on({ type: 'paymentChanged' }).read(ENDED_MS + 10_000, { ...authorized(), capturedMinor: 100 });
    expect(drive.shown).toMatchObject({ state: 'captured', attention: null, shortfallMinor: 0 });
    expect(drive.calls.filter((call) => call === 'capture')).toHaveLength(1);
    expect(drive.countOf('issueReceipt')).toBe(1);
    drive
      .tick(ENDED_MS + HOUR_MS)
      .told()
      .slotFreed();
    expect(drive.calls.filter((call) => call === 'capture')).toHaveLength(1);
    expect(drive.isComplete).toBe(true);
  });

  it('by a look just before the deadline: it is captured, not lost', () => {
    const drive = ended()
      .priced(100)
      .failed(DEADLINE_MS - 1_000);
    drive.on({ type: 'paymentChanged' }).read(DEADLINE_MS, { ...authorized(), capturedMinor: 100 });
    expect(drive.shown.state).toBe('captured');
  });

  it('with the answer that refuses a capture: it is captured, not lost', () => {
    const drive = ended()
      .priced(100)
      .refused(ENDED_MS, { ...authorized(), capturedMinor: 100 });
    expect(drive.shown).toMatchObject({ state: 'captured', attention: null });
    expect(drive.countOf('issueReceipt')).toBe(1);
  });

  it('in another amount than ours: recorded as it is, for a person to look at', () => {
    const drive = ended().priced(100).captured(ENDED_MS, { capturedMinor: 300 });
    expect(drive.shown).toMatchObject({ state: 'captured', attention: 'capturedAmountDiffers' });
    expect(drive.adopted).toMatchObject({ capturedMinor: 300, releasedMinor: 200 });
  });

  it('before the use was priced: nothing more is captured', () => {
    const drive = inUse()
      .on({ type: 'paymentChanged' })
      .read(HOUR_MS, { ...authorized(), capturedMinor: 300 });
    drive.text('endCharge', ENDED_MS).priced(100);
    expect(drive.calls).not.toContain('capture');
    expect(drive.shown).toMatchObject({ state: 'captured', attention: 'capturedAmountDiffers' });
  });

  it('when the use costs nothing: the customer is not told that nothing was charged', () => {
    const drive = ended({ payment: CALLING })
      .priced(0)
      .released(ENDED_MS, { capturedMinor: 500, releasedMinor: 0 });
    expect(drive.shown).toMatchObject({ state: 'captured', attention: 'capturedAmountDiffers' });
    expect(drive.texts).not.toContain('nothingCharged');
  });
});

describe('what an operator must see', () => {
  it('is not wiped away by a capture that succeeds in the end', () => {
    const drive = ended().priced(100);
    drive.session.attention.push('releaseRefused');
    drive
      .failed(ENDED_MS)
      .tick(ENDED_MS + MINUTE_MS)
      .captured(ENDED_MS + MINUTE_MS);
    expect(drive.shown).toMatchObject({ state: 'captured', attention: 'releaseRefused' });
  });
});

function nowMs(drive: SessionDrive): number {
  return instantMs(drive.shown.now) - instantMs(CHARGED_AT);
}
