/** What is not captured is given back: by our call, by the provider, or assumed where nothing can be called. Case 12. */
import { describe, expect, it } from 'vitest';
import {
  after,
  ASSUMING,
  authorized,
  CALLING,
  DAY_MS,
  ended,
  HOUR_MS,
  inUse,
  MINUTE_MS,
  SessionDrive,
} from './session-drive.ts';

const ENDED_MS = HOUR_MS + MINUTE_MS;

describe('the rest after a partial capture', () => {
  it('is released by our call where there is one, and known from it', () => {
    const drive = ended({ payment: CALLING }).priced(100).captured(ENDED_MS);
    expect(drive.running).toMatchObject({ step: 'release', amountMinor: 400 });
    drive.released(ENDED_MS, { capturedMinor: 100, releasedMinor: 400 }).told().slotFreed();
    expect(drive.adopted).toMatchObject({ capturedMinor: 100, releasedMinor: 400, outcome: 'captured' });
    expect(drive.adopted.releaseSource).not.toBe('assumed');
    expect(drive.shown).toMatchObject({ state: 'captured', attention: null });
    expect(drive.isComplete).toBe(true);
  });

  it('is known from our call when the read back does not show it', () => {
    const drive = ended({ payment: CALLING }).priced(100).captured(ENDED_MS);
    drive.released(ENDED_MS, { capturedMinor: 100, releasedMinor: 0 });
    expect(drive.adopted).toMatchObject({ releasedMinor: 400, releaseSource: 'call' });
  });

  it('is recorded as assumed, never as proven, where nothing can be called and nothing is shown', () => {
    const drive = ended({ payment: ASSUMING }).priced(100).captured(ENDED_MS);
    expect(drive.adopted).toMatchObject({ stage: 'settled', releasedMinor: 400, releaseSource: 'assumed' });
    expect(drive.calls.at(-1)).toBe('capture');
  });

  it('is known from the provider when its read after the capture shows it', () => {
    const payment = { ...CALLING, release: 'automaticAfterCapture' as const };
    const drive = ended({ payment }).priced(100);
    drive.captured(ENDED_MS, { releasedMinor: 400 });
    expect(drive.adopted).toMatchObject({ stage: 'settled', releasedMinor: 400, releaseSource: 'provider' });
  });

  it('keeps what was authorised when the read after the capture shows only what was captured (Paycore)', () => {
    const drive = ended().priced(100);
    const { shown } = drive.captured(ENDED_MS, { authorizedMinor: 100, requestedMinor: 100 });
    expect(shown.attempts[0]).toMatchObject({
      authorizedMinor: 500,
      capturedMinor: 100,
      releasedMinor: 400,
    });
  });

  it('is nothing after a whole capture: no release is called', () => {
    const drive = ended({ payment: CALLING }, 5 * HOUR_MS)
      .priced(500)
      .captured(6 * HOUR_MS);
    expect(drive.adopted).toMatchObject({
      stage: 'settled',
      capturedMinor: 500,
      releasedMinor: 0,
      releaseSource: null,
    });
    expect(drive.calls).not.toContain('release');
  });
});

