/** The use: its end, its limit, the warning, the reservation used up. Cases 1, 6, 8. */
import { describe, expect, it } from 'vitest';
import { viewOf } from '../../../src/domain/session/view.ts';
import type { SessionTerms } from '../../../src/domain/session-terms.ts';
import {
  after,
  ASSUMING,
  DAY_MS,
  ended,
  HOUR_MS,
  inUse,
  MINUTE_MS,
  SECOND_MS,
  SessionDrive,
} from './session-drive.ts';

/** Every use here starts then. */
const STARTED_MS = MINUTE_MS;

function usedUpAt(drive: SessionDrive, ms: number | null): SessionDrive {
  return drive.on({ type: 'usedUpAtComputed', usedUpAt: ms === null ? null : after(ms) });
}

describe('the use ends', () => {
  it('at the gateway’s time of the ENDCHARGE, not when it reached us (case 1)', () => {
    const drive = inUse().text('endCharge', HOUR_MS, 3 * HOUR_MS);
    expect(drive.shown).toMatchObject({
      state: 'capturing',
      endedAt: after(HOUR_MS),
      endReason: 'customer',
    });
    expect(drive.fresh).toEqual([
      { command: 'priceUsage', startedAt: after(STARTED_MS), endedAt: after(HOUR_MS) },
    ]);
  });

  it('no later than the ENDCHARGE first reached us, where the gateway’s clock is ahead', () => {
    expect(inUse().text('endCharge', 3 * HOUR_MS, HOUR_MS).shown.endedAt).toBe(after(HOUR_MS));
  });

  it('no earlier than it started: such a use costs nothing', () => {
    const drive = inUse().text('endCharge', 10 * SECOND_MS, 2 * MINUTE_MS);
    expect(drive.shown.endedAt).toBe(after(STARTED_MS));
  });

  it('when an operator says so', () => {
    const drive = inUse().on({ type: 'endNow', at: after(HOUR_MS) });
    expect(drive.shown).toMatchObject({ endedAt: after(HOUR_MS), endReason: 'operator' });
    drive.on({ type: 'endNow', at: after(2 * HOUR_MS) });
    expect(drive.shown.endedAt).toBe(after(HOUR_MS));
  });
});

describe('an ENDCHARGE that never comes (case 6)', () => {
  it('is made good by a warning, then by the partner’s limit, to the millisecond', () => {
    const drive = usedUpAt(inUse(), null);
    const limitMs = STARTED_MS + DAY_MS;
    expect(drive.dueAt).toBe(after(limitMs - 30 * MINUTE_MS));
    drive.tick(limitMs - 30 * MINUTE_MS);
    expect(drive.freshTexts).toEqual(['warning']);
    expect(drive.dueAt).toBe(after(limitMs));
    drive.tick(limitMs - 1);
    expect(drive.shown.state).toBe('active');
    drive.tick(limitMs);
    expect(drive.shown).toMatchObject({ state: 'capturing', endedAt: after(limitMs), endReason: 'limit' });
  });

  it('is bounded by the capture deadline less two days, so that the capture has time to be tried', () => {
    const drive = inUse({ sessionLimitMs: 30 * DAY_MS });
    expect(drive.shown.limitAt).toBe(after(STARTED_MS + 5 * DAY_MS));
  });

  it('is bounded by the deadline the provider itself names', () => {
    const drive = new SessionDrive({ sessionLimitMs: 30 * DAY_MS }).reserved();
    drive.approved(STARTED_MS, STARTED_MS, { captureDeadlineAt: after(3 * DAY_MS) });
    expect(drive.shown.limitAt).toBe(after(DAY_MS));
  });

  it('ends at once and costs nothing where the deadline leaves no time for a use', () => {
    const drive = inUse({ payment: { ...ASSUMING, captureDeadlineMs: DAY_MS } });
    expect(drive.shown).toMatchObject({
      state: 'capturing',
      startedAt: after(STARTED_MS),
      endedAt: after(STARTED_MS),
      endReason: 'limit',
    });
    expect(drive.texts).toEqual(['paymentLink']);
  });

  it('is warned of at once where the limit is shorter than the time of warning, and once', () => {
    const drive = inUse({ sessionLimitMs: 20 * MINUTE_MS });
    expect(drive.freshTexts).toEqual(['warning']);
    expect(drive.tick(10 * MINUTE_MS).freshTexts).toEqual([]);
    expect(viewOf(drive.session).limitAt).toBe(after(STARTED_MS + 20 * MINUTE_MS));
  });

  it('is not warned of when the warning would come with the end', () => {
    const drive = inUse({ warningBeforeLimitMs: 0 }).tick(STARTED_MS + DAY_MS);
    expect(drive.texts).toEqual(['paymentLink']);
  });
});

