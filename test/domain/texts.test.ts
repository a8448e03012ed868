import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countSegments } from '../../src/domain/gsm7.ts';
import { MAX_KEYWORD_LENGTH } from '../../src/domain/keyword.ts';
import { LANGUAGES, type Language } from '../../src/domain/language.ts';
import { formatPrice } from '../../src/domain/money.ts';
import { renderText, type TextKind, type TextParams } from '../../src/domain/texts.ts';

const LINK = `https://pay.example.no/p/${'a'.repeat(22)}`;
const LONGEST_LINK = `https://${'a'.repeat(82)}`;
const ONE_SEGMENT = { encoding: 'GSM-7', segments: 1 };

interface Ingredients {
  name: string;
  price: string;
  link: string;
  startWord: string;
  endWord: string;
  entries: number;
}

/** The params of every kind, from one set of ingredients; a new kind does not compile until it is here. */
function paramsOf({ name, price, link, startWord, endWord, entries }: Ingredients): TextParams {
  const ask = { merchantName: name, amount: price, link };
  const words = Array.from({ length: entries }, () => ({ serviceName: name, startWord, endWord }));
  const running = words.map(() => ({ serviceName: name, startTime: '10:00', endWord }));
  return {
    paymentLink: ask,
    linkAgain: ask,
    statusWaiting: ask,
    statusActive: { startTime: '10:00', amountSoFar: price, reserved: price, endWord },
    statusClosing: {},
    cancelled: { merchantName: name },
    declined: { startWord },
    expired: { startWord },
    couldNotStart: { startWord },
    warning: { endTime: '10:00', endWord },
    usedUpContinue: { reserved: price, endWord },
    usedUpEnded: { reserved: price },
    nothingCharged: {},
    lateApprovalReleased: { amount: price },
    help: { words, running },
    unknownWord: { words, running },
    noSession: { starts: Array.from({ length: entries }, () => ({ merchantName: name, startWord })) },
    otherRunning: { serviceName: name, running },
    sendAgain: { merchantName: name, startWord },
    endNoted: { endTime: '10:02', isRecorded: true },
    tooManyStarts: {},
    openSessions: { sessions: running },
  };
}

const usual: Ingredients = {
  name: 'Oslo Lading',
  price: '5 kr',
  link: LINK,
  startWord: 'CHARGE',
  endWord: 'ENDCHARGE',
  entries: 1,
};
const KINDS = Object.keys(paramsOf(usual)) as TextKind[];
const EVERY_TEXT = LANGUAGES.flatMap((language) => KINDS.map((kind) => ({ kind, language })));

function render(kind: TextKind, language: Language, ingredients: Partial<Ingredients> = {}): string {
  return renderText(kind, language, paramsOf({ ...usual, ...ingredients })[kind]);
}