describe('a release that does not succeed', () => {
  it('is tried again with growing waits, under the same key, while an operator can see it', () => {
    const drive = ended({ payment: CALLING }).priced(0);
    const first = drive.running;
    drive.failed(ENDED_MS);
    expect(drive.shown.attention).toBe('releaseDelayed');
    expect(drive.dueAt).toBe(after(ENDED_MS + MINUTE_MS));
    drive.tick(ENDED_MS + MINUTE_MS).failed(ENDED_MS + MINUTE_MS);
    expect(drive.adopted.release.retryAt).toBe(after(ENDED_MS + 3 * MINUTE_MS));
    drive.tick(ENDED_MS + 3 * MINUTE_MS);
    expect(drive.running).toEqual(first);
    drive.released(ENDED_MS + 3 * MINUTE_MS);
    expect(drive.shown).toMatchObject({ state: 'released', attention: null });
  });

  it('is asked for with the next key at once where its key has a no for good', () => {
    const drive = ended({ payment: CALLING }).priced(0).failed(ENDED_MS);
    drive.tick(ENDED_MS + MINUTE_MS).keySpent(ENDED_MS + MINUTE_MS);
    const { sessionId } = drive.session;
    expect(drive.running).toMatchObject({ operationId: `${sessionId}-release-2`, amountMinor: 500 });
    drive.released(ENDED_MS + MINUTE_MS);
    expect(drive.shown).toMatchObject({ state: 'released', attention: null });
  });

  it('does not keep the session open for ever: at the capture deadline the hold is over and a person looks', () => {
    const drive = ended({ payment: CALLING }).priced(0).told().failed(ENDED_MS);
    const deadlineMs = MINUTE_MS + 7 * DAY_MS;
    drive.tick(deadlineMs).failed(deadlineMs).told().slotFreed();
    expect(drive.shown).toMatchObject({ state: 'released', attention: 'releaseDeadlinePassed' });
    expect(drive.adopted).toMatchObject({ outcome: 'lapsed', releasedMinor: 500, releaseSource: 'assumed' });
    expect(drive.isComplete).toBe(true);
  });

  it('needs nobody any more when a look shows that an unanswered call had released it', () => {
    const drive = ended({ payment: CALLING }).priced(0).failed(ENDED_MS).on({ type: 'paymentChanged' });
    drive.read(ENDED_MS, { ...authorized(), releasedMinor: 500 });
    expect(drive.shown).toMatchObject({ state: 'released', attention: null });
    expect(drive.adopted).toMatchObject({ releasedMinor: 500, releaseSource: 'provider' });
    drive.tick(2 * HOUR_MS);
    expect(drive.running).toBeNull();
  });

  it('is an operator’s matter when refused for good, and never called again', () => {
    const drive = ended({ payment: CALLING }).priced(0).refused(ENDED_MS).told().slotFreed();
    expect(drive.shown.attention).toBe('releaseRefused');
    expect(drive.adopted).toMatchObject({ releaseSource: 'assumed', releasedMinor: 500 });
    expect(drive.isComplete).toBe(true);
  });
});

describe('a whole reservation that costs nothing', () => {
  it('is only assumed to be given back where nothing can be called, and a person is told', () => {
    const drive = ended({ payment: ASSUMING }).priced(0);
    expect(drive.shown).toMatchObject({ state: 'released', attention: 'releaseNotCallable' });
    expect(drive.adopted).toMatchObject({ releasedMinor: 500, releaseSource: 'assumed' });
  });

  it('is released by our call also where the provider gives back only after a capture', () => {
    const payment = { ...CALLING, release: 'automaticAfterCapture' as const };
    expect(ended({ payment }).priced(0).running?.step).toBe('release');
  });
});

it('shows an operator money that was captured from a payment nobody used', () => {
  const drive = new SessionDrive({ payment: CALLING }).reserved().text('endCharge', MINUTE_MS);
  drive
    .read(2 * MINUTE_MS, { ...authorized(), authorizedAt: after(MINUTE_MS), capturedMinor: 500 })
    .told()
    .slotFreed();
  expect(drive.shown).toMatchObject({ state: 'cancelled', attention: 'capturedAmountDiffers' });
  expect(drive.texts).not.toContain('lateApprovalReleased');
  expect(drive.countOf('issueReceipt')).toBe(0);
  expect(drive.isComplete).toBe(true);
});

it('releases an approval that nobody waits for any more, and says so once', () => {
  const drive = new SessionDrive({ payment: { ...CALLING, abandon: false } }).reserved();
  drive.text('endCharge', MINUTE_MS).read(MINUTE_MS, { phase: 'pending' });
  drive.approved(2 * MINUTE_MS).on({ type: 'paymentChanged' });
  expect(drive.running).toMatchObject({ step: 'release', amountMinor: 500 });
  drive
    .released(2 * MINUTE_MS)
    .told()
    .slotFreed();
  expect(drive.texts).toEqual(['paymentLink', 'cancelled', 'lateApprovalReleased']);
  expect(drive.isComplete).toBe(true);
});

it('looks at the reservation during the use when the provider says it changed, without harm', () => {
  const drive = inUse().on({ type: 'paymentChanged' }).read(HOUR_MS, authorized());
  expect(drive.shown.state).toBe('active');
  expect(drive.running).toBeNull();
});
