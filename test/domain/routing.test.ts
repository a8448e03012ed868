import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addMs } from '../../src/domain/instant.ts';
import { isReaction } from '../../src/domain/keyword.ts';
import {
  assign,
  GENERAL_END_WORDS,
  isDecidedBy,
  routeWord,
  slotServiceOf,
  STALE_CHARGE_MS,
  type KeywordRoute,
  type OpenSlot,
  type RoutedWord,
} from '../../src/domain/text-assignment.ts';

const routes: KeywordRoute[] = [
  { keyword: 'CHARGE', serviceId: 'charger', action: 'start' },
  { keyword: 'ENDCHARGE', serviceId: 'charger', action: 'end' },
  { keyword: 'PARK', serviceId: 'parking', action: 'start' },
  { keyword: 'PARKEND', serviceId: 'parking', action: 'end' },
];
const startsCharger: RoutedWord = { word: 'start', serviceId: 'charger', serviceReference: null };
const chargerOpen: OpenSlot = { serviceId: 'charger', sessionId: 'session-1' };
const parkingOpen: OpenSlot = { serviceId: 'parking', sessionId: 'session-2' };
const noon = '2026-11-23T12:00:00.000Z';

function assigned(
  word: RoutedWord,
  openSlots: OpenSlot[],
  times: Partial<Parameters<typeof assign>[0]> = {},
) {
  return assign({ word, openSlots, lastEndChargeAt: null, sentAt: noon, receivedAt: noon, ...times });
}

