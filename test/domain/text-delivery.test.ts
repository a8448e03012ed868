import { describe, expect, it } from 'vitest';
import { addMs } from '../../src/domain/instant.ts';
import {
  LINK_DUE_MS,
  deliveryOf,
  hasGoneOut,
  lostLink,
  type DeliveryState,
  type LinkText,
  type OutboundState,
  type TextDelivery,
} from '../../src/domain/text-delivery.ts';

describe('what became of a text', () => {
  it.each<[OutboundState, DeliveryState[], boolean, TextDelivery | null]>([
    ['prepared', [], true, null],
    ['rejected', [], true, null],
    ['unknown', [], true, null],
    ['sent', [], true, 'pending'],
    ['sent', [], false, 'notRequested'],
    ['sent', ['delivered'], true, 'delivered'],
    ['sent', ['delivered', 'delivered'], true, 'delivered'],
    ['sent', ['delivered', 'failed'], true, 'failed'],
    ['sent', ['delivered', 'pending'], true, 'pending'],
    ['sent', ['delivered', 'unknown'], true, 'unknown'],
    // The answer to our call was lost, and the report shows that the text was taken.
    ['unknown', ['delivered'], false, 'delivered'],
  ])('%s, reported %j (asked for: %s), is %s', (state, parts, isReportRequested, delivery) => {
    expect(deliveryOf(state, parts, isReportRequested)).toBe(delivery);
  });

  it.each<[OutboundState, TextDelivery | null, boolean]>([
    ['sent', 'pending', true],
    ['sent', 'notRequested', true],
    ['sent', 'unknown', true],
    ['unknown', 'delivered', true],
    ['sent', 'failed', false],
    ['rejected', null, false],
    ['unknown', null, false],
    ['prepared', null, false],
  ])('%s with the report %s counts as sent: %s', (state, delivery, isSent) => {
    expect(hasGoneOut({ state, delivery })).toBe(isSent);
  });
});

describe('a payment link', () => {
  const AT = '2026-11-23T10:00:00.000Z';
  const link = (change: Partial<LinkText> = {}): LinkText => ({
    kind: 'paymentLink',
    gateway: 'link',
    state: 'sent',
    delivery: 'pending',
    code: null,
    at: AT,
    ...change,
  });
  const faultOf = (texts: LinkText[], afterMs: number) => lostLink(texts, addMs(AT, afterMs))?.fault ?? null;

  it.each<[string, Partial<LinkText>, string | null, string | null]>([
    ['refused', { state: 'rejected', delivery: null }, 'refused', 'refused'],
    ['reported failed', { delivery: 'failed' }, 'failed', 'failed'],
    ['not reported yet', {}, null, 'noReport'],
    ['reported to be on its way', { delivery: 'pending' }, null, 'noReport'],
    ['reported as unknown', { delivery: 'unknown' }, null, 'noReport'],
    ['not taken by its gateway', { state: 'prepared', delivery: null }, null, 'notSent'],
    ['with a lost answer', { state: 'unknown', delivery: null }, null, 'notSent'],
    ['delivered', { delivery: 'delivered' }, null, null],
    ['taken by a gateway that is to report nothing', { delivery: 'notRequested' }, null, null],
  ])('that is %s is lost at once: %j -> %s, after a minute: %s', (_, change, atOnce, later) => {
    expect(faultOf([link(change)], LINK_DUE_MS - 1)).toBe(atOnce);
    expect(faultOf([link(change)], LINK_DUE_MS)).toBe(later);
  });

  it('stays lost while a later one is on its way, and is no matter once any has arrived', () => {
    const lost = link({ state: 'rejected', delivery: null });
    const later = link({ kind: 'linkAgain', at: addMs(AT, 30_000) });
    expect(faultOf([lost, later], 30_000)).toBe('refused');
    expect(faultOf([lost, { ...later, delivery: 'delivered' }], 30_000)).toBe(null);
    expect(faultOf([], LINK_DUE_MS)).toBe(null);
  });
});