describe('every text', () => {
  it.each(EVERY_TEXT)(
    '$kind ($language) is one message with everything at its longest',
    ({ kind, language }) => {
      const text = render(kind, language, {
        name: 'Æ'.repeat(30),
        price: formatPrice(99_999_999, 'NOK', language),
        link: LONGEST_LINK,
        startWord: 'Ø'.repeat(MAX_KEYWORD_LENGTH),
        endWord: 'Å'.repeat(MAX_KEYWORD_LENGTH),
        entries: 12,
      });
      expect(countSegments(text)).toEqual(ONE_SEGMENT);
      expect(text).toBe(text.trim());
    },
  );

  it.each(EVERY_TEXT)(
    '$kind ($language) is one message with hostile names and words',
    ({ kind, language }) => {
      const hostile = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 120, size: 'max' }),
        fc.string({
          unit: fc.constantFrom('€', '🚲', '\n', ' ', '日', '{', 'ﷺ'),
          maxLength: 300,
          size: 'max',
        }),
      );
      fc.assert(
        fc.property(hostile, hostile, fc.nat({ max: 8 }), (name, word, entries) => {
          const text = render(kind, language, {
            name,
            link: LONGEST_LINK,
            startWord: word,
            endWord: word,
            entries,
          });
          expect(countSegments(text)).toEqual(ONE_SEGMENT);
          expect(text).not.toMatch(/[\n\r\f]/);
        }),
        // Shrinking long texts would take longer than all other tests together.
        { numRuns: 20, endOnFailure: true },
      );
    },
  );

  it.each(KINDS)('%s differs between the languages', (kind) => {
    expect(render(kind, 'nb')).not.toBe(render(kind, 'en'));
  });

  it.each(EVERY_TEXT)('$kind ($language) differs from every other kind', ({ kind, language }) => {
    const others = KINDS.filter((other) => other !== kind).map((other) => render(other, language));
    expect(others).not.toContain(render(kind, language));
  });

  it.each(EVERY_TEXT)('$kind ($language) holds all it was given', ({ kind, language }) => {
    const params = paramsOf(usual)[kind];
    const given = JSON.stringify(params).match(/(?<=:")[^"]+/g) ?? [];
    const text = render(kind, language);
    expect(text).not.toBe('');
    for (const value of given) expect(text).toContain(value);
  });
});

describe('the payment link text', () => {
  it('says who asks, what will be reserved, and that one pays only for what is used', () => {
    expect(render('paymentLink', 'nb')).toBe(
      `Oslo Lading ber deg reservere 5 kr. Du betaler bare for det du bruker, resten får du tilbake: ${LINK}`,
    );
    expect(render('paymentLink', 'en', { price: 'NOK 5' })).toBe(
      `Oslo Lading asks you to reserve NOK 5. You pay only for what you use and get the rest back: ${LINK}`,
    );
  });

  it.each(EVERY_TEXT.filter(({ kind }) => ['paymentLink', 'linkAgain', 'statusWaiting'].includes(kind)))(
    '$kind ($language) keeps link, amount and the beginning of the name when all are long',
    ({ kind, language }) => {
      const price = formatPrice(99_999_999, 'NOK', language);
      const text = render(kind, language, { name: 'Oslo Kommune Bymiljøetaten', price, link: LONGEST_LINK });
      expect(text).toContain('Oslo Kommune');
      expect(text).toContain(price);
      expect(text.endsWith(LONGEST_LINK)).toBe(true);
    },
  );

  it('never cuts a link, even one that needs a second message', () => {
    const link = `https://${'a'.repeat(150)}`;
    expect(render('paymentLink', 'nb', { link }).endsWith(link)).toBe(true);
  });
});

describe('names', () => {
  it.each([
    ['Bysykkel 🚲 Oslo', 'Bysykkel Oslo'],
    ['  Oslo\n Lading ', 'Oslo Lading'],
    ['Oslo Kommune Bymiljøetaten Parkering', 'Oslo Kommune Bymiljøetaten'],
    ['Bymiljøetatenparkeringsavdelingen', 'Bymiljøetatenparkeringsavdelin'],
    ['🚲', '?'],
  ])('writes %j as %j', (name, written) => {
    expect(render('cancelled', 'en', { name })).toBe(`Cancelled. ${written} charges you nothing.`);
  });
});

describe('an answer while something runs', () => {
  const running = [{ serviceName: 'Lading', startTime: '10:02', endWord: 'ENDCHARGE' }];
  const words = [{ serviceName: 'Vask', startWord: 'WASH', endWord: 'ENDWASH' }];

  it.each(['help', 'unknownWord'] as const)('%s names it and its end word first', (kind) => {
    expect(renderText(kind, 'en', { words, running })).toMatch(
      /^Lading has been running since 10:02\. Send ENDCHARGE to stop it\. .*WASH/,
    );
    expect(renderText(kind, 'nb', { words, running })).toMatch(
      /^Lading er i gang siden kl\. 10:02\. Send ENDCHARGE for å avslutte\. .*WASH/,
    );
  });

  it('to the end word of another service names both services', () => {
    expect(renderText('otherRunning', 'en', { serviceName: 'Vask', running })).toBe(
      'Vask is not running. Lading has been running since 10:02. Send ENDCHARGE to stop it.',
    );
    expect(renderText('otherRunning', 'nb', { serviceName: 'Vask', running })).toBe(
      'Vask er ikke i gang. Lading er i gang siden kl. 10:02. Send ENDCHARGE for å avslutte.',
    );
  });
});

