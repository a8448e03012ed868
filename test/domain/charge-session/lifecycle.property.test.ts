import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionTerms } from '../../../src/domain/session-terms.ts';
import { heldMinorOf } from './provider-model.ts';
import { ASSUMING, CALLING, DAY_MS, HOUR_MS, MINUTE_MS, ON_OPEN, SECOND_MS } from './session-drive.ts';
import { SessionWorldModel, type Action, type WorldOptions } from './session-world-model.ts';

const waits = fc.oneof(
  fc.constantFrom(0, 1, SECOND_MS, 5 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS + 1, DAY_MS),
  fc.integer({ min: 0, max: 20 * MINUTE_MS }),
  fc.integer({ min: 0, max: 2 * DAY_MS }),
);

const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('text' as const),
      type: fc.constantFrom('endCharge' as const, 'chargeRepeated' as const, 'statusRequested' as const),
      sentAgoMs: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 0, max: MINUTE_MS }),
        // A gateway whose clock is ahead of ours; a text that was held up for hours.
        fc.integer({ min: -MINUTE_MS, max: 3 * HOUR_MS }),
      ),
    }),
  },
  fc.constant<Action>({ do: 'repeatText' }),
  { weight: 2, arbitrary: fc.constant<Action>({ do: 'callback' }) },
  { weight: 2, arbitrary: fc.constant<Action>({ do: 'tap' }) },
  { weight: 3, arbitrary: fc.constant<Action>({ do: 'approve' }) },
  fc.constant<Action>({ do: 'decline' }),
  fc.constantFrom<Action>({ do: 'lapse', shownAs: 'amounts' }, { do: 'lapse', shownAs: 'phase' }),
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: waits }) },
  fc.constantFrom<Action>({ do: 'endNow' }, { do: 'retryCapture' }, { do: 'releaseNow' }, { do: 'writeOff' }),
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('finishMoneyStep' as const),
      outcome: fc.constantFrom(
        'ok' as const,
        'ok' as const,
        'ok' as const,
        'refused' as const,
        'failed' as const,
        'failedAfterActing' as const,
      ),
    }),
  },
  { weight: 3, arbitrary: fc.constant<Action>({ do: 'finishCommand' }) },
);

const terms: fc.Arbitrary<Partial<SessionTerms>> = fc.record({
  payment: fc
    .record({
      rules: fc.constantFrom(
        ASSUMING,
        CALLING,
        ON_OPEN,
        { ...CALLING, abandon: false },
        {
          ...CALLING,
          release: 'automaticAfterCapture' as const,
        },
        { ...ASSUMING, release: 'lapses' as const },
      ),
      captureDeadlineMs: fc.constantFrom(7 * DAY_MS, 7 * DAY_MS, 3 * DAY_MS, DAY_MS),
    })
    .map(({ rules, captureDeadlineMs }) => ({ ...rules, captureDeadlineMs })),
  linkLifeMs: fc.constantFrom(15 * MINUTE_MS, MINUTE_MS, HOUR_MS, HOUR_MS),
  sessionLimitMs: fc.constantFrom(DAY_MS, DAY_MS, 20 * MINUTE_MS, 5 * HOUR_MS + 1),
  whenUsedUp: fc.constantFrom('end' as const, 'continue' as const),
});

const worlds: fc.Arbitrary<WorldOptions> = fc.record({
  terms,
  providerSaysWhen: fc.boolean(),
  priceMinorPerHour: fc.constantFrom(100, 100, 60, 0, 250),
});

/** Most histories begin with a session in use: otherwise few would get far. */
const beginnings: fc.Arbitrary<Action[]> = fc.constantFrom<Action[][]>(
  [],
  [{ do: 'tap' }, { do: 'finishMoneyStep', outcome: 'ok' }],
  [
    { do: 'tap' },
    { do: 'finishMoneyStep', outcome: 'ok' },
    { do: 'wait', ms: 10 * MINUTE_MS },
    { do: 'finishMoneyStep', outcome: 'ok' },
    { do: 'tap' },
    { do: 'finishMoneyStep', outcome: 'ok' },
    { do: 'finishMoneyStep', outcome: 'ok' },
  ],
  [
    { do: 'tap' },
    { do: 'finishMoneyStep', outcome: 'ok' },
    { do: 'approve' },
    { do: 'callback' },
    { do: 'finishMoneyStep', outcome: 'ok' },
  ],
  [
    { do: 'tap' },
    { do: 'finishMoneyStep', outcome: 'ok' },
    { do: 'approve' },
    { do: 'callback' },
    { do: 'finishMoneyStep', outcome: 'ok' },
    { do: 'wait', ms: HOUR_MS },
    { do: 'text', type: 'endCharge', sentAgoMs: 0 },
    { do: 'finishCommand' },
    { do: 'finishCommand' },
    { do: 'finishCommand' },
  ],
);

const histories = fc.tuple(beginnings, fc.array(actions, { maxLength: 40 })).map(([a, b]) => [...a, ...b]);

function play(options: WorldOptions, history: Action[]): SessionWorldModel {
  const world = new SessionWorldModel(options);
  for (const action of history) world.act(action);
  return world;
}

describe('every session, whatever happens to it', () => {
  it('keeps the promises about money at every moment, and ends with every payment accounted for', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(worlds, histories, (options, history) => {
        const world = play(options, history);
        world.runOut(() => 'ok', 9 * DAY_MS);
        assertAccounts(world);
        reached.add(world.session.state);
        if (world.session.attempts.length > 1) reached.add('second payment');
      }),
      { numRuns: 3_000 },
    );
    expect([...reached].toSorted(), 'the histories are not all alike').toEqual([
      'cancelled',
      'captured',
      'declined',
      'expired',
      'lapsed',
      'lost',
      'released',
      'second payment',
      'writtenOff',
    ]);
  });

  it('ends although the provider never answers again', () => {
    fc.assert(
      fc.property(
        worlds,
        histories,
        fc.constantFrom('failed' as const, 'failedAfterActing' as const, 'refused' as const),
        (options, history, outcome) => {
          const world = play(options, history);
          world.runOut((step) => (step.step === 'reserve' ? 'failed' : outcome), 17 * DAY_MS);
        },
      ),
      { numRuns: 200 },
    );
  });
});

function assertAccounts(world: SessionWorldModel): void {
  const { session, provider } = world;
  for (const attempt of session.attempts) {
    const { authorizedMinor, capturedMinor, releasedMinor } = attempt;
    expect(capturedMinor + releasedMinor, 'captured + released = authorized').toBe(authorizedMinor);
  }
  for (const payment of provider.payments) {
    const attempt = session.attempts.find((candidate) => candidate.attempt === payment.attempt);
    if (!attempt) throw new Error('the provider has a payment the session does not know');
    const recorded = session.attention !== null;
    if (!recorded)
      expect(attempt.capturedMinor, 'our numbers equal the provider’s').toBe(payment.capturedMinor);
    const isHeld = heldMinorOf(payment) > 0;
    if (isHeld) expect(attempt.releaseSource === 'assumed' || recorded, 'nothing is held unseen').toBe(true);
  }
  if (session.state === 'captured') expect(provider.captures).toHaveLength(1);
  if (session.state === 'released') expect(provider.captures).toHaveLength(0);
  expect(session.slot).toBe('freed');
}
