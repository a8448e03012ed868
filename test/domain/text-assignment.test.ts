import { describe, expect, it } from 'vitest';
import {
  assign,
  assignText,
  endedByText,
  lastEndAfter,
  readText,
  wantedOf,
  type SessionWithoutWorkflow,
  type SubscriberSessions,
  type TextMeaning,
  DEFAULT_TEXT_LIMITS,
} from '../../src/domain/text-assignment.ts';

const AT = '2026-11-23T10:00:00.000Z';
const EARLIER = '2026-11-23T09:00:00.000Z';
const charge = [
  { keyword: 'CHARGE', serviceId: 'charge', action: 'start' },
  { keyword: 'ENDCHARGE', serviceId: 'charge', action: 'end' },
] as const;
const held = { serviceId: 'charge', sessionId: 'session-1' };
const withoutWorkflow = (isEndNoted: boolean): SessionWithoutWorkflow => ({ ...held, isEndNoted });
const nothing: SubscriberSessions = { held: [], withoutWorkflow: [] };
const quiet = { startsLastHour: 0, sameSignalsLastHour: 0, sameSignalsLastMinute: 0, repliesLastMinute: 0 };
const flood = { ...quiet, repliesLastMinute: 1_000, sameSignalsLastHour: 1_000, sameSignalsLastMinute: 1 };

const read = (text: string, sessions: SubscriberSessions, own: typeof charge | [] = charge): TextMeaning =>
  readText(text, { own, end: [] }, sessions);

function become(
  text: string,
  sessions: SubscriberSessions,
  { earlier = quiet, missingSession = null as { isEndNoted: boolean } | null } = {},
) {
  const parsed = read(text, sessions);
  if (parsed.kind === 'ignored') return parsed.why;
  const assigned = assign({ ...parsed, sentAt: AT, receivedAt: AT, lastEndChargeAt: null });
  const wanted = wantedOf(parsed, assigned, { withoutWorkflow: sessions.withoutWorkflow, missingSession });
  return assignText(parsed, wanted, earlier, DEFAULT_TEXT_LIMITS);
}

describe('a text', () => {
  it('that a phone wrote by itself is limited, and one to a number that is not ours is unroutable', () => {
    expect(become('Liked “Thank you”', nothing)).toEqual({ kind: 'limited', reason: 'reaction' });
    expect(read('CHARGE', nothing, [])).toEqual({ kind: 'ignored', why: { kind: 'unroutable' } });
    expect(read('STOP', { held: [held], withoutWorkflow: [] }, [])).toMatchObject({
      kind: 'word',
      serviceId: 'charge',
    });
  });

  it('starts a session, ends the held one, or is answered where there is none', () => {
    expect(become('CHARGE', nothing)).toEqual({ kind: 'startSession', serviceId: 'charge' });
    expect(become('ENDCHARGE', { held: [held], withoutWorkflow: [] })).toEqual({
      kind: 'signal',
      sessionId: 'session-1',
      signal: 'endCharge',
    });
    expect(become('ENDCHARGE', nothing)).toEqual({ kind: 'reply', replyKind: 'noSession', sessionId: null });
  });

  it('ends a session that nothing runs by a note, also in a flood, and once', () => {
    const noted = { kind: 'reply', replyKind: 'endNoted', sessionId: 'session-1' };
    expect(
      become('ENDCHARGE', { held: [], withoutWorkflow: [withoutWorkflow(false)] }, { earlier: flood }),
    ).toEqual(noted);
    expect(become('ENDCHARGE', { held: [], withoutWorkflow: [withoutWorkflow(true)] })).toEqual(noted);
    expect(
      become('ENDCHARGE', { held: [], withoutWorkflow: [withoutWorkflow(true)] }, { earlier: flood }),
    ).toEqual({
      kind: 'limited',
      reason: 'tooManyTexts',
    });
  });

  it('starts a new session beside one that nothing runs', () => {
    expect(become('CHARGE', { held: [], withoutWorkflow: [withoutWorkflow(false)] })).toEqual({
      kind: 'startSession',
      serviceId: 'charge',
    });
  });

  it('STATUS of a session that nothing runs is answered with its end word, never with "nothing is running"', () => {
    expect(become('STATUS', { held: [], withoutWorkflow: [withoutWorkflow(false)] })).toMatchObject({
      replyKind: 'openSessions',
    });
    expect(become('STATUS', { held: [], withoutWorkflow: [withoutWorkflow(true)] })).toMatchObject({
      replyKind: 'endNoted',
    });
    const missingSession = { isEndNoted: false };
    expect(become('STATUS', nothing, { missingSession })).toMatchObject({ replyKind: 'help' });
    expect(become('STOP', nothing, { missingSession })).toEqual({
      kind: 'reply',
      replyKind: 'endNoted',
      sessionId: null,
    });
  });
});

it('the last end of a slot is the latest one, and never later than a receipt', () => {
  expect(lastEndAfter(null, { sentAt: AT, receivedAt: EARLIER })).toBe(EARLIER);
  expect(lastEndAfter(EARLIER, { sentAt: AT, receivedAt: AT })).toBe(AT);
  expect(lastEndAfter(AT, { sentAt: EARLIER, receivedAt: AT })).toBe(AT);
});

it('a text ends the session in use by its end word or a general one, and no other', () => {
  expect(endedByText('ENDCHARGE', charge, [held])).toBe(held);
  expect(endedByText('STOP', charge, [held])).toBe(held);
  expect(endedByText('STOP', charge, [held, { serviceId: 'wash', sessionId: 'session-2' }])).toBeUndefined();
  expect(endedByText('STATUS', charge, [held])).toBeUndefined();
});