describe('routeWord', () => {
  it.each(['CHARGE', 'charge', ' Charge! ', '"CHARGE"', 'chárge'])('starts on %j', (text) => {
    expect(routeWord(routes, text)).toEqual(startsCharger);
  });

  it('keeps what stands after a start word as the reference', () => {
    expect(routeWord(routes, 'charge bay 12')).toEqual({ ...startsCharger, serviceReference: 'bay 12' });
  });

  it.each(['ENDCHARGE', 'END CHARGE', 'end  charge!', 'End-Charge', 'ENDCHARGE now please'])(
    'ends on %j',
    (text) => {
      expect(routeWord(routes, text)).toEqual({ word: 'end', serviceId: 'charger' });
    },
  );

  it.each(['STOP', 'stopp', 'Slutt!', 'END', 'stop charging', 'END PARK'])(
    'knows the general end word in %j',
    (text) => {
      expect(routeWord(routes, text)).toEqual({ word: 'generalEnd' });
    },
  );

  it.each(['STATUS', 'status?'])('answers with the state on %j', (text) => {
    expect(routeWord(routes, text)).toEqual({ word: 'status' });
  });

  it.each(['HELP', 'hjelp', 'INFO', 'help charge'])('helps on %j', (text) => {
    expect(routeWord(routes, text)).toEqual({ word: 'help' });
  });

  it.each(['', '🙂', 'CHARGER', 'please CHARGE', 'hello'])('does not guess at %j', (text) => {
    expect(routeWord(routes, text)).toEqual({ word: 'unknown' });
  });

  it('never lets a partner have a core word as its own', () => {
    const own: KeywordRoute[] = [
      { keyword: 'STATUS', serviceId: 'gym', action: 'start' },
      { keyword: 'STOP', serviceId: 'gym', action: 'end' },
    ];
    expect(routeWord(own, 'status')).toEqual({ word: 'status' });
    expect(routeWord(own, 'stop')).toEqual({ word: 'generalEnd' });
    expect(routeWord(own, 'stopp')).toEqual({ word: 'generalEnd' });
  });

  it("prefers a partner's first word to a general word made of two", () => {
    const own: KeywordRoute[] = [{ keyword: 'STOPAL', serviceId: 'gym', action: 'end' }];
    expect(routeWord(own, 'stopal l')).toEqual({ word: 'end', serviceId: 'gym' });
  });

  it("prefers a partner's word made of two to its first word", () => {
    const own: KeywordRoute[] = [...routes, { keyword: 'CHARGEBAY', serviceId: 'bays', action: 'start' }];
    expect(routeWord(own, 'charge bay 12')).toEqual({
      word: 'start',
      serviceId: 'bays',
      serviceReference: '12',
    });
  });

  it('finds a keyword that was saved in another spelling', () => {
    const own: KeywordRoute[] = [
      { keyword: 'på', serviceId: 'gym', action: 'start' },
      { keyword: 'end gym', serviceId: 'gym', action: 'end' },
    ];
    expect(routeWord(own, 'PA\u030A')).toEqual({ word: 'start', serviceId: 'gym', serviceReference: null });
    expect(routeWord(own, 'End Gym')).toEqual({ word: 'end', serviceId: 'gym' });
  });

  it.each(['CHARGE4412', 'CHARGE-4412', 'charge:4412', 'CHARGE,4412', 'CHARGE#4412'])(
    'reads word and reference in %j',
    (text) => {
      expect(routeWord(routes, text)).toEqual({ ...startsCharger, serviceReference: '4412' });
    },
  );

  it('takes no line that goes on behind its dashes for a signature', () => {
    expect(routeWord(routes, 'CHARGE\n-- 12')).toEqual({ ...startsCharger, serviceReference: '12' });
  });

  it('leaves a whole token that is a routed word alone', () => {
    const own: KeywordRoute[] = [...routes, { keyword: 'CHARGE12', serviceId: 'bays', action: 'start' }];
    expect(routeWord(own, 'CHARGE12')).toMatchObject({ serviceId: 'bays', serviceReference: null });
    expect(routeWord(routes, 'CHARGER12')).toEqual({ word: 'unknown' });
  });

  it.each([
    'CHARGE\n--\nOla',
    'CHARGE\n -- \nOla',
    'CHARGE\n___\nOla',
    'CHARGE\n—\nOla',
    'CHARGE\nSent from my iPhone',
    'CHARGE Sent from Outlook for Android',
    'CHARGE\nGet Outlook for iOS',
    'charge\n\nSendt fra min iPhone',
    'charge\nSendt fra Outlook for Android',
    'charge\nSkaff deg Outlook for iOS',
    'CHARGE\n--\nOla\nSent from my iPhone',
  ])('takes no signature for a reference in %j', (text) => {
    expect(routeWord(routes, text)).toEqual(startsCharger);
  });

  it.each([
    'Liked “CHARGE”',
    'Likte «STOP»',
    'Loved "ENDCHARGE"',
    '👍 to “CHARGE”',
    '👍🏽 til «STOP»',
    'Elsket et bilde',
    'Mislikte en melding',
    'Laughed at "STOP"',
    'Emphasized an image',
    'Reacted 😂 to "STOP"',
    'Reacted with a heart to “CHARGE”',
    'Removed a like from "STOP"',
    'Lo av «STOP»',
    'Reagerte 😂 på «CHARGE»',
    'Stilte spørsmål ved «CHARGE»',
    'Fjernet et hjerte fra «STOP»',
    ' Likte «STOP»',
    'LIKED "STOP"',
    'Liked \u200B\u2068“CHARGE”\u2069',
  ])('takes the reaction %j for no word', (text) => {
    expect(isReaction(text)).toBe(true);
    expect(routeWord(routes, text, [chargerOpen])).toEqual({ word: 'unknown' });
  });

  it.each([
    ['a text longer than the head of it that is read', `Likte «${'Du bruker nå Lading. '.repeat(30)}»`],
    ['a full stop behind it', 'Emphasized “STOP”.'],
    ['a space', 'Laughed at an image '],
  ])('takes a reaction with %s for no word', (_, text) => {
    expect(isReaction(text)).toBe(true);
  });

  it.each(['Liked it', 'Liked CHARGE', 'I liked "STOP"', 'CHARGE', '"CHARGE"', '👍', 'STOP "now"'])(
    'takes %j for no reaction',
    (text) => {
      expect(isReaction(text)).toBe(false);
    },
  );

  it.each(['Liked "ENDCHARGE"\nENDCHARGE', 'Likte «lading», STOPP', 'Loved a video STOP'])(
    'takes %j for no reaction, since the customer wrote on: it must be answered',
    (text) => {
      expect(isReaction(text)).toBe(false);
    },
  );

  it('gives a general end word to its owner only while nothing else is open', () => {
    const own: KeywordRoute[] = [...routes, { keyword: 'CANCEL', serviceId: 'parking', action: 'end' }];
    expect(routeWord(own, 'cancel', [])).toEqual({ word: 'end', serviceId: 'parking' });
    expect(routeWord(own, 'cancel', [chargerOpen])).toEqual({ word: 'generalEnd' });
    expect(routeWord(own, 'cancel', [chargerOpen, parkingOpen])).toEqual({
      word: 'end',
      serviceId: 'parking',
    });
  });

  it('ends the open session of two whose end words on their two numbers are the same', () => {
    const twin: KeywordRoute = { keyword: 'endcharge', serviceId: 'parking', action: 'end' };
    const both = [...routes, twin];
    const ends = (openSlots: OpenSlot[]) => routeWord(both, 'END CHARGE', openSlots);
    expect(ends([parkingOpen])).toEqual({ word: 'end', serviceId: 'parking' });
    expect(ends([chargerOpen, parkingOpen])).toEqual({ word: 'end', serviceId: 'charger' });
    expect(ends([])).toEqual({ word: 'end', serviceId: 'charger' });
    const startsToo: KeywordRoute[] = [{ ...twin, serviceId: 'charger', action: 'start' }, twin];
    expect(routeWord(startsToo, 'ENDCHARGE', [parkingOpen])).toMatchObject({ word: 'start' });
  });

  it('ends the only open session by every general end word, whoever else owns the word', () => {
    const anyRoute = fc.record<KeywordRoute>({
      keyword: fc.constantFrom(...GENERAL_END_WORDS, 'ENDCHARGE', 'ENDWASH'),
      serviceId: fc.constantFrom('charger', 'parking', 'wash'),
      action: fc.constantFrom('start', 'end'),
    });
    const anyEnd = fc.constantFrom(...GENERAL_END_WORDS, 'ENDCHARGE', 'ENDWASH', 'END CHARGE');
    fc.assert(
      fc.property(fc.array(anyRoute, { maxLength: 8 }), anyEnd, (own, text) => {
        const word = routeWord(own, text, [chargerOpen]);
        const name = text.replace(' ', '');
        const owners = own.filter(({ keyword }) => keyword === name);
        const [owner] = owners;
        const isGeneral = GENERAL_END_WORDS.includes(name) || (name !== text && owner === undefined);
        const endsCharger = owners.some((route) => route.serviceId === 'charger' && route.action === 'end');
        const isOwn = owner?.action === 'end' && endsCharger;
        if (isGeneral || isOwn)
          expect(assigned(word, [chargerOpen])).toEqual({
            kind: 'signal',
            sessionId: 'session-1',
            signal: 'endCharge',
          });
      }),
    );
  });

  it('is not changed by the end words of other numbers where the own routes decide', () => {
    const anyWord = fc.constantFrom(
      'CHARGE',
      'CHARGENOW',
      'NOW',
      'END',
      'AV',
      'BRYT',
      'AVBRYT',
      'ST',
      'OP',
      'STATUS',
    );
    const anyService = fc.constantFrom('charger', 'parking');
    const anyOwn = fc.record<KeywordRoute>({
      keyword: anyWord,
      serviceId: anyService,
      action: fc.constantFrom('start', 'end'),
    });
    const anyEnd = fc.record<KeywordRoute>({
      keyword: anyWord,
      serviceId: anyService,
      action: fc.constant('end'),
    });
    const anyText = fc.array(anyWord, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '));
    const anyOpen = fc.subarray([chargerOpen, parkingOpen]);
    const [own, ends] = [fc.array(anyOwn, { maxLength: 4 }), fc.array(anyEnd, { maxLength: 4 })];
    let decided = 0;
    fc.assert(
      fc.property(own, ends, anyText, anyOpen, (ownRoutes, elsewhere, text, open) => {
        if (!isDecidedBy(ownRoutes, text, open)) return;
        decided += 1;
        expect(routeWord([...ownRoutes, ...elsewhere], text, open)).toEqual(routeWord(ownRoutes, text, open));
      }),
      { numRuns: 2_000 },
    );
    expect(decided).toBeGreaterThan(100);
    expect(isDecidedBy(routes, 'CHARGE', [])).toBe(true);
    expect(isDecidedBy(routes, 'ENDCHARGE', [chargerOpen])).toBe(true);
    expect(isDecidedBy(routes, 'ENDCHARGE', [parkingOpen])).toBe(false);
    expect(isDecidedBy(routes, 'STOP', [])).toBe(true);
    expect(isDecidedBy(routes, 'ENDWASH', [])).toBe(false);
  });

  it('answers every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(['start', 'end', 'generalEnd', 'status', 'help', 'unknown']).toContain(
          routeWord(routes, text).word,
        );
      }),
    );
  });
});

