import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMsisdn } from '../../src/domain/msisdn.ts';

describe('parseMsisdn', () => {
  it.each([
    '+47 900 00 001',
    '+4790000001',
    '004790000001',
    '00 47 90 00 00 01',
    '4790000001',
    ' 47 9000 0001 ',
    '+47\u00A0900\u00A000\u00A0001',
    '+47 (900) 00-001',
    '47.90.00.00.01',
    'tel:+4790000001',
    '(+47) 900 00 001',
    'TEL: +47-900-00-001',
    '+47\u2011900\u201100\u2011001',
    '\u202A+4790000001\u202C',
    '+47900\u200B00001',
    ' +47 900 00 001',
    '\ttel:+4790000001 ',
  ])('reads %j as one number', (text) => {
    expect(parseMsisdn(text)).toBe('4790000001');
    expect(parseMsisdn(text, 'NO')).toBe('4790000001');
  });

  it('takes a Norwegian mobile number without country code only when told the country', () => {
    expect(parseMsisdn('900 00 001', 'NO')).toBe('4790000001');
    expect(parseMsisdn('40000001', 'NO')).toBe('4740000001');
    expect(parseMsisdn('900 00 001')).toBeNull();
  });

  it.each([
    ['90000001', 'NO', '4790000001'],
    ['(900) 00 001', 'NO', '4790000001'],
    ['40 00 00 01', 'DK', '4540000001'],
    ['070-123 45 67', 'SE', '46701234567'],
    ['040 123 4567', 'FI', '358401234567'],
    ['20000001', 'DK', '4520000001'],
    ['050 123 4567', 'FI', '358501234567'],
  ] as const)('reads %j as a number of the country texted, %s', (text, country, msisdn) => {
    expect(parseMsisdn(text, country)).toBe(msisdn);
  });

  it.each(['NO', 'DK', 'SE', 'FI'] as const)('leaves a full number alone where %s was texted', (country) => {
    for (const msisdn of ['4790000001', '4540000001', '46701234567', '358401234567'])
      for (const text of [msisdn, `+${msisdn}`, `00${msisdn}`])
        expect(parseMsisdn(text, country)).toBe(msisdn);
  });

  it('never makes a foreign number of a Norwegian landline', () => {
    expect(parseMsisdn('22 00 00 01', 'NO')).toBeNull();
  });

  it.each([
    ['12345678', 'DK'],
    ['08-123 45 67 8', 'SE'],
    ['09 123 4567', 'FI'],
  ] as const)('takes %j in %s, which cannot text, for no mobile number', (text, country) => {
    expect(parseMsisdn(text, country)).toBeNull();
  });

  it('takes foreign numbers from 8 to 15 digits', () => {
    expect(parseMsisdn('+29012345')).toBe('29012345');
    expect(parseMsisdn('+123456789012345')).toBe('123456789012345');
    expect(parseMsisdn('+46 70 123 45 67', 'NO')).toBe('46701234567');
  });

  it.each([
    ['nothing', ''],
    ['a plus alone', '+'],
    ['a short number', '27222'],
    ['seven digits', '+1234567'],
    ['sixteen digits', '+1234567890123456'],
    ['a country code that begins with 0', '+047900001'],
    ['plus and 00', '+004790000001'],
    ['one leading zero', '090000001'],
    ['a trunk zero in brackets', '+47 (0)900 00 001'],
    ['a plus in the middle', '47+90000001'],
    ['letters', '+47 900 OO OO1'],
    ['a sender name', 'LINKMOBILITY'],
    ['a country prefixed short number', 'NO-27222'],
    ['digits of another script', '+٤٧٩٠٠٠٠٠٠١'],
  ])('refuses %s', (_what, text) => {
    expect(parseMsisdn(text)).toBeNull();
    expect(parseMsisdn(text, 'NO')).toBeNull();
  });

  it('gives digits that it reads as themselves again, whatever it was given', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'+0123456789 ().-'.split('')) }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const msisdn = parseMsisdn(text, 'NO');
        if (msisdn === null) return;
        expect(msisdn).toMatch(/^[1-9]\d{7,14}$/);
        expect(parseMsisdn(`+${msisdn}`)).toBe(msisdn);
      }),
    );
  });
});
