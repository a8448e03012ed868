import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/domain/session/decide.ts';
import { acceptStamp, isReplyTo, clampEnd } from '../../src/domain/gateway-stamp.ts';
import { addMs, instantMs, isBefore, isInstant } from '../../src/domain/instant.ts';
import {
  after,
  CHARGED_AT,
  HOUR_MS,
  inUse,
  MINUTE_MS,
  SECOND_MS,
  SessionDrive,
} from './session/session-drive.ts';
import { observe } from '../support/observed-session.ts';
import type { SessionState } from '../../src/domain/session/state.ts';

const RECEIVED = '2026-11-23T10:00:00.000Z';
const DAY_MS = 24 * HOUR_MS;
const stampedBy = (offsetMs: number) => acceptStamp(addMs(RECEIVED, offsetMs), RECEIVED);

describe('a stamp at acceptance', () => {
  it('is the receipt where there is none, or one that is no instant', () => {
    const missing = { sentAt: RECEIVED, offsetSeconds: null, fault: null };
    expect(acceptStamp(null, RECEIVED)).toEqual(missing);
    expect(acceptStamp('yesterday', RECEIVED)).toEqual(missing);
  });

  it.each([
    ['right', 0, null],
    ['a little ahead', 2 * MINUTE_MS, null],
    ['ahead', 2 * MINUTE_MS + SECOND_MS, 'ahead'],
    ['two years ahead', 730 * DAY_MS, 'impossible'],
  ])('that is %s is never later than the receipt', (_, offsetMs, fault) => {
    expect(stampedBy(offsetMs)).toEqual({ sentAt: RECEIVED, offsetSeconds: offsetMs / SECOND_MS, fault });
  });

  it.each([
    ['by what a text may take', -10 * MINUTE_MS, null],
    ['by more', -10 * MINUTE_MS - SECOND_MS, 'behind'],
    ['by all that is possible', -7 * DAY_MS, 'behind'],
  ])('that is behind %s stays', (_, offsetMs, fault) => {
    expect(stampedBy(offsetMs)).toEqual({
      sentAt: addMs(RECEIVED, offsetMs),
      offsetSeconds: offsetMs / SECOND_MS,
      fault,
    });
  });

  it('that is impossible counts as missing, with an offset that the database can hold', () => {
    expect(stampedBy(-7 * DAY_MS - SECOND_MS)).toMatchObject({ sentAt: RECEIVED, fault: 'impossible' });
    const oldest = acceptStamp('0001-01-01T00:00:00.000Z', RECEIVED);
    expect(oldest).toEqual({ sentAt: RECEIVED, offsetSeconds: 1 - 2 ** 31, fault: 'impossible' });
    expect(acceptStamp('9999-12-31T23:59:59.999Z', RECEIVED).offsetSeconds).toBe(2 ** 31 - 1);
  });
});

describe('the stamp of an end', () => {
  it('before its session is moved up to the CHARGE unless it may be of an earlier session', () => {
    const sentAt = addMs(RECEIVED, -1);
    expect(clampEnd(sentAt, { requestedAt: RECEIVED, hasEarlier: false })).toEqual({
      sentAt: RECEIVED,
      fault: 'endBeforeStart',
    });
    expect(clampEnd(sentAt, { requestedAt: RECEIVED, hasEarlier: true })).toEqual({ sentAt, fault: null });
    expect(clampEnd(RECEIVED, { requestedAt: RECEIVED, hasEarlier: false }).fault).toBeNull();
  });

  it('says nothing about a text that comes long enough after our answer', () => {
    expect(isReplyTo(RECEIVED, addMs(RECEIVED, 30 * SECOND_MS))).toBe(true);
    expect(isReplyTo(RECEIVED, addMs(RECEIVED, 30 * SECOND_MS - 1))).toBe(false);
  });
});

describe('whatever the clocks of the gateway say', () => {
  const skews = fc.oneof(
    fc.integer({ min: -3650 * DAY_MS, max: 3650 * DAY_MS }),
    fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS }),
    fc.integer({ min: -2 * MINUTE_MS, max: 2 * MINUTE_MS }),
  );
  const uses = fc.integer({ min: 3 * MINUTE_MS, max: 20 * HOUR_MS });

  it('an end word ends the only session there ever was, and never bills beyond its receipt', () => {
    fc.assert(
      fc.property(skews, skews, uses, (startSkewMs, endSkewMs, receivedMs) => {
        const charge = acceptStamp(addMs(CHARGED_AT, startSkewMs), CHARGED_AT);
        const receivedAt = after(receivedMs);
        const accepted = acceptStamp(addMs(receivedAt, endSkewMs), receivedAt);
        const { sentAt } = clampEnd(accepted.sentAt, { requestedAt: charge.sentAt, hasEarlier: false });
        const session = { ...inUse().session, requestedAt: charge.sentAt };
        const end = {
          type: 'customerMessage',
          kind: 'endCharge',
          inboxId: 'end',
          sentAt,
          at: receivedAt,
        } as const;
        const ended = observe(decide(session, end).session);
        expect(ended.state).toBe('capturing');
        const { startedAt, endedAt } = ended;
        if (startedAt === null || endedAt === null) throw new Error('a use that ended has both instants');
        expect(isBefore(endedAt, startedAt)).toBe(false);
        expect(instantMs(endedAt)).toBeLessThanOrEqual(instantMs(receivedAt));
        expect(isBefore(receivedAt, ended.lastEndChargeAt ?? '')).toBe(false);
        expect(isInstant(sentAt)).toBe(true);
      }),
    );
  });

  it('an end word that may be of an earlier session is answered, and ends the use when it is sent again', () => {
    fc.assert(
      fc.property(skews, uses, fc.boolean(), (endSkewMs, receivedMs, isUsed) => {
        const before = isUsed ? inUse().session : new SessionDrive().reserved().session;
        const firstAt = after(isUsed ? receivedMs : receivedMs % (10 * MINUTE_MS));
        const end = (inboxId: string, receivedAt: string) => {
          const { sentAt } = acceptStamp(addMs(receivedAt, endSkewMs), receivedAt);
          return { type: 'customerMessage', kind: 'endCharge', inboxId, sentAt, at: receivedAt } as const;
        };
        const first = decide(before, end('first', firstAt));
        const wasState = observe(before).state;
        const isEndTaken = (session: SessionState): boolean =>
          observe(session).state !== wasState || observe(session).endRequested !== null;
        const isEnded = isEndTaken(first.session);
        const isAnswered = first.commands.some(({ command }) => command === 'sendText');
        expect(isEnded || isAnswered).toBe(true);
        const second = decide(first.session, end('second', addMs(firstAt, MINUTE_MS))).session;
        expect(isEndTaken(second)).toBe(true);
      }),
    );
  });
});
