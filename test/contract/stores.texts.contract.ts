import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/domain/instant.ts';
import type { OutboundMessage, SendFault } from '../../src/ports/outbox-store.ts';
import { aProjection, aSession, minutesLater, NOW, type Bench } from './stores.fixture.ts';

interface Sent {
  kind?: string;
  gateway?: string;
  shortNumber?: string;
  at?: Instant;
}

/** Texts that do not arrive. */
export function textsContract(bench: Bench): void {
  let texts = 0;
  const messages = new Map<string, OutboundMessage>();

  async function aText(options: Sent = {}): Promise<string> {
    const { outbox, sessions } = bench.stores;
    const [session = await aSession(bench.stores)] = await sessions.list({ limit: 1 });
    const { sessionId, subscriberId } = session;
    const { kind = 'paymentLink', gateway = 'link', shortNumber = '27222', at = NOW } = options;
    texts += 1;
    const outboundId = `${sessionId}-${kind}-${texts}`;
    const envelope = { outboundId, sessionId, inboxId: null, subscriberId, gateway, shortNumber, kind };
    const message = { ...envelope, text: 'Pay here' };
    messages.set(outboundId, message);
    await outbox.startSending(message, { mayRepeat: false, at });
    return outboundId;
  }

  async function tried(outboundId: string, fault: SendFault | null, at: Instant): Promise<void> {
    const { outbox } = bench.stores;
    const message = messages.get(outboundId);
    if (!message) throw new Error('no such text');
    await outbox.startSending(message, { mayRepeat: true, at });
    if (fault) await outbox.markFailed(outboundId, fault, at);
    else
      await outbox.markSent(
        outboundId,
        { gatewayMessageId: `gw-${outboundId}`, isReportRequested: true },
        at,
      );
  }

  const badLogin = { kind: 'misconfigured', code: '106100' } as const;
  const away = (code: string) => ({ kind: 'unavailable', code }) as const;

  describe('what a gateway does not take', () => {
    const refusals = () => bench.stores.outbox.listGatewayRefusals();

    it('is counted by account, number and code, from its first refusal on', async () => {
      const first = await aText();
      await tried(first, badLogin, NOW);
      await tried(first, badLogin, minutesLater(1));
      await tried(await aText(), badLogin, minutesLater(2));
      await tried(await aText(), { kind: 'misconfigured', code: '106101' }, minutesLater(3));
      await tried(await aText({ shortNumber: '2012' }), badLogin, minutesLater(4));
      await tried(await aText({ gateway: 'link2' }), badLogin, minutesLater(5));
      const link = { gateway: 'link', shortNumber: '27222', code: '106100', lastCode: '106100' };
      const once = { ...link, texts: 1 };
      expect(await refusals()).toEqual([
        { ...once, shortNumber: '2012', since: minutesLater(4) },
        { ...link, texts: 2, since: NOW },
        { ...once, code: '106101', lastCode: '106101', since: minutesLater(3) },
        { ...once, gateway: 'link2', since: minutesLater(5) },
      ]);
    });

    it('is one matter where the gateway cannot be reached or answers nothing, whatever the codes', async () => {
      await tried(await aText(), away('ECONNREFUSED'), NOW);
      await tried(await aText(), { kind: 'outcomeUnknown', code: 'http503' }, minutesLater(1));
      expect(await refusals()).toEqual([
        {
          gateway: 'link',
          shortNumber: '27222',
          code: 'unreachable',
          lastCode: 'http503',
          texts: 2,
          since: NOW,
        },
      ]);
    });

    it('is over when a text of the account and number is taken, and begins again after that', async () => {
      const refused = await aText();
      await tried(refused, badLogin, NOW);
      await tried(await aText({ gateway: 'link2' }), null, minutesLater(1));
      expect(await refusals()).toHaveLength(1);
      await tried(await aText(), null, minutesLater(1));
      expect(await refusals()).toEqual([]);
      await tried(refused, badLogin, minutesLater(2));
      expect(await refusals()).toMatchObject([{ texts: 1, since: minutesLater(1) }]);
      await tried(refused, null, minutesLater(3));
      expect(await refusals()).toEqual([]);
    });

    it('is not what it refuses for the text itself, nor what was interrupted or is not to be sent any more', async () => {
      await tried(await aText(), { kind: 'rejected', code: '106000' }, NOW);
      await tried(await aText(), { kind: 'interrupted', code: 'the process ended while sending' }, NOW);
      const outboundId = await aText({ kind: 'receipt' });
      await tried(outboundId, badLogin, NOW);
      expect(await refusals()).toHaveLength(1);
      const [session] = await bench.stores.sessions.list({ limit: 1 });
      if (!session) throw new Error('no session');
      const { sessionId, subscriberId } = session;
      const envelope = { outboundId, sessionId, inboxId: null, subscriberId, gateway: 'link' };
      await bench.stores.outbox.suppress({ ...envelope, shortNumber: '27222', kind: 'receipt' }, 'off', NOW);
      expect(await refusals()).toEqual([]);
    });
  });

  describe('a send that was cut off', () => {
    const stateOf = async (outboundId: string) => {
      const [session = await aSession(bench.stores)] = await bench.stores.sessions.list({ limit: 1 });
      const stored = await bench.stores.outbox.listForSession(session.sessionId);
      const found = stored.find((text) => text.outboundId === outboundId);
      return [found?.state, found?.code];
    };

    it.each(['paymentLink', 'receipt', 'cancelled'])('is given up as unknown, once (%s)', async (kind) => {
      const { outbox } = bench.stores;
      const outboundId = await aText({ kind });
      const prepared = await aText({ kind });
      await tried(prepared, away('ECONNREFUSED'), NOW);
      expect(await outbox.markInterrupted(minutesLater(-1), NOW)).toBe(0);
      expect(await stateOf(outboundId)).toEqual(['sending', null]);
      expect(await outbox.markInterrupted(NOW, minutesLater(1))).toBe(1);
      expect(await stateOf(outboundId)).toEqual(['unknown', 'the process ended while sending']);
      expect(await stateOf(prepared)).toEqual(['prepared', 'ECONNREFUSED']);
      expect(await outbox.markInterrupted(minutesLater(2), minutesLater(3))).toBe(0);
    });

    it('counts as sent when the gateway answers after all', async () => {
      const { outbox } = bench.stores;
      const outboundId = await aText();
      await outbox.markInterrupted(minutesLater(1), minutesLater(1));
      await outbox.markSent(outboundId, { gatewayMessageId: 'gw', isReportRequested: true }, minutesLater(2));
      expect(await stateOf(outboundId)).toEqual(['sent', null]);
    });
  });

  describe('sessions that wait for their link', () => {
    const report = async (outboundId: string, state: 'delivered' | 'failed', part = 0) => {
      const of = { outboundId, gatewayMessageId: 'gw', resultCode: '1003', at: NOW };
      await bench.stores.outbox.recordDelivery('link', { ...of, part, state });
    };

    it('are listed with every text that holds the link and what became of it, until they wait no more', async () => {
      const { outbox, sessions } = bench.stores;
      const session = await aSession(bench.stores);
      expect(await outbox.listWaiting(NOW)).toEqual([]);
      const first = await aText();
      await tried(first, { kind: 'rejected', code: '106000' }, NOW);
      const again = await aText({ kind: 'linkAgain', at: minutesLater(1) });
      await tried(again, null, minutesLater(2));
      await report(again, 'delivered');
      await report(again, 'failed', 1);
      const status = await aText({ kind: 'statusWaiting', at: minutesLater(3) });
      await aText({ kind: 'cancelled' });
      const link = { gateway: 'link', kind: 'paymentLink', delivery: null, code: null };
      expect(await outbox.listWaiting(NOW)).toEqual([
        {
          sessionId: session.sessionId,
          subscriberId: session.subscriberId,
          shortNumber: '27222',
          texts: [
            {
              ...link,
              outboundId: first,
              state: 'rejected',
              code: '106000',
              at: NOW,
            },
            {
              ...link,
              outboundId: again,
              kind: 'linkAgain',
              state: 'sent',
              delivery: 'failed',
              code: '1003',
              at: minutesLater(2),
            },
            {
              ...link,
              outboundId: status,
              kind: 'statusWaiting',
              state: 'sending',
              at: minutesLater(3),
            },
          ],
        },
      ]);
      await sessions.record(aProjection(session, { state: 'active' }), NOW);
      expect(await outbox.listWaiting(NOW)).toEqual([]);
    });
  });
}
