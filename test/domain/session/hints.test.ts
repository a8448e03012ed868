/** Hints that the payment has changed: each is followed by a look, however many come, and a flood costs few looks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAnswerAwaited } from '../../../src/domain/session/decide.ts';
import { expectedBy } from '../../../src/domain/session/deadlines.ts';
import { instantMs } from '../../../src/domain/instant.ts';
import {
  after,
  authorized,
  CALLING,
  CHARGED_AT,
  DAY_MS,
  ended,
  HOUR_MS,
  inUse,
  MINUTE_MS,
  SECOND_MS,
  SessionDrive,
} from './session-drive.ts';

const LONG_USE = {
  sessionLimitMs: 30 * DAY_MS,
  payment: { ...inUse().session.terms.payment, captureDeadlineMs: 90 * DAY_MS },
};

/** Lets all that is due up to `ms` happen; every look is answered at once with what `shown` says. */
function until(drive: SessionDrive, ms: number, shown: Parameters<SessionDrive['read']>[1]): void {
  for (;;) {
    if (drive.running) drive.read(instantMs(drive.shown.now) - instantMs(CHARGED_AT), shown);
    const { dueAt } = drive;
    if (drive.running) continue;
    if (dueAt === null || instantMs(dueAt) > instantMs(after(ms))) return;
    drive.on({ type: 'tick', at: dueAt });
  }
}

function hint(drive: SessionDrive, ms: number): void {
  drive.on({ type: 'paymentChanged', at: after(ms) });
}

function looks(drive: SessionDrive): number {
  return drive.calls.filter((call) => call === 'read').length;
}

