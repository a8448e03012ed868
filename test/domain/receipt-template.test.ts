import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../src/domain/assert.ts';
import { countSegments, isGsm7 } from '../../src/domain/gsm7.ts';
import {
  RECEIPT_PARAMETERS,
  REFERENCE_RECEIPT_TEXT,
  renderReceiptText,
  validateReceiptTemplate,
  type ReceiptParameter,
} from '../../src/domain/receipt-template.ts';

function values(change: Partial<Record<ReceiptParameter, string>> = {}): Record<ReceiptParameter, string> {
  return {
    amount: '1',
    receiptPageUrl: 'https://pay.example.no/r/AbC_-123',
    currency: 'NOK',
    description: 'Lading',
    merchantName: 'Oslo Lading AS',
    receiptNumber: '42',
    startedAt: '23.11.2026 10:00',
    endedAt: '23.11.2026 11:00',
    duration: '1 t 0 min',
    reservedAmount: '5',
    ...change,
  };
}

describe('renderReceiptText', () => {
  it('writes the reference text with a bare amount, word for word', () => {
    expect(renderReceiptText(REFERENCE_RECEIPT_TEXT, values())).toBe(
      'Thank you for using our service. You have been charged 1 NOK / KR. ' +
        'For receipt click here: https://pay.example.no/r/AbC_-123',
    );
  });

  it('fits the reference text into one message with a usual link', () => {
    expect(countSegments(renderReceiptText(REFERENCE_RECEIPT_TEXT, values())).segments).toBe(1);
  });

  it('knows names in any case and with spaces, as Paycore writes {{Currency}}', () => {
    expect(renderReceiptText('{{Currency}} {{ AMOUNT }} {{Description}}', values())).toBe('NOK 1 Lading');
  });

  it.each([...RECEIPT_PARAMETERS])('puts in %s, every time it is named', (parameter) => {
    const text = renderReceiptText(`a {{${parameter}}} b {{${parameter}}}`, values());
    expect(text).toBe(`a ${values()[parameter]} b ${values()[parameter]}`);
  });

  it.each(['{{amount}}', '{{nonsense}}', '$&', '$1', "$'", '}}{{'])(
    'puts the value %j in as it is',
    (value) => {
      expect(renderReceiptText('{{merchantName}}: {{amount}}', values({ merchantName: value }))).toBe(
        `${value}: 1`,
      );
    },
  );

  it('never has to be sent in 16-bit characters, whatever the values', () => {
    const template = RECEIPT_PARAMETERS.map((parameter) => `{{${parameter}}}`).join(' ');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const hostile = values({ description: value, merchantName: value });
        expect(isGsm7(renderReceiptText(template, hostile))).toBe(true);
      }),
    );
  });

  it('makes a plain text of typographic characters that were saved before they were refused', () => {
    expect(renderReceiptText('Takk – “{{amount}}” kr', values())).toBe('Takk - "1" kr');
  });

  it('throws rather than send a placeholder to a customer, and names no value', () => {
    const render = () => renderReceiptText('{{amuont}}', values({ merchantName: 'secret' }));
    expect(render).toThrow(InvariantError);
    expect(render).not.toThrow(/secret/);
  });
});

describe('validateReceiptTemplate', () => {
  it.each([
    REFERENCE_RECEIPT_TEXT,
    'Takk! {{Amount}} {{currency}}',
    'Kvittering nr. {{receiptNumber}} fra {{merchantName}}: {{receiptPageUrl}}',
    'Takk for at du brukte oss, vær så god. Æ ø å € 5',
    'x'.repeat(612),
  ])('takes %j', (text) => {
    expect(validateReceiptTemplate(text)).toEqual([]);
  });

  it.each(['', '   ', '\n'])('refuses the empty text %j', (text) => {
    expect(validateReceiptTemplate(text)).toEqual(['The text is empty.']);
  });

  it('names each unknown placeholder once, with the names there are', () => {
    const problems = validateReceiptTemplate('{{amuont}} {{amuont}} {{}} {{amount}} {{__proto__}}');
    expect(problems).toHaveLength(3);
    expect(problems[0]).toContain('{{amuont}}');
    expect(problems[0]).toContain('amount, receiptPageUrl, currency');
    expect(problems[1]).toContain('{{}}');
    expect(problems[2]).toContain('{{__proto__}}');
  });

  it.each(['{{amount', '{{amount}', '{amount}', 'amount}}', '{{{amount}}}', '{{amount}} {', '{{a{{amount}}'])(
    'refuses the braces of %j',
    (text) => {
      expect(validateReceiptTemplate(text)).toContainEqual(expect.stringContaining('A brace stands alone'));
    },
  );

  it('names each character that does not fit, once, and what to write instead', () => {
    expect(validateReceiptTemplate('“Takk” 🙏 {{amount}} kr – 🙏')).toEqual([
      'The character “ (U+201C) does not fit in a plain text message: write ".',
      'The character ” (U+201D) does not fit in a plain text message: write ".',
      'The character 🙏 (U+1F64F) does not fit in a plain text message: leave it out.',
      'The character – (U+2013) does not fit in a plain text message: write -.',
    ]);
  });

  it('tells how long a text gets that is too long with the longest link', () => {
    const room = 4 * 153 - 120;
    expect(validateReceiptTemplate(`${'x'.repeat(room)}{{receiptPageUrl}}`)).toEqual([]);
    expect(validateReceiptTemplate(`${'x'.repeat(room + 1)}{{receiptPageUrl}}`)).toEqual([
      'With the longest values the text takes 5 messages; at most 4 are allowed.',
    ]);
  });

  it('finds no fault only where the text can be rendered', () => {
    const pieces = fc.constantFrom(
      'Takk ',
      '{{amount}}',
      '{{',
      '}}',
      '{',
      'x',
      '{{Currency}}',
      '{{what}}',
      '🙏',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const template = parts.join('');
        fc.pre(validateReceiptTemplate(template).length === 0);
        expect(renderReceiptText(template, values())).not.toMatch(/[{}]/);
      }),
    );
  });
});
