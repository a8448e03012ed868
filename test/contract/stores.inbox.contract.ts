import { describe, expect, it } from 'vitest';
import { createStores } from '../../src/adapters/store/index.ts';
import { addMs, type Instant } from '../../src/domain/instant.ts';
import type { MoMessage } from '../../src/ports/sms-gateway.ts';
import { STALE_CHARGE_MS } from '../../src/domain/text-assignment.ts';
import {
  paymentRules,
  addGym,
  aSession,
  aText,
  itemOf,
  minutesLater,
  MSISDN,
  NOW,
  OTHER_MSISDN,
  sessionIdOf,
  testCipher,
  textIn,
  washPartner,
  type Bench,
  type StoresUnderTest,
} from './stores.fixture.ts';
import { acceptOne } from '../support/accept-one.ts';

/** From text to session: storing, assigning, dispatching, putting back. */
export function inboxContract(bench: Bench): void {
  describe('accepting a text', () => {
    it('a CHARGE starts a session, ENDCHARGE, STATUS and STOP are signals to it', async () => {
      const { stores } = bench;
      const start = await textIn(stores, 'charge');
      expect(start).toMatchObject({ sentAt: NOW, receivedAt: NOW, assignment: { kind: 'startSession' } });
      const sessionId = sessionIdOf(start);
      expect(sessionId).toMatch(/^[0-9a-f]{32}$/);
      const signalled = async (text: string) => (await textIn(stores, text)).assignment;
      expect(await signalled('CHARGE')).toEqual({ kind: 'signal', signal: 'chargeRepeated', sessionId });
      expect(await signalled('status')).toEqual({ kind: 'signal', signal: 'statusRequested', sessionId });
      expect(await signalled('End charge')).toEqual({ kind: 'signal', signal: 'endCharge', sessionId });
      expect(await signalled('STOP')).toEqual({ kind: 'signal', signal: 'endCharge', sessionId });
    });

    it('a start word without usable terms keeps nothing from ending the session of another service', async () => {
      const { stores, pool } = bench;
      const charge = await textIn(stores, 'CHARGE');
      const sessionId = sessionIdOf(charge);
      await stores.inbox.markDispatched([{ inboxId: charge.inboxId, at: NOW, sessionId }]);
      await pool.query(`update partner set provider = 'unknown' where partner_id = 'wash'`);
      const wash = await acceptOne(stores.inbox, 'link', aText('WASH'), NOW);
      await acceptOne(stores.inbox, 'link', aText('STATUS'), minutesLater(1));
      const end = await acceptOne(stores.inbox, 'link', aText('ENDCHARGE'), minutesLater(2));
      const ends = { kind: 'signal', signal: 'endCharge', sessionId };
      expect(end.item?.assignment).toEqual(ends);
      expect(await stores.inbox.undispatched({ limit: 9, slotOf: end.inboxId })).toMatchObject([
        { inboxId: end.inboxId, assignment: ends },
      ]);
      const refused: unknown[] = [];
      const onUnassignable = (_error: unknown, inboxId?: string) => void refused.push(inboxId);
      const read = (at: Instant) => stores.inbox.undispatched({ limit: 9, dueAt: at, onUnassignable });
      expect(await read(minutesLater(3))).toHaveLength(1);
      expect(refused).toEqual([wash.inboxId]);
      // Put off, it is not read in every pass.
      await stores.inbox.postponeDispatch(wash.inboxId, minutesLater(3), true);
      await read(minutesLater(3));
      expect(refused).toHaveLength(1);
      await read(minutesLater(4));
      expect(refused).toHaveLength(2);
    });

    it('sessions of two services run side by side, and a word for all of them is answered, not guessed', async () => {
      const { stores } = bench;
      const charge = sessionIdOf(await textIn(stores, 'CHARGE'));
      const wash = sessionIdOf(await textIn(stores, 'WASH'));
      expect(wash).not.toBe(charge);
      const stop = await textIn(stores, 'STOP');
      expect(stop.assignment).toEqual({ kind: 'reply', replyKind: 'openSessions' });
      expect(sessionIdOf(await textIn(stores, 'ENDWASH'))).toBe(wash);
    });

    it.each(['STOP', 'CANCEL', 'ferdig', 'ENDCHARGE'])(
      '%s ends the only open session also on another number, and on one that no route names',
      async (text) => {
        const { stores } = bench;
        await addGym(stores);
        const sessionId = sessionIdOf(await textIn(stores, 'CHARGE'));
        const ends = { kind: 'signal', signal: 'endCharge', sessionId };
        for (const shortNumber of ['27333', '2000'])
          expect((await textIn(stores, text, NOW, { shortNumber })).assignment).toEqual(ends);
      },
    );

    it('the end words that an answer names end their sessions where two numbers have the same words', async () => {
      const { stores } = bench;
      const wash = washPartner();
      const twin = { gateway: 'link', shortNumber: '27333', serviceId: 'twin' };
      await stores.settings.addPartner({
        partner: { ...wash.partner, partnerId: 'twin' },
        services: wash.services.map((one) => ({ ...one, serviceId: 'twin', partnerId: 'twin' })),
        routes: [
          { ...twin, keyword: 'CHARGE', action: 'start' },
          { ...twin, keyword: 'ENDCHARGE', action: 'end' },
        ],
      });
      const other = sessionIdOf(await textIn(stores, 'CHARGE', NOW, { shortNumber: '27333' }));
      const own = sessionIdOf(await textIn(stores, 'CHARGE'));
      const stop = await textIn(stores, 'STOP');
      const { openSessions } = await stores.inbox.replyContext(stop.inboxId);
      expect(openSessions).toMatchObject([
        { sessionId: own, endWord: 'ENDCHARGE' },
        { sessionId: other, endWord: 'STOP' },
      ]);
      const ends = { kind: 'signal', signal: 'endCharge' };
      expect((await textIn(stores, 'ENDCHARGE')).assignment).toEqual({ ...ends, sessionId: own });
      await stores.inbox.freeSlot({ sessionId: own, handledInboxIds: [], lastEndChargeAt: null, at: NOW });
      for (const text of ['ENDCHARGE', 'STOP'])
        expect((await textIn(stores, text)).assignment).toEqual({ ...ends, sessionId: other });
    });

    it('a reaction is handled with the reason, answered by nothing, and neither starts nor ends', async () => {
      const { stores } = bench;
      await textIn(stores, 'CHARGE');
      const accepted = await acceptOne(stores.inbox, 'link', aText('Likte «ENDCHARGE»'), NOW);
      expect(accepted.dispatched).toBe(true);
      const rows = await stores.db
        .selectFrom('inboundMessage')
        .select(['state', 'limitReason'])
        .where('inboxId', '=', accepted.inboxId)
        .execute();
      expect(rows).toEqual([{ state: 'handled', limitReason: 'reaction' }]);
    });

    it('customers do not share a slot', async () => {
      const { stores } = bench;
      const mine = await textIn(stores, 'CHARGE');
      const theirs = await textIn(stores, 'CHARGE', NOW, { msisdn: OTHER_MSISDN });
      expect(theirs.assignment.kind).toBe('startSession');
      expect(sessionIdOf(theirs)).not.toBe(sessionIdOf(mine));
    });

    it('a double changes nothing and tells whether the first was dispatched', async () => {
      const { stores } = bench;
      const message = aText('CHARGE');
      const first = await acceptOne(stores.inbox, 'link', message, NOW);
      expect(first).toMatchObject({ duplicate: false, dispatched: false });
      expect(await acceptOne(stores.inbox, 'link', message, minutesLater(1))).toEqual({
        ...first,
        duplicate: true,
      });
      const item = await itemOf(stores, first.inboxId);
      expect(item.receivedAt).toBe(NOW);
      await stores.inbox.markDispatched([{ inboxId: first.inboxId, at: NOW, sessionId: null }]);
      expect(await acceptOne(stores.inbox, 'link', message, minutesLater(2))).toMatchObject({
        inboxId: first.inboxId,
        duplicate: true,
        dispatched: true,
      });
    });

    it('several texts of one delivery are assigned in their order, those of one customer to one session, each once', async () => {
      const { stores } = bench;
      const text = (words: string, overrides: Partial<MoMessage> = {}) => ({
        gateway: 'link',
        message: aText(words, overrides),
        receivedAt: NOW,
      });
      const start = text('CHARGE');
      const other = text('CHARGE', { msisdn: OTHER_MSISDN });
      const accepted = await stores.inbox.accept([start, other, text('STATUS'), start, text('ENDCHARGE')]);
      const [first, , status, double] = accepted;
      expect(accepted.map(({ duplicate }) => duplicate)).toEqual([false, false, false, true, false]);
      expect(double?.inboxId).toBe(first?.inboxId);
      expect(accepted.map(({ item }) => item?.assignment.kind)).toEqual([
        'startSession',
        'startSession',
        undefined,
        'startSession',
        undefined,
      ]);
      expect(status?.slot).toBe(first?.slot);
      const items = await stores.inbox.undispatched({ limit: 10 });
      const own = items.filter(({ slot }) => slot === first?.slot);
      expect(own.map(({ assignment }) => assignment)).toMatchObject([
        { kind: 'startSession' },
        { kind: 'signal', signal: 'statusRequested' },
        { kind: 'signal', signal: 'endCharge' },
      ]);
      expect(new Set(own.map(sessionIdOf)).size).toBe(1);
      expect(items).toHaveLength(4);
    });

    it('a double that comes after the session has ended starts no second one', async () => {
      const { stores } = bench;
      const message = aText('CHARGE');
      const { inboxId } = await acceptOne(stores.inbox, 'link', message, NOW);
      const sessionId = sessionIdOf(await itemOf(stores, inboxId));
      await stores.inbox.freeSlot({ sessionId, handledInboxIds: [], lastEndChargeAt: null, at: NOW });
      const again = await acceptOne(stores.inbox, 'link', message, minutesLater(1));
      expect(again).toMatchObject({ inboxId, duplicate: true, dispatched: true });
      expect(await stores.inbox.undispatched({ limit: 10 })).toEqual([]);
    });

    it.each([
      ['sender', { msisdn: OTHER_MSISDN }],
      ['number', { shortNumber: '27333' }],
      ['text', { text: 'CHARGE 12' }],
    ])('the same message id with another %s is another message, and is noticed', async (_, change) => {
      const { stores } = bench;
      const message = aText('CHARGE');
      const first = await acceptOne(stores.inbox, 'link', message, NOW);
      expect(first.messageIdReused).toBe(false);
      const other = await acceptOne(stores.inbox, 'link', { ...message, ...change }, NOW);
      expect(other).toMatchObject({ duplicate: false, messageIdReused: true });
      expect(other.inboxId).not.toBe(first.inboxId);
      for (const again of [message, { ...message, ...change }])
        expect(await acceptOne(stores.inbox, 'link', again, minutesLater(1))).toMatchObject({
          inboxId: again === message ? first.inboxId : other.inboxId,
          duplicate: true,
          messageIdReused: false,
        });
    });

    it('a double is one also while keys are rotated, and with many at once', async () => {
      const [one, other] = [testCipher('k1', 'k2'), testCipher('k2', 'k1')].map((cipher) =>
        createStores({ paymentRules, pool: bench.pool, cipher }),
      );
      if (!one || !other) throw new Error('two processes');
      const rotated = [one, other];
      const message = aText('CHARGE');
      const atOnce = await Promise.all(
        [...rotated, ...rotated, ...rotated].map((stores) => acceptOne(stores.inbox, 'link', message, NOW)),
      );
      expect(new Set(atOnce.map(({ inboxId }) => inboxId)).size).toBe(1);
      expect(atOnce.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
      const last = await acceptOne(one.inbox, 'link', { ...message, text: 'STATUS' }, NOW);
      expect(await acceptOne(other.inbox, 'link', { ...message, text: 'STATUS' }, NOW)).toMatchObject({
        inboxId: last.inboxId,
        duplicate: true,
      });
    });

    it('the same message id at another gateway is another message', async () => {
      const { stores } = bench;
      const message = aText('CHARGE');
      const atLink = await acceptOne(stores.inbox, 'link', message, NOW);
      const elsewhere = await acceptOne(stores.inbox, 'mylink', message, NOW);
      expect(elsewhere.duplicate).toBe(false);
      expect(elsewhere.inboxId).not.toBe(atLink.inboxId);
    });

    it('a number that is not ours is kept, handled at once and never dispatched', async () => {
      const { stores } = bench;
      const accepted = await acceptOne(stores.inbox, 'link', aText('CHARGE', { shortNumber: '2000' }), NOW);
      expect(accepted).toMatchObject({ duplicate: false, dispatched: true });
      expect(await stores.inbox.undispatched({ limit: 10 })).toEqual([]);
      const row = await stores.db.selectFrom('inboundMessage').selectAll().executeTakeFirstOrThrow();
      expect(row).toMatchObject({ state: 'handled', assignmentKind: 'unroutable', handledAt: NOW });
    });

    it('a number that is not ours is listed with its count of texts, until a route names it', async () => {
      const { stores } = bench;
      const shortNumber = '27333';
      const text = (words: string, at: Instant) =>
        acceptOne(stores.inbox, 'link', aText(words, { shortNumber }), at);
      await text('GYM', NOW);
      await text('HELLO', minutesLater(2));
      await acceptOne(stores.inbox, 'link', aText('CHARGE'), NOW);
      const session = await aSession(stores, 'WASH', { msisdn: OTHER_MSISDN });
      const { sessionId } = session;
      await stores.inbox.freeSlot({ sessionId, handledInboxIds: [], lastEndChargeAt: null, at: NOW });
      await stores.inbox.acceptStop(sessionId, NOW);
      const unrouted = { gateway: 'link', shortNumber, texts: 2, firstAt: NOW, lastAt: minutesLater(2) };
      expect(await stores.inbox.unroutedNumbers()).toEqual([unrouted]);
      await addGym(stores);
      expect(await stores.inbox.unroutedNumbers()).toEqual([]);
    });

    it('a CHARGE that is too old by gateway time starts nothing', async () => {
      const { stores } = bench;
      const receivedAt = new Date(Date.parse(NOW) + STALE_CHARGE_MS + 1).toISOString();
      const late = await textIn(stores, 'CHARGE', receivedAt, { sentAt: NOW });
      expect(late.assignment).toEqual({ kind: 'reply', replyKind: 'sendAgain' });
      expect(late.sentAt).toBe(NOW);
    });

    it.each([
      ['HELP', 'help'],
      ['ENDCHARGE', 'noSession'],
      ['STATUS', 'noSession'],
      ['what is this?', 'unknownWord'],
      ['', 'unknownWord'],
    ])('%j without a session is answered with %s', async (text, replyKind) => {
      const item = await textIn(bench.stores, text);
      expect(item.assignment).toEqual({ kind: 'reply', replyKind });
    });

    it('nothing is stored when the transaction fails', async () => {
      const { stores } = bench;
      const first = await acceptOne(stores.inbox, 'link', aText('HELP'), NOW);
      const clashing = createStores({
        paymentRules,
        pool: bench.pool,
        cipher: bench.cipher,
        newId: () => first.inboxId,
      });
      await expect(acceptOne(clashing.inbox, 'link', aText('CHARGE'), NOW)).rejects.toThrow(/unique/);
      expect(await stores.inbox.undispatched({ limit: 10 })).toHaveLength(1);
      expect(await stores.db.selectFrom('sessionSlot').selectAll().execute()).toEqual([]);
    });
  });

  describe('dispatching', () => {
    it('undispatched rows come in the order of their storing, whatever the clocks of the receivers said, up to the limit', async () => {
      const { stores } = bench;
      const accept = async (text: string, minute: number) =>
        (await acceptOne(stores.inbox, 'link', aText(text), minutesLater(minute))).inboxId;
      const first = await accept('CHARGE', 1);
      const second = await accept('STATUS', 1);
      const third = await accept('HELP', 0);
      const ids = async (limit: number) =>
        (await stores.inbox.undispatched({ limit })).map((item) => item.inboxId);
      expect(await ids(10)).toEqual([first, second, third]);
      expect(await ids(2)).toEqual([first, second]);
      await stores.inbox.markDispatched([{ inboxId: first, at: NOW, sessionId: null }]);
      const isUndispatched = (inboxId: string) => stores.inbox.isUndispatched(inboxId);
      expect(await Promise.all([first, second, 'none'].map(isUndispatched))).toEqual([false, true, false]);
    });

    it('with slotOf: that row and older ones of its slot, none of another slot, none younger', async () => {
      const { stores } = bench;
      const accept = async (text: string, overrides = {}) =>
        (await acceptOne(stores.inbox, 'link', aText(text, overrides), NOW)).inboxId;
      const charge = await accept('CHARGE');
      const help = await accept('HELP');
      await accept('WASH');
      await accept('CHARGE', { msisdn: OTHER_MSISDN });
      const end = await accept('ENDCHARGE');
      const younger = await accept('CHARGE');
      const ids = async (slotOf: string) =>
        (await stores.inbox.undispatched({ limit: 10, slotOf })).map((item) => item.inboxId);
      expect(await ids(end)).toEqual([charge, end]);
      expect(await ids(charge)).toEqual([charge]);
      expect(await ids(help)).toEqual([help]);
      await stores.inbox.markDispatched([{ inboxId: charge, at: NOW, sessionId: null }]);
      expect(await ids(younger)).toEqual([end, younger]);
    });

    it('what is dispatched or handled is not given out again', async () => {
      const { stores } = bench;
      const start = await textIn(stores, 'CHARGE');
      const end = await textIn(stores, 'ENDCHARGE');
      await stores.inbox.markDispatched([{ inboxId: start.inboxId, at: NOW, sessionId: sessionIdOf(start) }]);
      expect(await stores.inbox.undispatched({ limit: 10 })).toEqual([end]);
      await stores.inbox.markHandled([end.inboxId, start.inboxId], minutesLater(1));
      expect(await stores.inbox.undispatched({ limit: 10 })).toEqual([]);
      await stores.inbox.markHandled([end.inboxId], minutesLater(2));
      const rows = await stores.db.selectFrom('inboundMessage').select(['state', 'handledAt']).execute();
      expect(rows).toEqual([
        { state: 'handled', handledAt: minutesLater(1) },
        { state: 'handled', handledAt: minutesLater(1) },
      ]);
    });
  });

  describe('freeing a slot', () => {
    it('puts back what the session has not handled, to be routed anew: a CHARGE starts the next session', async () => {
      const { stores } = bench;
      const start = await textIn(stores, 'CHARGE');
      const ended = await textIn(stores, 'ENDCHARGE', minutesLater(60));
      const again = await textIn(stores, 'CHARGE', minutesLater(61));
      expect(again.assignment).toMatchObject({ kind: 'signal', signal: 'chargeRepeated' });
      await stores.inbox.markDispatched([{ inboxId: again.inboxId, at: minutesLater(61), sessionId: null }]);

      const freed = await stores.inbox.freeSlot({
        sessionId: sessionIdOf(start),
        handledInboxIds: [start.inboxId, ended.inboxId],
        lastEndChargeAt: minutesLater(60),
        at: minutesLater(62),
      });
      expect(freed).toMatchObject({ isFreed: true, unassigned: 1 });
      const [routedAnew, ...others] = await stores.inbox.undispatched({ limit: 10 });
      expect(others).toEqual([]);
      expect(routedAnew).toMatchObject({
        inboxId: again.inboxId,
        receivedAt: minutesLater(61),
        assignment: { kind: 'startSession' },
      });
      expect(routedAnew && sessionIdOf(routedAnew)).not.toBe(sessionIdOf(start));
    });

    it('with the last message leaves a session its slot while a text of it is not handled', async () => {
      const { stores } = bench;
      const start = await textIn(stores, 'CHARGE');
      const ended = await textIn(stores, 'ENDCHARGE', minutesLater(60));
      const status = await textIn(stores, 'STATUS', minutesLater(61));
      const free = (...handledInboxIds: string[]) =>
        stores.inbox.freeSlotIfAllHandled({
          sessionId: sessionIdOf(start),
          handledInboxIds,
          lastEndChargeAt: minutesLater(60),
          at: minutesLater(62),
        });
      expect(await free(ended.inboxId)).toMatchObject({ isFreed: false, unassigned: 0 });
      expect((await itemOf(stores, status.inboxId)).assignment).toEqual(status.assignment);
      expect((await textIn(stores, 'STATUS', minutesLater(63))).assignment.kind).toBe('signal');
      const waiting = await stores.inbox.undispatched({ limit: 10 });
      expect(await free(ended.inboxId, ...waiting.map(({ inboxId }) => inboxId))).toEqual({
        isFreed: true,
        unassigned: 0,
        stopRequestedAt: null,
      });
      expect(await stores.inbox.undispatched({ limit: 10 })).toEqual([]);
      expect((await textIn(stores, 'CHARGE', minutesLater(64))).assignment.kind).toBe('startSession');
    });

    it('is harmless when repeated, also after the next session has taken the slot', async () => {
      const { stores } = bench;
      const start = await textIn(stores, 'CHARGE');
      const free = () =>
        stores.inbox.freeSlot({
          sessionId: sessionIdOf(start),
          handledInboxIds: [start.inboxId],
          lastEndChargeAt: minutesLater(1),
          at: minutesLater(2),
        });
      await free();
      const next = await textIn(stores, 'CHARGE', minutesLater(3));
      expect(next.assignment.kind).toBe('startSession');
      expect(await free()).toMatchObject({ isFreed: true, unassigned: 0 });
      expect((await textIn(stores, 'STATUS', minutesLater(4))).assignment).toMatchObject({
        kind: 'signal',
        sessionId: sessionIdOf(next),
      });
    });

    it('a CHARGE not newer than the last ENDCHARGE starts nothing; the later ENDCHARGE is remembered', async () => {
      const { stores } = bench;
      const start = await textIn(stores, 'CHARGE');
      const free = (lastEndChargeAt: string | null) =>
        stores.inbox.freeSlot({
          sessionId: sessionIdOf(start),
          handledInboxIds: [start.inboxId],
          lastEndChargeAt,
          at: minutesLater(9),
        });
      await free(minutesLater(5));
      await free(minutesLater(3));
      await free(null);
      const replayed = await textIn(stores, 'CHARGE', minutesLater(6), { sentAt: minutesLater(5) });
      expect(replayed.assignment).toEqual({ kind: 'reply', replyKind: 'sendAgain' });
      const newer = await textIn(stores, 'CHARGE', minutesLater(6), { sentAt: minutesLater(6) });
      expect(newer.assignment.kind).toBe('startSession');
    });

    // Where texts overtake each other: the customer who has already ended must not be asked to pay.
    it('a CHARGE overtaken by its ENDCHARGE starts nothing, though that found no session to end', async () => {
      const { stores } = bench;
      const end = await textIn(stores, 'ENDCHARGE', minutesLater(2), { sentAt: minutesLater(1) });
      expect(end.assignment).toEqual({ kind: 'reply', replyKind: 'noSession' });
      const overtaken = await textIn(stores, 'CHARGE', minutesLater(3), { sentAt: NOW });
      expect(overtaken.assignment).toEqual({ kind: 'reply', replyKind: 'sendAgain' });
      const other = await textIn(stores, 'WASH', minutesLater(3), { sentAt: NOW });
      expect(other.assignment.kind).toBe('startSession');
      const newer = await textIn(stores, 'CHARGE', minutesLater(3), { sentAt: minutesLater(2) });
      expect(newer.assignment.kind).toBe('startSession');
    });

    it('an ENDCHARGE without a session never shuts out a CHARGE that was received later, whatever its gateway says', async () => {
      const { stores } = bench;
      await textIn(stores, 'ENDCHARGE', NOW, { sentAt: minutesLater(30) });
      const next = await textIn(stores, 'CHARGE', minutesLater(1), { sentAt: minutesLater(1) });
      expect(next.assignment.kind).toBe('startSession');
    });

    it('never puts back the message that started the session', async () => {
      const { stores } = bench;
      const start = await textIn(stores, 'CHARGE');
      const freed = await stores.inbox.freeSlot({
        sessionId: sessionIdOf(start),
        handledInboxIds: [],
        lastEndChargeAt: null,
        at: NOW,
      });
      expect(freed).toMatchObject({ isFreed: true, unassigned: 0 });
      expect(await stores.inbox.undispatched({ limit: 10 })).toEqual([]);
    });

    // Otherwise ENDCHARGE would be told "no session" and the put-back CHARGE would start one that nobody ends.
    it('an ENDCHARGE that comes before a put-back CHARGE is routed ends the session which that CHARGE starts', async () => {
      const { stores } = bench;
      const start = await textIn(stores, 'CHARGE');
      const again = await textIn(stores, 'CHARGE', minutesLater(1));
      await stores.inbox.freeSlot({
        sessionId: sessionIdOf(start),
        handledInboxIds: [start.inboxId],
        lastEndChargeAt: null,
        at: minutesLater(2),
      });
      const end = await acceptOne(stores.inbox, 'link', aText('ENDCHARGE'), minutesLater(3));
      const items = await stores.inbox.undispatched({ limit: 10, slotOf: end.inboxId });
      expect(items.map((item) => item.inboxId)).toEqual([again.inboxId, end.inboxId]);
      const [routedAnew, ended] = items;
      expect(routedAnew?.assignment.kind).toBe('startSession');
      expect(ended?.assignment).toEqual({
        kind: 'signal',
        signal: 'endCharge',
        sessionId: routedAnew && sessionIdOf(routedAnew),
      });
    });

    it('a dispatch or handling told too late for the old session leaves the row to its new one', async () => {
      const { stores } = bench;
      const start = await textIn(stores, 'CHARGE');
      const again = await textIn(stores, 'CHARGE', minutesLater(1));
      const oldSession = sessionIdOf(again);
      await stores.inbox.freeSlot({
        sessionId: oldSession,
        handledInboxIds: [start.inboxId],
        lastEndChargeAt: null,
        at: minutesLater(2),
      });
      // put back, not yet assigned anew
      await stores.inbox.markDispatched([{ inboxId: again.inboxId, at: minutesLater(2), sessionId: null }]);
      await stores.inbox.markHandled([again.inboxId], minutesLater(2));
      const routedAnew = await itemOf(stores, again.inboxId);
      expect(routedAnew.assignment.kind).toBe('startSession');
      // assigned anew, to another session
      await stores.inbox.markDispatched([
        { inboxId: again.inboxId, at: minutesLater(3), sessionId: oldSession },
      ]);
      await stores.inbox.markHandled([again.inboxId], minutesLater(3), oldSession);
      expect(await stores.inbox.undispatched({ limit: 10 })).toEqual([routedAnew]);
      await stores.inbox.markDispatched([
        { inboxId: again.inboxId, at: minutesLater(3), sessionId: sessionIdOf(routedAnew) },
      ]);
      expect(await stores.inbox.undispatched({ limit: 10 })).toEqual([]);
    });

    it('dispatches of several rows are marked at once, those that left their session excepted', async () => {
      const { stores } = bench;
      const start = await textIn(stores, 'CHARGE');
      const again = await textIn(stores, 'CHARGE', minutesLater(1));
      const help = await textIn(stores, 'HELP', minutesLater(1), { msisdn: OTHER_MSISDN });
      await stores.inbox.markDispatched([
        { inboxId: help.inboxId, at: minutesLater(3), sessionId: null },
        { inboxId: again.inboxId, at: minutesLater(2), sessionId: 'another' },
        { inboxId: start.inboxId, at: minutesLater(2), sessionId: sessionIdOf(start) },
      ]);
      const waiting = await stores.inbox.undispatched({ limit: 10 });
      expect(waiting.map(({ inboxId }) => inboxId)).toEqual([again.inboxId]);
    });

    it('refuses a session that no message has started', async () => {
      const unknown = { sessionId: 'f'.repeat(32), handledInboxIds: [], lastEndChargeAt: null, at: NOW };
      await expect(bench.stores.inbox.freeSlot(unknown)).rejects.toThrow(/started by no message/);
    });
  });

  describe('what a reply needs', () => {
    it("has the number's words service by service, and the customer's open sessions with their end words", async () => {
      const { stores } = bench;
      const session = await aSession(stores, 'CHARGE');
      await textIn(stores, 'WASH');
      await textIn(stores, 'WASH', NOW, { msisdn: OTHER_MSISDN });
      const help = await textIn(stores, 'HELP', NOW, { messageId: 'asked' });
      const context = await stores.inbox.replyContext(help.inboxId);
      expect(context).toMatchObject({
        subscriberId: session.subscriberId,
        gateway: 'link',
        shortNumber: '27222',
        messageId: 'asked',
        partnerId: 'reference',
        replyKind: 'help',
        words: [
          { serviceId: 'charge', serviceName: 'Charging', startWord: 'CHARGE', endWord: 'ENDCHARGE' },
          { serviceId: 'wash', serviceName: 'Washing', startWord: 'WASH', endWord: 'ENDWASH' },
        ],
      });
      expect(context.openSessions).toEqual([
        {
          sessionId: session.sessionId,
          serviceId: 'charge',
          timeZone: 'Europe/Oslo',
          serviceName: 'Charging',
          endWord: 'ENDCHARGE',
          startedAt: null,
          state: 'awaitingApproval',
        },
        // its workflow has not made its row yet
        expect.objectContaining({ serviceName: 'Washing', startedAt: null, state: 'awaitingApproval' }),
      ]);
    });

    it('is refused for a message that goes to a session', async () => {
      const { stores } = bench;
      const start = await textIn(stores, 'CHARGE');
      await expect(stores.inbox.replyContext(start.inboxId)).rejects.toThrow(/not answered by a reply/);
    });
  });

  describe('texts over a limit', () => {
    const kinds = async (stores: StoresUnderTest) =>
      (
        await stores.db
          .selectFrom('inboundMessage')
          .select(['state', 'assignmentKind', 'signal', 'replyKind', 'limitReason', 'dispatchedAt'])
          .orderBy('sequence')
          .execute()
      ).map((row) => ({ ...row, dispatchedAt: row.dispatchedAt !== null }));
    const secondsLater = (seconds: number): Instant => addMs(NOW, seconds * 1000);
    const limited = (limitReason: string) => ({
      state: 'handled',
      assignmentKind: 'limited',
      signal: null,
      replyKind: null,
      limitReason,
      dispatchedAt: true,
    });

    it('of one session and kind are handled with the reason; an end word still reaches the session', async () => {
      const { stores } = bench;
      const sessionId = sessionIdOf(await textIn(stores, 'CHARGE'));
      for (let n = 0; n < 15; n += 1) await acceptOne(stores.inbox, 'link', aText('STATUS'), secondsLater(n));
      const end = await textIn(stores, 'ENDCHARGE', secondsLater(20));
      expect(end.assignment).toEqual({ kind: 'signal', signal: 'endCharge', sessionId });
      const rows = await kinds(stores);
      expect(rows.filter(({ signal }) => signal === 'statusRequested')).toHaveLength(10);
      expect(rows.slice(11, 16)).toEqual(Array.from({ length: 5 }, () => limited('tooManySessionTexts')));
      const later = await textIn(stores, 'STATUS', secondsLater(3601));
      expect(later.assignment).toEqual({ kind: 'signal', signal: 'statusRequested', sessionId });
    });

    it('of STATUS, while a use runs: one a minute still passes above the limit, so nobody is left in silence', async () => {
      const { stores } = bench;
      const sessionId = sessionIdOf(await textIn(stores, 'CHARGE'));
      for (let n = 0; n < 12; n += 1) await acceptOne(stores.inbox, 'link', aText('STATUS'), secondsLater(n));
      const statusAt = async (seconds: number) => {
        await acceptOne(stores.inbox, 'link', aText('STATUS'), secondsLater(seconds));
        return (await kinds(stores)).at(-1)?.signal ?? null;
      };
      expect(await statusAt(40)).toBeNull();
      for (const minute of [2, 3, 30, 59]) {
        expect(await statusAt(minute * 60)).toBe('statusRequested');
        expect(await statusAt(minute * 60 + 30)).toBeNull();
      }
      const end = await textIn(stores, 'STOP', secondsLater(59 * 60 + 40));
      expect(end.assignment).toEqual({ kind: 'signal', signal: 'endCharge', sessionId });
    });

    it('that came at the same moment: exactly so many pass', async () => {
      const { stores } = bench;
      await textIn(stores, 'CHARGE');
      await Promise.all(
        Array.from({ length: 25 }, () => acceptOne(stores.inbox, 'link', aText('STATUS'), NOW)),
      );
      const rows = await kinds(stores);
      expect(rows.filter(({ signal }) => signal === 'statusRequested')).toHaveLength(10);
      expect(rows.filter(({ assignmentKind }) => assignmentKind === 'limited')).toHaveLength(15);
    });

    it('a start too many is told so and starts nothing; another customer and a later hour are not concerned', async () => {
      const { stores } = bench;
      for (let n = 0; n < 10; n += 1) {
        const at = secondsLater(n * 60);
        const start = await textIn(stores, 'CHARGE', at, { sentAt: at });
        const sessionId = sessionIdOf(start);
        const handledInboxIds = [start.inboxId];
        await stores.inbox.freeSlot({ sessionId, handledInboxIds, lastEndChargeAt: null, at });
      }
      const over = await textIn(stores, 'CHARGE', secondsLater(601), { sentAt: secondsLater(601) });
      expect(over.assignment).toEqual({ kind: 'reply', replyKind: 'tooManyStarts' });
      expect((await stores.inbox.replyContext(over.inboxId)).replyKind).toBe('tooManyStarts');
      const slots = await stores.db.selectFrom('sessionSlot').select('sessionId').execute();
      expect(slots).toEqual([{ sessionId: null }]);
      const other = { msisdn: OTHER_MSISDN, sentAt: secondsLater(602) };
      expect((await textIn(stores, 'CHARGE', secondsLater(602), other)).assignment.kind).toBe('startSession');
      const later = await textIn(stores, 'CHARGE', secondsLater(3601), { sentAt: secondsLater(3601) });
      expect(later.assignment.kind).toBe('startSession');
    });

    it('of no session are answered ten times a minute at most and never dispatched beyond that', async () => {
      const { stores } = bench;
      for (let n = 0; n < 14; n += 1) await acceptOne(stores.inbox, 'link', aText('BANANA'), secondsLater(n));
      const rows = await kinds(stores);
      expect(rows.filter(({ assignmentKind }) => assignmentKind === 'reply')).toHaveLength(10);
      expect(rows.slice(10)).toEqual(Array.from({ length: 4 }, () => limited('tooManyTexts')));
      expect(await stores.inbox.undispatched({ limit: 100 })).toHaveLength(10);
      expect((await textIn(stores, 'BANANA', secondsLater(75))).assignment.kind).toBe('reply');
    });

    it('do not keep a customer from starting', async () => {
      const { stores } = bench;
      for (let n = 0; n < 20; n += 1) await acceptOne(stores.inbox, 'link', aText('BANANA'), NOW);
      expect((await textIn(stores, 'CHARGE')).assignment.kind).toBe('startSession');
    });
  });

  describe('a sweep', () => {
    it('takes the rows that are due, the longest waiting first, and none behind one of its slot that is not', async () => {
      const { stores } = bench;
      const accept = async (text: string, minute: number, msisdn = MSISDN) =>
        (await acceptOne(stores.inbox, 'link', aText(text, { msisdn }), minutesLater(minute))).inboxId;
      const due = async (minute: number, seconds = 0) => {
        const dueAt = addMs(minutesLater(minute), seconds * 1000);
        return (await stores.inbox.undispatched({ limit: 10, dueAt })).map(({ inboxId }) => inboxId);
      };
      const charge = await accept('CHARGE', 0);
      const end = await accept('ENDCHARGE', 1);
      const other = await accept('HELP', 2, OTHER_MSISDN);
      expect(await due(2)).toEqual([charge, end, other]);
      expect(await due(1)).toEqual([charge, end]);
      expect(await stores.inbox.postponeDispatch(charge, minutesLater(2), false)).toBe(0);
      expect(await due(2)).toEqual([other]);
      expect(await due(2, 3)).toEqual([end, other, charge]);
    });

    it('tries a row that fails by itself less and less often, also with two processes, and at once by a clock that was set back', async () => {
      const { stores } = bench;
      const { inboxId } = await acceptOne(stores.inbox, 'link', aText('HELP'), NOW);
      const isDue = async (at: string) =>
        (await stores.inbox.undispatched({ limit: 1, dueAt: at })).length === 1;
      for (const [attempt, waitSeconds] of [3, 6, 12, 24, 48, 96, 192, 300, 300].entries()) {
        expect(await stores.inbox.postponeDispatch(inboxId, NOW, true)).toBe(attempt + 1);
        expect(await isDue(addMs(NOW, waitSeconds * 1000 - 1))).toBe(false);
        expect(await isDue(addMs(NOW, waitSeconds * 1000))).toBe(true);
      }
      expect(await isDue(addMs(NOW, -3_600_000))).toBe(true);
    });

    it('that a dispatch has overtaken leaves the row as it is', async () => {
      const { stores } = bench;
      const { inboxId } = await acceptOne(stores.inbox, 'link', aText('HELP'), NOW);
      await stores.inbox.markDispatched([{ inboxId, at: NOW, sessionId: null }]);
      expect(await stores.inbox.postponeDispatch(inboxId, NOW, true)).toBe(0);
    });

    it('tries what a closing session has put back at once', async () => {
      const { stores } = bench;
      const sessionId = sessionIdOf(await textIn(stores, 'CHARGE'));
      const again = await acceptOne(stores.inbox, 'link', aText('CHARGE'), NOW);
      for (let n = 0; n < 5; n += 1) await stores.inbox.postponeDispatch(again.inboxId, NOW, true);
      await stores.inbox.freeSlot({
        sessionId,
        handledInboxIds: [],
        lastEndChargeAt: null,
        at: minutesLater(1),
      });
      const items = await stores.inbox.undispatched({ limit: 10, dueAt: minutesLater(1) });
      expect(items).toMatchObject([{ inboxId: again.inboxId, assignment: { kind: 'startSession' } }]);
      expect(await stores.inbox.postponeDispatch(again.inboxId, minutesLater(1), true)).toBe(1);
    });

    it('is not held back by a customer whose text cannot be read', async () => {
      const { stores } = bench;
      const sessionId = sessionIdOf(await textIn(stores, 'CHARGE'));
      const { inboxId } = await acceptOne(stores.inbox, 'link', aText('STATUS'), NOW);
      await stores.inbox.freeSlot({ sessionId, handledInboxIds: [], lastEndChargeAt: null, at: NOW });
      await stores.db
        .updateTable('inboundMessage')
        .set({ textKeyId: 'lost' })
        .where('inboxId', '=', inboxId)
        .execute();
      const other = await acceptOne(stores.inbox, 'link', aText('HELP', { msisdn: OTHER_MSISDN }), NOW);
      const errors: unknown[] = [];
      const items = await stores.inbox.undispatched({
        limit: 10,
        onUnassignable: (error) => errors.push(error),
      });
      expect(items.map((item) => item.inboxId)).toEqual([other.inboxId]);
      expect(errors).toHaveLength(1);
      await expect(stores.inbox.undispatched({ limit: 10 })).rejects.toThrow(/key/);
    });
  });
}