describe('slotServiceOf', () => {
  it('names the service of a start or end word, open or not', () => {
    expect(slotServiceOf(startsCharger, [])).toBe('charger');
    expect(slotServiceOf({ word: 'end', serviceId: 'parking' }, [chargerOpen])).toBe('parking');
  });

  it.each<RoutedWord>([{ word: 'generalEnd' }, { word: 'status' }])(
    'names the only open session for $word',
    (word) => {
      expect(slotServiceOf(word, [chargerOpen])).toBe('charger');
      expect(slotServiceOf(word, [])).toBeNull();
      expect(slotServiceOf(word, [chargerOpen, parkingOpen])).toBeNull();
    },
  );

  it.each<RoutedWord>([{ word: 'help' }, { word: 'unknown' }])('needs no slot for $word', (word) => {
    expect(slotServiceOf(word, [chargerOpen])).toBeNull();
  });
});

describe('assign: a start word', () => {
  it('starts a session when none of this service is open', () => {
    expect(assigned(startsCharger, [])).toEqual({ kind: 'startSession' });
    expect(assigned(startsCharger, [parkingOpen])).toEqual({ kind: 'startSession' });
  });

  it('tells the open session of a second CHARGE, even when that text is stale', () => {
    const repeated = { kind: 'signal', sessionId: 'session-1', signal: 'chargeRepeated' };
    expect(assigned(startsCharger, [parkingOpen, chargerOpen])).toEqual(repeated);
    expect(assigned(startsCharger, [chargerOpen], { sentAt: addMs(noon, -STALE_CHARGE_MS - 1) })).toEqual(
      repeated,
    );
  });

  it('starts nothing when the text is older than ten minutes, to the millisecond', () => {
    const sendAgain = { kind: 'reply', replyKind: 'sendAgain' };
    expect(assigned(startsCharger, [], { sentAt: addMs(noon, -STALE_CHARGE_MS) })).toEqual({
      kind: 'startSession',
    });
    expect(assigned(startsCharger, [], { sentAt: addMs(noon, -STALE_CHARGE_MS - 1) })).toEqual(sendAgain);
  });

  it('starts nothing when it is not newer than the last ENDCHARGE: the two overtook each other', () => {
    const sendAgain = { kind: 'reply', replyKind: 'sendAgain' };
    expect(assigned(startsCharger, [], { lastEndChargeAt: addMs(noon, 1) })).toEqual(sendAgain);
    expect(assigned(startsCharger, [], { lastEndChargeAt: noon })).toEqual(sendAgain);
    expect(assigned(startsCharger, [], { lastEndChargeAt: addMs(noon, -1) })).toEqual({
      kind: 'startSession',
    });
  });

  it("is not held back by a gateway's clock that runs ahead of ours", () => {
    expect(assigned(startsCharger, [], { sentAt: addMs(noon, 3_600_000) })).toEqual({ kind: 'startSession' });
  });
});

