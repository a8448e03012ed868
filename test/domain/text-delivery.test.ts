import { describe, expect, it } from 'vitest';
import {
  deliveryOf,
  hasGoneOut,
  type DeliveryState,
  type OutboundState,
  type TextDelivery,
} from '../../src/domain/text-delivery.ts';

describe('what became of a text', () => {
  it.each<[OutboundState, DeliveryState[], boolean, TextDelivery | null]>([
    ['prepared', [], true, null],
    ['rejected', [], true, null],
    ['unknown', [], true, null],
    ['sent', [], true, 'pending'],
    ['sent', [], false, 'notAsked'],
    ['sent', ['delivered'], true, 'delivered'],
    ['sent', ['delivered', 'delivered'], true, 'delivered'],
    ['sent', ['delivered', 'failed'], true, 'failed'],
    ['sent', ['delivered', 'pending'], true, 'pending'],
    ['sent', ['delivered', 'unknown'], true, 'unknown'],
    // The answer to our call was lost, and the report shows that the text was taken.
    ['unknown', ['delivered'], false, 'delivered'],
  ])('%s, reported %j (asked for: %s), is %s', (state, parts, isReportAsked, delivery) => {
    expect(deliveryOf(state, parts, isReportAsked)).toBe(delivery);
  });

  it.each<[OutboundState, TextDelivery | null, boolean]>([
    ['sent', 'pending', true],
    ['sent', 'notAsked', true],
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