describe('a reservation that is used up (case 8)', () => {
  const usedUpMs = STARTED_MS + 5 * HOUR_MS + 5 * MINUTE_MS + 1;

  it('is told once, and the use goes on where the partner wants it so', () => {
    const drive = usedUpAt(inUse({ whenUsedUp: 'continue' }), usedUpMs);
    expect(drive.dueAt).toBe(after(usedUpMs));
    expect(drive.tick(usedUpMs - 1).freshTexts).toEqual([]);
    expect(drive.tick(usedUpMs).freshTexts).toEqual(['usedUpContinue']);
    expect(drive.tick(usedUpMs + HOUR_MS).freshTexts).toEqual([]);
    expect(drive.shown.state).toBe('active');
  });

  it('ends the use where the partner wants that, in the last millisecond that is paid for', () => {
    const drive = usedUpAt(inUse({ whenUsedUp: 'end' }), usedUpMs).tick(usedUpMs);
    expect(drive.shown).toMatchObject({
      state: 'capturing',
      endedAt: after(usedUpMs - 1),
      endReason: 'usedUp',
    });
    expect(drive.freshTexts).toEqual(['usedUpEnded']);
  });

  it('never ends before it began, where even the first millisecond costs more', () => {
    const drive = usedUpAt(inUse({ whenUsedUp: 'end' }), STARTED_MS);
    expect(drive.shown.endedAt).toBe(after(STARTED_MS));
  });

  it('is not spoken of where the limit comes first', () => {
    const terms: Partial<SessionTerms> = { sessionLimitMs: 5 * HOUR_MS, whenUsedUp: 'end' };
    const drive = usedUpAt(inUse(terms), usedUpMs).tick(7 * HOUR_MS);
    expect(drive.shown).toMatchObject({ endReason: 'limit', endedAt: after(STARTED_MS + 5 * HOUR_MS) });
    expect(drive.texts).not.toContain('usedUpEnded');
  });

  it('at the very instant of the limit ends the use a millisecond before: no shortfall where the partner wants none', () => {
    const terms: Partial<SessionTerms> = { sessionLimitMs: usedUpMs - STARTED_MS, whenUsedUp: 'end' };
    const drive = usedUpAt(inUse(terms), usedUpMs).tick(usedUpMs);
    expect(drive.shown).toMatchObject({ endReason: 'usedUp', endedAt: after(usedUpMs - 1) });
  });

  it('at the very instant of the limit is not spoken of where the use would go on', () => {
    const terms: Partial<SessionTerms> = { sessionLimitMs: usedUpMs - STARTED_MS, whenUsedUp: 'continue' };
    const drive = usedUpAt(inUse(terms), usedUpMs).tick(usedUpMs);
    expect(drive.shown).toMatchObject({ endReason: 'limit', endedAt: after(usedUpMs) });
    expect(drive.texts).not.toContain('usedUpContinue');
  });
});

describe('an ENDCHARGE that is handled after the session should have ended itself (we were down)', () => {
  it('does not bill past the limit', () => {
    const drive = inUse().text('endCharge', STARTED_MS + 30 * HOUR_MS);
    expect(drive.shown).toMatchObject({ endedAt: after(STARTED_MS + DAY_MS), endReason: 'limit' });
  });

  it('does not bill past the reservation where that ends the use, and says why it ended', () => {
    const usedUpMs = STARTED_MS + 5 * HOUR_MS + 1;
    const drive = usedUpAt(inUse({ whenUsedUp: 'end' }), usedUpMs).text(
      'endCharge',
      STARTED_MS + 8 * HOUR_MS,
    );
    expect(drive.shown).toMatchObject({ endedAt: after(usedUpMs - 1), endReason: 'usedUp' });
    expect(drive.freshTexts).toEqual(['usedUpEnded']);
  });

  it('ends at its own time when that was before', () => {
    const usedUpMs = STARTED_MS + 5 * HOUR_MS + 1;
    const drive = usedUpAt(inUse({ whenUsedUp: 'end' }), usedUpMs);
    drive.text('endCharge', STARTED_MS + 2 * HOUR_MS, STARTED_MS + 30 * HOUR_MS);
    expect(drive.shown).toMatchObject({ endedAt: after(STARTED_MS + 2 * HOUR_MS), endReason: 'customer' });
    expect(drive.texts).toEqual(['paymentLink']);
  });

  it('holds for an operator who ends it late', () => {
    const drive = inUse().on({ type: 'endNow', at: after(3 * DAY_MS) });
    expect(drive.shown).toMatchObject({ endedAt: after(STARTED_MS + DAY_MS), endReason: 'limit' });
  });
});

it('shows where it stands, with amounts and instants only', () => {
  const drive = ended()
    .priced(100)
    .captured(HOUR_MS + MINUTE_MS);
  expect(viewOf(drive.session)).toMatchObject({
    state: 'captured',
    transactionId: 'at-provider-1',
    startedAt: after(STARTED_MS),
    endedAt: after(STARTED_MS + HOUR_MS),
    reservedMinor: 500,
    computedMinor: 100,
    capturedMinor: 100,
    releasedMinor: 400,
    releaseSource: 'assumed',
    shortfallMinor: 0,
    needsAttention: false,
  });
});
