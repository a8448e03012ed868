import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keywordOf, MAX_REFERENCE_LENGTH, normaliseKeyword } from '../../src/domain/keyword.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 60 });

describe('normaliseKeyword', () => {
  it.each([
    ['charge', 'CHARGE'],
    ['Ládè', 'LADE'],
    ['LA\u0301DE', 'LADE'],
    ['på', 'PA'],
    ['pa\u030A', 'PA'],
    ['Økt', 'ØKT'],
    ['ære', 'ÆRE'],
    ['øre', 'ØRE'],
    ['"charge!"', 'CHARGE'],
    ['«charge»', 'CHARGE'],
    ['‘charge’', 'CHARGE'],
    ['end-charge', 'ENDCHARGE'],
    ['END CHARGE', 'ENDCHARGE'],
    ['charge\u02BC', 'CHARGE'],
    ['char\u200Bge', 'CHARGE'],
    ['\uFEFFcharge', 'CHARGE'],
    ['char\u00ADge', 'CHARGE'],
    ['charge🔌', 'CHARGE'],
    ['charge❤️', 'CHARGE'],
    ['charge👩‍🔧', 'CHARGE'],
    ['\u3164charge', 'CHARGE'],
    ['p7', 'P7'],
    ['straße', 'STRASSE'],
    ['!?.,', ''],
    ['', ''],
  ])('writes %j as %s', (text, keyword) => {
    expect(normaliseKeyword(text)).toBe(keyword);
  });

  it('leaves a keyword alone that it made itself, so stored and texted words meet', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = normaliseKeyword(text);
        expect(normaliseKeyword(once)).toBe(once);
      }),
    );
  });
});

describe('keywordOf', () => {
  it.each<[string, string[], (string | null)[]]>([
    ['CHARGE', ['CHARGE'], [null]],
    ['  charge  ', ['CHARGE'], [null]],
    ['End  charge!', ['ENDCHARGE', 'END'], [null, 'charge']],
    ['END-CHARGE', ['ENDCHARGE'], [null]],
    ['charge bay 12', ['CHARGEBAY', 'CHARGE'], ['12', 'bay 12']],
    ['Charge Bay Åse-Øst (left)', ['CHARGEBAY', 'CHARGE'], ['Åse-Øst (left)', 'Bay Åse-Øst (left)']],
    ['charge\u00A012', ['CHARGE12', 'CHARGE'], [null, '12']],
    ['charge\t12\r\n', ['CHARGE12', 'CHARGE'], [null, '12']],
    ['charge\u000012', ['CHARGE12', 'CHARGE'], [null, '12']],
    ['🙂 charge 🙂', ['CHARGE'], [null]],
    ['- charge - 12', ['CHARGE12', 'CHARGE'], [null, '12']],
    ['charge "7b".', ['CHARGE7B', 'CHARGE'], [null, '7b']],
    ['charge A\u030Asen', ['CHARGEASEN', 'CHARGE'], [null, 'Åsen']],
    ['charge #7', ['CHARGE7', 'CHARGE'], [null, '#7']],
    ['char\u200Bge', ['CHARGE'], [null]],
    ['charge, please', ['CHARGEPLEASE', 'CHARGE'], [null, 'please']],
  ])('reads %j', (text, words, rest) => {
    expect(keywordOf(text)).toEqual({ words, rest });
  });

  it.each(['', '   ', '\u00A0', '\u0000\n', '!!!', '🙂', '\u200B\uFEFF'])('finds no word in %j', (text) => {
    expect(keywordOf(text)).toEqual({ words: [], rest: [] });
  });

  it('cuts a long reference, never inside a character', () => {
    const { rest } = keywordOf(`charge ${'𝐀'.repeat(100)}`);
    expect(rest[1]).toBe('𝐀'.repeat(MAX_REFERENCE_LENGTH));
  });

  it('leaves no space where the cut fell', () => {
    const { rest } = keywordOf(`charge ${'b'.repeat(MAX_REFERENCE_LENGTH - 1)} 12`);
    expect(rest[1]).toBe('b'.repeat(MAX_REFERENCE_LENGTH - 1));
  });

  it('reads a text of the largest size a webhook takes without delay', () => {
    for (const filler of ['.', ' .', 'a ', '( ', '\u0301', '"a']) {
      const started = performance.now();
      keywordOf(`charge a${filler.repeat(65_536 / filler.length)}x`);
      expect(performance.now() - started).toBeLessThan(1000);
    }
  });

  it('gives normalised words and clean references for any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { words, rest } = keywordOf(text);
        expect(rest).toHaveLength(words.length);
        for (const word of words) expect(normaliseKeyword(word)).toBe(word);
        for (const reference of rest) {
          if (reference === null) continue;
          expect(reference).toBe(reference.trim());
          expect(Array.from(reference).length).toBeLessThanOrEqual(MAX_REFERENCE_LENGTH);
          expect(reference).toMatch(/[\p{L}\p{N}]/u);
          expect(reference).not.toMatch(/[\p{Cc}\p{Cs}]/u);
        }
      }),
    );
  });

  it('hears the same word however it is cased, spaced and punctuated', () => {
    const noise = fc.string({ unit: fc.constantFrom(' ', '\u00A0', '!', '"', '\u200B', '\n'), maxLength: 4 });
    fc.assert(
      fc.property(noise, noise, fc.boolean(), (before, after, lower) => {
        const text = `${before}${lower ? 'endcharge' : 'EndCharge'}${after}`;
        expect(keywordOf(text)).toEqual({ words: ['ENDCHARGE'], rest: [null] });
      }),
    );
  });
});