describe('hints', () => {
  it('are followed at once, the first ten of them', () => {
    const drive = inUse(LONG_USE);
    const before = looks(drive);
    for (let n = 1; n <= 10; n += 1) {
      hint(drive, HOUR_MS + n * SECOND_MS);
      expect(drive.running?.step).toBe('read');
      drive.read(HOUR_MS + n * SECOND_MS, authorized());
    }
    expect(looks(drive) - before).toBe(10);
  });

  it('of every minute of a use of 30 days cost about one look an hour', () => {
    const drive = inUse(LONG_USE);
    for (let ms = 2 * MINUTE_MS; ms < 29 * DAY_MS; ms += MINUTE_MS) {
      until(drive, ms, authorized());
      hint(drive, ms);
    }
    expect(drive.shown.state).toBe('active');
    expect(looks(drive)).toBeGreaterThan(29 * 24 - 10);
    expect(looks(drive)).toBeLessThan(29 * 24 + 40);
  });

  it('of 5,000 views of a page in 15 minutes that a payment waits cost no more than forty looks', () => {
    const drive = new SessionDrive().reserved();
    for (let n = 0; n < 5_000; n += 1) {
      const ms = 2 * SECOND_MS + Math.floor((n * 14 * MINUTE_MS) / 5_000);
      until(drive, ms, { phase: 'pending' });
      hint(drive, ms);
    }
    expect(drive.shown.state).toBe('awaitingApproval');
    expect(looks(drive)).toBeLessThan(40);
  });

  it('do not put the end of a link off: what nobody approved by then is over', () => {
    const drive = new SessionDrive().reserved();
    for (let ms = 2 * SECOND_MS; ms < 20 * MINUTE_MS; ms += SECOND_MS) {
      until(drive, ms, { phase: 'pending' });
      if (drive.shown.state === 'awaitingApproval') hint(drive, ms);
    }
    expect(drive.shown.state).toBe('expired');
    expect(drive.shown.overAt).toBe(after(15 * MINUTE_MS));
  });

  it('that came during the look which shows the approval are followed by another look', () => {
    const drive = new SessionDrive().reserved();
    for (let n = 0; n < 11; n += 1) {
      hint(drive, 2_000 + n);
      if (drive.running) drive.read(2_000 + n, { phase: 'pending' });
    }
    until(drive, MINUTE_MS, { phase: 'pending' });
    drive.tick(2 * MINUTE_MS);
    expect(drive.running?.step).toBe('read');
    const planned = drive.attempt(1).reads.hints;
    hint(drive, 2 * MINUTE_MS);
    hint(drive, 2 * MINUTE_MS + 1);
    expect(drive.attempt(1).reads.hints).toBe(planned + 1);
    drive.read(2 * MINUTE_MS + 2, authorized());
    expect(drive.shown.state).toBe('active');
    expect(drive.running?.step).toBe('read');
  });

  it('that share a look keep it when a regular one comes before', () => {
    const drive = new SessionDrive().reserved();
    for (let ms = 2 * SECOND_MS; ms <= 130 * SECOND_MS; ms += 2 * SECOND_MS) {
      until(drive, ms, { phase: 'pending' });
      hint(drive, ms);
    }
    hint(drive, 131 * SECOND_MS);
    until(drive, 191 * SECOND_MS, { phase: 'pending' });
    expect(instantMs(drive.attempt(1).reads.begunAt ?? CHARGED_AT)).toBeGreaterThan(
      instantMs(after(131 * SECOND_MS)),
    );
  });

  it('do not put off the looks that an end waits for', () => {
    const drive = new SessionDrive({ payment: CALLING }).reserved();
    for (let n = 0; n < 16; n += 1) {
      until(drive, (3 + n) * SECOND_MS, { phase: 'pending' });
      hint(drive, (3 + n) * SECOND_MS);
    }
    until(drive, 40 * SECOND_MS, { phase: 'pending' });
    drive.text('endCharge', 41 * SECOND_MS);
    for (let ms = 41 * SECOND_MS; drive.shown.state === 'awaitingApproval'; ms += SECOND_MS) {
      if (drive.running) drive.failed(ms);
      if (ms % (5 * SECOND_MS) === 0) hint(drive, ms);
      if (drive.running) drive.failed(ms);
      const { dueAt } = drive;
      if (dueAt !== null && instantMs(dueAt) <= instantMs(after(ms))) drive.on({ type: 'tick', at: dueAt });
    }
    expect(instantMs(drive.shown.now)).toBeLessThanOrEqual(
      instantMs(after(41 * SECOND_MS + 315 * SECOND_MS)),
    );
  });

  it('are each followed by a look that begins after them, within a minute while a payment waits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 200, size: 'max' }),
        (gapsMs) => {
          const drive = new SessionDrive({ linkLifeMs: DAY_MS }).reserved();
          let ms = 2_000;
          for (const gapMs of gapsMs) {
            ms += gapMs;
            until(drive, ms, { phase: 'pending' });
            hint(drive, ms);
          }
          const begun = drive.running ? after(ms) : null;
          until(drive, ms + MINUTE_MS, { phase: 'pending' });
          const { begunAt } = drive.attempt(1).reads;
          expect(instantMs(begun ?? begunAt ?? CHARGED_AT)).toBeGreaterThanOrEqual(instantMs(after(ms)));
        },
      ),
    );
  });
});

describe('a session that could go on as a new run', () => {
  it('waits for what it asked for: a read, the price of its use, a text, the freeing of its slot', () => {
    expect(isAnswerAwaited(inUse().session)).toBe(true);
    const reading = inUse().told();
    expect(isAnswerAwaited(reading.session)).toBe(false);
    hint(reading, HOUR_MS);
    expect(isAnswerAwaited(reading.session)).toBe(true);
    expect(isAnswerAwaited(ended().told().session)).toBe(true);
    const captured = ended()
      .priced(100)
      .captured(2 * HOUR_MS);
    expect(isAnswerAwaited(captured.session)).toBe(true);
    expect(captured.told().shown.slot).toBe('freeing');
    expect(isAnswerAwaited(captured.session)).toBe(true);
    expect(isAnswerAwaited(captured.slotFreed().session)).toBe(false);
  });

  it('is expected to act again where a call is to be made, also before it is', () => {
    const captured = ended({ payment: CALLING })
      .priced(100)
      .captured(2 * HOUR_MS)
      .told()
      .slotFreed();
    const notBegun = { ...captured.session, moneyStep: { ...captured.session.moneyStep, running: null } };
    expect(expectedBy(notBegun)).not.toBeNull();
  });
});
