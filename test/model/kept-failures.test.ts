// Sequences that once broke a promise, as short as they could be made; each is played again in every run. What the model
// prints when it fails is pasted here, with a line that says what was wrong.
import { describe, expect, it } from 'vitest';
import {
  ORDINARY_WORLD,
  REACH_CAPTURE,
  REACH_LOOK_ACROSS_END,
  REACH_PENDING,
  REACH_USE,
  type Sequence,
} from './actions.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './model-time.ts';
import { play } from './run-model.ts';

interface KeptFailure extends Sequence {
  why: string;
}

const KEPT: readonly KeptFailure[] = [
  {
    why: 'an approval in the last minute of the link, between a look and its answer, counted as too late (e03953a)',
    world: { ...ORDINARY_WORLD, provider: 'calling' },
    actions: [...REACH_LOOK_ACROSS_END, { do: 'answer', answer: 'ok' }],
    ending: 'healthy',
  },
  {
    why: 'waived in the moment it was used up, after somebody took money by hand: the model knew no such text',
    world: { ...ORDINARY_WORLD, whenUsedUp: 'end' },
    actions: [
      ...REACH_USE,
      { do: 'captureElsewhere', share: 'part' },
      { do: 'callback' },
      { do: 'answer', answer: 'ok' },
      { do: 'down', ms: 5 * HOUR_MS + 1 },
      { do: 'operator', what: 'release' },
    ],
    ending: 'declined',
  },
  {
    why: 'an approval without a time, then no answer past the last look: nobody was asked to look',
    world: {
      provider: 'automatic',
      saysWhen: false,
      saysDeadline: false,
      captureDeadlineMs: 604800000,
      approvalSlackMs: 0,
      linkLifeMs: 60000,
      sessionLimitMs: 86400000,
      whenUsedUp: 'continue',
      priceMinorPerHour: 100,
      hasEarlier: true,
    },
    actions: [
      { do: 'answer', answer: 'ok' },
      { do: 'approve' },
      { do: 'wait', ms: 650000 },
      { do: 'text', type: 'endCharge', sentAgoMs: 0, heldUpMs: 0 },
      { do: 'answer', answer: 'ok' },
    ],
    ending: 'refusing',
  },
  {
    why: 'a doubled answer of a money call freed the lane for a second call (fa1966a)',
    world: ORDINARY_WORLD,
    actions: [...REACH_CAPTURE, { do: 'answer', answer: 'notFound' }],
    ending: 'declined',
  },
  {
    why: 'a late answer of another step was taken for the answer of the running one (fa1966a)',
    world: ORDINARY_WORLD,
    actions: [...REACH_PENDING, { do: 'callback' }, { do: 'lateAnswer', back: 0 }],
    ending: 'declined',
  },
  {
    why: 'a payment that could not be read was given up while it may have held money (7c57871)',
    world: { ...ORDINARY_WORLD, provider: 'calling' },
    actions: [{ do: 'answer', answer: 'ok' }, { do: 'approve' }],
    ending: 'silent',
  },
  {
    why: 'a release that never succeeded kept a session open for ever (2bfa6f7)',
    world: { ...ORDINARY_WORLD, priceMinorPerHour: 0 },
    actions: REACH_CAPTURE,
    ending: 'silent',
  },
  {
    why: 'a session whose reservation was given back during the use never ended (5c98304)',
    world: { ...ORDINARY_WORLD, priceMinorPerHour: 0 },
    actions: [...REACH_USE, { do: 'giveBackEarly', shownAs: 'amounts' }, { do: 'callback' }],
    ending: 'healthy',
  },
  {
    why: 'a capture that a read had shown was lost when the next call was refused (2d39f51)',
    world: ORDINARY_WORLD,
    actions: [
      ...REACH_CAPTURE,
      { do: 'answer', answer: 'noAnswerButDone' },
      { do: 'callback' },
      { do: 'answer', answer: 'ok' },
      { do: 'operator', what: 'retryCapture' },
      { do: 'answer', answer: 'refused' },
    ],
    ending: 'healthy',
  },
  {
    why: 'money taken where nothing was to pay was denied (2d39f51)',
    world: { ...ORDINARY_WORLD, priceMinorPerHour: 0 },
    actions: [...REACH_CAPTURE, { do: 'captureElsewhere', share: 'part' }, { do: 'answer', answer: 'ok' }],
    ending: 'healthy',
  },
  {
    why: 'an approval between an older look and the ENDCHARGE was given back although it was a use (6cb12db)',
    world: ORDINARY_WORLD,
    actions: [
      ...REACH_PENDING,
      { do: 'callback' },
      { do: 'carryOut', answer: 'ok' },
      { do: 'approve' },
      { do: 'wait', ms: MINUTE_MS },
      { do: 'text', type: 'endCharge', sentAgoMs: 0, heldUpMs: 0 },
      { do: 'answer', answer: 'ok' },
    ],
    ending: 'healthy',
  },
  {
    why: 'a link was sent whose life was over (6cb12db)',
    world: { ...ORDINARY_WORLD, provider: 'calling', linkLifeMs: MINUTE_MS },
    actions: [
      { do: 'wait', ms: 5 * MINUTE_MS },
      { do: 'answer', answer: 'ok' },
    ],
    ending: 'declined',
  },
  {
    why: 'a CHARGE after the ENDCHARGE was answered with the dying link (2674713)',
    world: ORDINARY_WORLD,
    actions: [
      ...REACH_PENDING,
      { do: 'text', type: 'endCharge', sentAgoMs: 0, heldUpMs: 0 },
      { do: 'text', type: 'chargeRepeated', sentAgoMs: 0, heldUpMs: 0 },
    ],
    ending: 'healthy',
  },
  {
    why: 'an ENDCHARGE handled first after we were down billed past the session’s own end (f25ec73)',
    world: ORDINARY_WORLD,
    actions: [
      ...REACH_USE,
      { do: 'down', ms: DAY_MS + HOUR_MS },
      { do: 'text', type: 'endCharge', sentAgoMs: 0, heldUpMs: 0 },
    ],
    ending: 'healthy',
  },
  {
    why: 'a tap led to a wallet page that was over (d3a8adc)',
    world: { ...ORDINARY_WORLD, linkLifeMs: HOUR_MS },
    actions: [...REACH_PENDING, { do: 'wait', ms: 11 * MINUTE_MS }, { do: 'tap' }],
    ending: 'declined',
  },
  {
    why: 'a first tap long after the start word made a payment whose life was over (found by a review)',
    world: { ...ORDINARY_WORLD, linkLifeMs: 15 * MINUTE_MS },
    actions: [{ do: 'wait', ms: 12 * MINUTE_MS }, { do: 'tap' }],
    ending: 'declined',
  },
  {
    why: 'money that somebody took after our capture was not shown to anybody (found by this model)',
    world: ORDINARY_WORLD,
    actions: [...REACH_CAPTURE, { do: 'answer', answer: 'ok' }, { do: 'captureElsewhere', share: 'part' }],
    ending: 'healthy',
  },
  {
    why: 'a CHARGE while the link’s last look ran was answered with a link whose life was over (found by this model)',
    world: { ...ORDINARY_WORLD, provider: 'calling', linkLifeMs: MINUTE_MS },
    actions: [
      { do: 'answer', answer: 'ok' },
      { do: 'wait', ms: MINUTE_MS },
      { do: 'text', type: 'chargeRepeated', sentAgoMs: 0, heldUpMs: 0 },
    ],
    ending: 'declined',
  },
  {
    why: 'that a waived reservation could not be given back was hidden by a delay that was over (found by this model)',
    world: { ...ORDINARY_WORLD, provider: 'paycore' },
    actions: [
      { do: 'answer', answer: 'ok' },
      { do: 'approve' },
      { do: 'callback' },
      { do: 'answer', answer: 'ok' },
      { do: 'finishRecord' },
      { do: 'wait', ms: HOUR_MS },
      { do: 'text', type: 'endCharge', sentAgoMs: 0, heldUpMs: 0 },
      { do: 'finishRecord' },
      { do: 'answer', answer: 'doneLate' },
      { do: 'operator', what: 'release' },
      { do: 'answer', answer: 'ok' },
    ],
    ending: 'healthy',
  },
  {
    why: 'an approval that a misleading look had given up was held against the cancellation of the next payment: the auditor was wrong',
    world: {
      ...ORDINARY_WORLD,
      provider: 'onOpen',
      saysWhen: true,
      approvalSlackMs: 5 * MINUTE_MS,
      linkLifeMs: HOUR_MS,
    },
    actions: [
      { do: 'tap' },
      { do: 'answer', answer: 'ok' },
      { do: 'wait', ms: 10 * MINUTE_MS },
      { do: 'tap' },
      { do: 'approve' },
      { do: 'wait', ms: 10 * MINUTE_MS },
      { do: 'answer', answer: 'unknownStatus' },
      { do: 'text', type: 'endCharge', sentAgoMs: 0, heldUpMs: 0 },
    ],
    ending: 'declined',
  },
];

describe('a sequence that once broke a promise', () => {
  it.each(KEPT)('keeps it now: $why', (kept) => {
    const { session, history } = play(kept);
    expect(history, 'every action of it still applies').toEqual(kept.actions);
    expect(session.inbox.slot).toBe('freed');
  });
});
