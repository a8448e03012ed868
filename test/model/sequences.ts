/** Arbitrary histories of one session. Most begin somewhere: otherwise few would get far. */
import fc from 'fast-check';
import {
  OPERATOR_EVENTS,
  REACH_CAPTURE,
  REACH_LOOK_ACROSS_END,
  REACH_LOST,
  REACH_SPENT_KEY,
  REACH_OLD_LOOK,
  REACH_WAIVED_TOO_LATE,
  REACH_DEADLINE,
  REACH_PENDING,
  REACH_UNCERTAIN,
  REACH_USE,
  REACH_WITHDRAWAL,
  type Action,
  type Ending,
  type OperatorAction,
  type WorldOptions,
} from './actions.ts';
import type { ModelWorld } from './model-world.ts';
import type { AnswerKind } from './money-desk.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './model-time.ts';

const waits = fc.oneof(
  fc.constantFrom(0, 1, SECOND_MS, 5 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS + 1, DAY_MS),
  fc.integer({ min: 0, max: 20 * MINUTE_MS }),
  fc.integer({ min: 0, max: 2 * DAY_MS }),
);

const texts: fc.Arbitrary<Action> = fc
  .tuple(
    fc.constantFrom(
      'endCharge' as const,
      'endCharge' as const,
      'chargeRepeated' as const,
      'statusRequested' as const,
    ),
    // A gateway whose clock is off, by minutes or by years; a text that was held up on its way, or at ours while we were down.
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.constantFrom(0, 0, 0, 1, SECOND_MS, MINUTE_MS, 30 * MINUTE_MS, 3 * HOUR_MS),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(-MINUTE_MS, -3 * MINUTE_MS, -HOUR_MS, 5 * DAY_MS, -3650 * DAY_MS),
      },
      { weight: 1, arbitrary: fc.integer({ min: -3650 * DAY_MS, max: 3650 * DAY_MS }) },
    ),
    fc.constantFrom(0, 0, 0, 0, 2 * SECOND_MS, 10 * MINUTE_MS, HOUR_MS),
  )
  .map(([type, sentAgoMs, heldUpMs]) => ({ do: 'text', type, sentAgoMs, heldUpMs }));

/** Half of the answers are good: otherwise few sessions would get anywhere. */
const answers = fc.constantFrom<AnswerKind>(
  ...Array<AnswerKind>(16).fill('ok'),
  'refused',
  'refusedForNow',
  'noAnswerNotDone',
  'noAnswerNotDone',
  'noAnswerButDone',
  'noAnswerButDone',
  'doneLate',
  'doneLate',
  'doneTwice',
  'otherAmount',
  'staleRead',
  'staleRead',
  'readFails',
  'readFails',
  'notFound',
  'notFound',
  'unknownStatus',
  'unknownStatus',
);

const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 9, arbitrary: answers.map((answer): Action => ({ do: 'answer', answer })) },
  { weight: 2, arbitrary: answers.map((answer): Action => ({ do: 'carryOut', answer })) },
  { weight: 5, arbitrary: waits.map((ms): Action => ({ do: 'wait', ms })) },
  { weight: 4, arbitrary: texts },
  {
    weight: 13,
    arbitrary: fc.constantFrom<Action>(
      { do: 'finishMessage' },
      { do: 'finishMessage' },
      { do: 'finishRecord' },
      { do: 'finishRecord' },
      { do: 'approve' },
      { do: 'approve' },
      { do: 'callback' },
      { do: 'callback' },
      { do: 'tap' },
      { do: 'tap' },
      { do: 'decline' },
      { do: 'giveBackEarly', shownAs: 'amounts' },
      { do: 'giveBackEarly', shownAs: 'phase' },
      { do: 'captureElsewhere', share: 'part' },
      { do: 'captureElsewhere', share: 'all' },
    ),
  },
  { weight: 1, arbitrary: waits.map((ms): Action => ({ do: 'down', ms })) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...(Object.keys(OPERATOR_EVENTS) as OperatorAction[]))
      .map((what): Action => ({ do: 'operator', what })),
  },
  { weight: 1, arbitrary: fc.nat(3).map((back): Action => ({ do: 'lateAnswer', back })) },
  { weight: 1, arbitrary: fc.nat(2).map((back): Action => ({ do: 'repeatText', back })) },
);

const worlds: fc.Arbitrary<WorldOptions> = fc.record({
  provider: fc.constantFrom('onOpen', 'paycore', 'calling', 'onOpen', 'noAbandon', 'automatic', 'lapsing'),
  saysWhen: fc.boolean(),
  saysDeadline: fc.boolean(),
  captureDeadlineMs: fc.constantFrom(7 * DAY_MS, 7 * DAY_MS, 3 * DAY_MS, DAY_MS),
  approvalSlackMs: fc.constantFrom(0, 5 * MINUTE_MS),
  linkLifeMs: fc.constantFrom(15 * MINUTE_MS, 15 * MINUTE_MS, MINUTE_MS, HOUR_MS),
  sessionLimitMs: fc.constantFrom(DAY_MS, DAY_MS, 20 * MINUTE_MS, 5 * HOUR_MS + 1),
  whenUsedUp: fc.constantFrom('continue', 'end'),
  priceMinorPerHour: fc.constantFrom(100, 100, 60, 0, 250),
  hasEarlier: fc.boolean(),
});

const beginnings = fc.constantFrom<readonly Action[]>(
  [],
  [],
  REACH_PENDING,
  [...REACH_PENDING, { do: 'wait', ms: 10 * MINUTE_MS }, { do: 'tap' }],
  REACH_WITHDRAWAL,
  REACH_UNCERTAIN,
  REACH_USE,
  REACH_USE,
  REACH_USE,
  REACH_CAPTURE,
  REACH_CAPTURE,
  REACH_CAPTURE,
  REACH_LOST,
  REACH_SPENT_KEY,
  REACH_OLD_LOOK,
  REACH_LOOK_ACROSS_END,
  REACH_WAIVED_TOO_LATE,
  REACH_DEADLINE,
);

const endings = fc.constantFrom<Ending>(
  ...Array<Ending>(97).fill('declined'),
  ...Array<Ending>(50).fill('healthy'),
  'silent',
  'silentButActing',
  'refusing',
  'refusingForNow',
);

/** An action as a command of fast-check: one that does not apply is not run, and shrinking drops it at once. */
class ActionCommand implements fc.Command<ModelWorld, ModelWorld> {
  private readonly action: Action;

  constructor(action: Action) {
    this.action = action;
  }

  check(world: Readonly<ModelWorld>): boolean {
    return world.canDo(this.action);
  }

  run(_model: ModelWorld, world: ModelWorld): void {
    world.act(this.action);
  }

  toString(): string {
    return JSON.stringify(this.action);
  }
}

const MAX_ACTIONS = 30;

const commands = fc.commands([actions.map((action) => new ActionCommand(action))], {
  maxCommands: MAX_ACTIONS,
});

/** What a history is made of; played in this order. */
export const histories = [worlds, beginnings, commands, endings] as const;
