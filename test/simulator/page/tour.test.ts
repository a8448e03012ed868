import { describe, expect, it } from 'vitest';
import { PageLog } from '../../../src/simulator/page/page-log.ts';
import { tourOf, type TourFacts } from '../../../src/simulator/page/tour.ts';
import { type Exchange, Exchanges, type TemporalCall } from '../../../src/simulator/exchanges.ts';
import type { SessionShown } from '../../../src/simulator/sms2pay.ts';

const createdAt = '2026-11-23T10:00:00.000Z';
const session: SessionShown = {
  sessionId: 'abc',
  phone: '4790000001',
  serviceName: 'Charging',
  state: 'awaitingApproval',
  createdAt,
  startedAt: null,
  endedAt: null,
  currency: 'NOK',
  reservedMinor: 0,
  soFarMinor: null,
  capturedMinor: 0,
  releasedMinor: 0,
  attention: null,
  knownAs: ['abc'],
  workflowUrl: null,
};
const words = { start: 'CHARGE', end: 'ENDCHARGE' };
const link = 'Pay here: http://x/p/abc';
const receipt = 'Thank you: http://x/r/def';

function stepAt(change: Partial<SessionShown> | null, more: Partial<TourFacts> = {}): number {
  const facts = {
    session: change && { ...session, ...change },
    now: createdAt,
    log: [],
    received: [],
    words,
  };
  return tourOf({ ...facts, ...more }).current + 1;
}

describe('the tour', () => {
  it('stands at the step that comes next, by what is there', () => {
    const active = { state: 'active', startedAt: createdAt };
    const anHourOn = '2026-11-23T11:00:00.000Z';
    const ended = { ...active, endedAt: anHourOn };
    expect([
      stepAt(null),
      stepAt({}),
      stepAt({}, { received: [link] }),
      stepAt(active, { received: [link] }),
      stepAt(active, { received: [link], now: anHourOn }),
      stepAt({ ...ended, state: 'capturing' }, { received: [link] }),
      stepAt({ ...ended, state: 'captured', capturedMinor: 100 }, { received: [link] }),
      stepAt({ ...ended, state: 'captured', capturedMinor: 100 }, { received: [link, receipt] }),
    ]).toEqual([1, 2, 3, 4, 5, 6, 8, 9]);
  });

  it('does not wait for a receipt when nothing was charged', () => {
    const ended = { state: 'released', startedAt: createdAt, endedAt: createdAt };
    expect(stepAt(ended, { received: [link] })).toBe(9);
  });

  it.each([
    [
      'Paycore',
      'POST http://x/sim/paycore/api/pre-transactions',
      'GET http://x/sim/paycore/api/transactions/1/abc',
      '{"statusCode":"Authorized"}',
      'PUT http://x/sim/paycore/api/transactions/1/abc/capture?amount=1.00',
      'GET http://x/webhooks/payments/paycore?id=abc&status=CAPTURE',
    ],
    [
      'Vipps',
      'POST http://x/sim/vipps/epayment/v1/payments',
      'GET http://x/sim/vipps/epayment/v1/payments/s2pabc',
      '{"state":"AUTHORIZED"}',
      'POST http://x/sim/vipps/epayment/v1/payments/s2pabc/capture',
      'POST http://x/webhooks/payments/vipps',
    ],
  ])('names the call of each step at %s', (_vendor, reserve, read, readBody, capture, callback) => {
    const exchanges = new Exchanges<Exchange>(null);
    let id = 0;
    const record = (from: string, to: string, call: string, more: Partial<Exchange> = {}): void => {
      const [method = '', url = ''] = call.split(' ');
      exchanges.record({
        id: String(++id),
        at: createdAt,
        from: from as 'gateway',
        to: to as 'gateway',
        method,
        url,
        requestHeaders: {},
        requestBody: 'abc',
        status: 200,
        responseBody: '',
        durationMs: 1,
        note: null,
        ...more,
      });
    };
    const text = (word: string) => ({ requestBody: `{"source":"+4790000001","userData":"${word}"}` });
    record('gateway', 'sms2pay', 'POST http://x/webhooks/sms/link', text('CHARGE'));
    record('sms2pay', 'paycore', reserve);
    record('sms2pay', 'gateway', 'POST http://x/sim/link/sms/send', { requestBody: `abc ${link}` });
    record('sms2pay', 'paycore', read, { responseBody: readBody });
    record('gateway', 'sms2pay', 'POST http://x/webhooks/sms/link', text('ENDCHARGE'));
    record('sms2pay', 'paycore', capture);
    record('paycore', 'sms2pay', callback, { requestBody: 'abc CAPTURED' });
    record('sms2pay', 'gateway', 'POST http://x/sim/link/sms/send', { requestBody: `abc ${receipt}` });
    const temporalCalls = new Exchanges<TemporalCall>(null);
    const log = new PageLog({ exchanges, temporalCalls, mountPath: () => '/sim' });
    const trace = { knownAs: ['abc'], phone: '4790000001', since: createdAt, until: null };
    const { steps } = tourOf({ session, now: createdAt, log: log.ofSession(trace), received: [], words });
    expect(steps.map(({ call }) => call?.key ?? null)).toEqual([
      'h1',
      'h2',
      'h4',
      null,
      'h5',
      'h6',
      'h7',
      'h8',
    ]);
  });
});