describe('lists', () => {
  const offers = ['Lading', 'Parkering', 'Vask', 'Kano'].map((serviceName, index) => ({
    serviceName,
    startWord: `START${index}`,
    endWord: `SLUTT${index}`,
  }));

  it('help says which words start and end what', () => {
    expect(renderText('help', 'en', { words: offers.slice(0, 1), running: [] })).toBe(
      'Send START0 to start and SLUTT0 to end Lading. Send STATUS to see what is running.',
    );
    expect(renderText('help', 'nb', { words: offers.slice(0, 1), running: [] })).toBe(
      'Send START0 for å starte og SLUTT0 for å avslutte Lading. Send STATUS for å se hva som er i gang.',
    );
  });

  it('leaves out names before it leaves out words', () => {
    const text = renderText('help', 'nb', { words: offers, running: [] });
    for (const { startWord, endWord } of offers) expect(text).toContain(`${startWord}/${endWord}`);
    expect(text).not.toContain('Lading');
    expect(text).not.toContain('...');
  });

  it('shows as many entries as fit and that there are more', () => {
    const many = Array.from({ length: 30 }, (_, index) => ({
      serviceName: 'x',
      startWord: `START${index}`,
      endWord: `END${index}`,
    }));
    const text = renderText('unknownWord', 'en', { words: many, running: [] });
    expect(text).toMatch(/; \.\.\.\.$/);
    expect(text).toContain('START0/END0; START1/END1; START2/END2; START3/END3; START4/END4');
    expect(text).not.toContain('START29');
  });

  it('openSessions gives each session its own end word', () => {
    const sessions = offers.slice(0, 2).map((offer) => ({ ...offer, startTime: '10:00' }));
    expect(renderText('openSessions', 'nb', { sessions })).toBe(
      'Du har flere i gang. Avslutt med: SLUTT0 (Lading); SLUTT1 (Parkering).',
    );
    expect(renderText('openSessions', 'nb', { sessions: sessions.slice(0, 1) })).toBe(
      'Lading er i gang siden kl. 10:00. Send SLUTT0 for å avslutte.',
    );
  });

  it.each(LANGUAGES)(
    '%s: HELP names what runs and its end word also where everything is at its longest',
    (language) => {
      for (const startTime of ['10:00', null]) {
        const endWord = 'Å'.repeat(MAX_KEYWORD_LENGTH);
        const running = [{ serviceName: 'Æ'.repeat(60), startTime, endWord }];
        const words = Array.from({ length: 12 }, () => ({
          serviceName: 'Æ'.repeat(60),
          startWord: 'Ø'.repeat(MAX_KEYWORD_LENGTH),
          endWord: 'X'.repeat(MAX_KEYWORD_LENGTH),
        }));
        for (const kind of ['help', 'unknownWord'] as const) {
          const text = renderText(kind, language, { words, running });
          expect(countSegments(text)).toEqual(ONE_SEGMENT);
          expect(text).toContain('Æ'.repeat(30));
          expect(text).toContain(endWord);
        }
      }
    },
  );

  it('has something to say when there is nothing to list', () => {
    expect(renderText('help', 'en', { words: [], running: [] })).toBe('This number has no service now.');
    expect(renderText('openSessions', 'en', { sessions: [] })).toBe('You have nothing running.');
  });
});
