import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { describe, expect, it } from 'vitest';
import { countSegments, cutGsm7, gsm7Length, isGsm7, notGsm7, toGsm7 } from '../../src/domain/gsm7.ts';

const ALPHABET = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(isGsm7);
const EXTENSION = Array.from('\f^{}\\[~]|€');
/** The oracle takes CR LF for one character outside GSM-7, which no phone does. */
const gsmTexts = fc.string({
  unit: fc.constantFrom(...ALPHABET.filter((character) => character !== '\r')),
  maxLength: 500,
});
/** Extension characters often, so that they meet the ends of parts. */
const extensionTexts = fc.string({ unit: fc.constantFrom('a', '€', '{'), minLength: 140, maxLength: 480 });
/** Single code points only: the oracle counts a combining sequence wrongly as one unit. */
const unicodeTexts = fc.string({ unit: fc.constantFrom('a', 'ø', 'ê', '€', '日', '🔌'), maxLength: 220 });

function oracle(text: string) {
  const message = new SegmentedMessage(text);
  return { encoding: message.encodingName, segments: message.segmentsCount };
}

describe('isGsm7', () => {
  it('agrees with the oracle on every character of the basic plane', () => {
    const codes = Array.from({ length: 0x10000 }, (_, code) => code).filter(
      (code) => code < 0xd800 || code > 0xdfff,
    );
    const differing = codes.filter((code) => {
      const character = String.fromCharCode(code);
      return isGsm7(character) !== (oracle(character).encoding === 'GSM-7');
    });
    expect(differing).toEqual([]);
  });

  it('holds the 127 characters of the default alphabet and the 10 of its extension', () => {
    expect(ALPHABET).toHaveLength(127 + EXTENSION.length);
  });

  it('names what does not fit, each once', () => {
    expect(notGsm7('ê 🔌 ê ø')).toEqual(['ê', '🔌']);
  });
});

describe('toGsm7', () => {
  it.each([
    ['Blåbærsyltetøy for €5', 'Blåbærsyltetøy for €5'],
    ['a\u00A0b\u2009c\td', 'a b c d'],
    ['2026\u20132027 \u2014 \u22125', '2026-2027 - -5'],
    ['\u201CLading\u201D \u2018her\u2019 «nå»', '"Lading" \'her\' "nå"'],
    ['vent\u2026', 'vent...'],
    ['pa\u030A cafe\u0301', 'på café'],
    ['crêpe šal çà', 'crepe sal cà'],
    ['Kárášjohka, Deatnu, Guovdageaidnu đ ŋ ŧ', 'Karasjohka, Deatnu, Guovdageaidnu d n t'],
    ['Łódź', 'Lodz'],
    ['\uFEFFlade\u200Bplass\u00AD', 'ladeplass'],
    ['ﬁn № 5', 'fin No 5'],
    ['🔌', '?'],
    ['❤️', '?'],
    ['日本', '??'],
    ['\uD83D', '?'],
    ['', ''],
  ])('writes %j as %j', (text, plain) => {
    expect(toGsm7(text)).toBe(plain);
  });

  it('makes any text fit, and changes nothing that fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const plain = toGsm7(text);
        expect(notGsm7(plain)).toEqual([]);
        expect(toGsm7(plain)).toBe(plain);
      }),
    );
    fc.assert(
      fc.property(gsmTexts, (text) => {
        expect(toGsm7(text)).toBe(text);
      }),
    );
  });
});

describe('countSegments', () => {
  // 153 is odd, so a part holds only 76 extension characters; 67 is odd, so a part holds only 33 pairs.
  it.each([
    { character: 'a', encoding: 'GSM-7', one: 160, two: 306 },
    { character: '€', encoding: 'GSM-7', one: 80, two: 152 },
    { character: '日', encoding: 'UCS-2', one: 70, two: 134 },
    { character: '🔌', encoding: 'UCS-2', one: 35, two: 66 },
  ])('holds $one of $character in one message and $two in two', ({ character, encoding, one, two }) => {
    expect(countSegments(character.repeat(one))).toEqual({ encoding, segments: 1 });
    expect(countSegments(character.repeat(one + 1))).toEqual({ encoding, segments: 2 });
    expect(countSegments(character.repeat(two))).toEqual({ encoding, segments: 2 });
    expect(countSegments(character.repeat(two + 1))).toEqual({ encoding, segments: 3 });
  });

  it('counts an empty text as one message', () => {
    expect(countSegments('')).toEqual({ encoding: 'GSM-7', segments: 1 });
  });

  it.each([
    ['GSM-7 text', gsmTexts],
    ['extension characters at the ends of parts', extensionTexts],
    ['text with characters outside GSM-7', unicodeTexts],
  ])('agrees with the oracle on %s', (_what, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(countSegments(text)).toEqual(oracle(text));
      }),
    );
  });
});

describe('cutGsm7', () => {
  it('keeps the longest beginning that fits', () => {
    expect(cutGsm7('abc', 3)).toBe('abc');
    expect(cutGsm7('abcd', 3)).toBe('abc');
    expect(cutGsm7('ab€d', 3)).toBe('ab');
    fc.assert(
      fc.property(gsmTexts, fc.nat({ max: 40 }), (text, maximum) => {
        const cut = cutGsm7(text, maximum);
        expect(text.startsWith(cut)).toBe(true);
        expect(gsm7Length(cut)).toBeLessThanOrEqual(maximum);
        const next = text.slice(0, cut.length + 1);
        expect(next === cut || gsm7Length(next) > maximum).toBe(true);
      }),
    );
  });
});