describe('assign: an end word', () => {
  it('ends the session of its own service among several', () => {
    expect(assigned({ word: 'end', serviceId: 'parking' }, [chargerOpen, parkingOpen])).toEqual({
      kind: 'signal',
      sessionId: 'session-2',
      signal: 'endCharge',
    });
  });

  it('never ends the session of another service', () => {
    expect(assigned({ word: 'end', serviceId: 'parking' }, [chargerOpen])).toEqual({
      kind: 'reply',
      replyKind: 'noSession',
    });
  });

  it('ends a session however late it comes', () => {
    expect(
      assigned({ word: 'end', serviceId: 'charger' }, [chargerOpen], { sentAt: addMs(noon, -86_400_000) }),
    ).toEqual({
      kind: 'signal',
      sessionId: 'session-1',
      signal: 'endCharge',
    });
  });
});

describe('every general end word', () => {
  const words = [
    'STOP',
    'STOPP',
    'SLUTT',
    'END',
    'AVSLUTT',
    'SLUTTE',
    'AVBRYT',
    'FERDIG',
    'CANCEL',
    'QUIT',
    'STOPALL',
  ];

  it('is one of these', () => {
    expect([...GENERAL_END_WORDS].toSorted()).toEqual(words.toSorted());
  });

  it.each(words)(
    '%s ends the only open session whatever company owns the word, and of several names each',
    (word) => {
      const owners: KeywordRoute[][] = [
        [],
        [{ keyword: word, serviceId: 'parking', action: 'end' }],
        [{ keyword: word, serviceId: 'parking', action: 'start' }],
      ];
      for (const own of owners)
        for (const text of [word, ` ${word.toLowerCase()}! `]) {
          const alone = routeWord([...routes, ...own], text, [chargerOpen]);
          const ends = { kind: 'signal', sessionId: 'session-1', signal: 'endCharge' };
          expect(assigned(alone, [chargerOpen])).toEqual(ends);
        }
      const both = [chargerOpen, parkingOpen];
      expect(assigned(routeWord(routes, word, both), both)).toEqual({
        kind: 'reply',
        replyKind: 'openSessions',
      });
    },
  );
});

describe('assign: words that belong to the number', () => {
  it.each<[RoutedWord, string]>([
    [{ word: 'generalEnd' }, 'endCharge'],
    [{ word: 'status' }, 'statusRequested'],
  ])('gives %j to the only open session, lists several, and says when there is none', (word, signal) => {
    expect(assigned(word, [parkingOpen])).toEqual({ kind: 'signal', sessionId: 'session-2', signal });
    expect(assigned(word, [chargerOpen, parkingOpen])).toEqual({ kind: 'reply', replyKind: 'openSessions' });
    expect(assigned(word, [])).toEqual({ kind: 'reply', replyKind: 'noSession' });
  });

  it('answers help and unknown words without touching a session', () => {
    expect(assigned({ word: 'help' }, [chargerOpen])).toEqual({ kind: 'reply', replyKind: 'help' });
    expect(assigned({ word: 'unknown' }, [chargerOpen])).toEqual({ kind: 'reply', replyKind: 'unknownWord' });
  });
});
