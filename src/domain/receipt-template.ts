import { InvariantError } from './assert.ts';
import { countSegments, notGsm7, toGsm7 } from './gsm7.ts';

/**
 * What a partner's receipt text may name as `{{name}}`, in any case: Paycore's documented template names (`amount` is a
 * bare number, `receiptPageUrl`, `Currency`, `Description`) and what the receipt page shows. With the length of the
 * longest value, because a template must fit with all of them at their longest.
 */
const MAX_VALUE_LENGTHS = {
  amount: 9,
  receiptPageUrl: 120,
  currency: 3,
  description: 60,
  merchantName: 60,
  receiptNumber: 10,
  startedAt: 16,
  endedAt: 16,
  duration: 16,
  reservedAmount: 9,
};
export type ReceiptParameter = keyof typeof MAX_VALUE_LENGTHS;
export const RECEIPT_PARAMETERS = Object.keys(MAX_VALUE_LENGTHS) as readonly ReceiptParameter[];

/** The reference partner's text, word for word from the original system. */
export const REFERENCE_RECEIPT_TEXT =
  'Thank you for using our service. You have been charged {{amount}} NOK / KR. For receipt click here: {{receiptPageUrl}}';

/** Each is billed as a message, so a text that is pasted in whole by mistake is caught. */
const MAX_RECEIPT_SEGMENTS = 4;

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/** Everything that is wrong with a partner's receipt text, as sentences; none when it can be saved. */
export function validateReceiptTemplate(text: string): string[] {
  if (text.trim() === '') return ['The text is empty.'];
  const problems = [...unknownPlaceholders(text), ...strayBraces(text), ...unwritable(text)];
  const longest = render(text, (parameter) => 'x'.repeat(MAX_VALUE_LENGTHS[parameter]));
  const { segments } = countSegments(toGsm7(longest));
  if (segments > MAX_RECEIPT_SEGMENTS)
    problems.push(
      `With the longest values the text takes ${segments} messages; at most ${MAX_RECEIPT_SEGMENTS} are allowed.`,
    );
  return problems;
}

/** What the owner of a receipt text should know though it can be saved, as sentences. */
export function receiptTemplateWarnings(text: string): string[] {
  const isAttached = [...text.matchAll(PLACEHOLDER)].some(({ 0: written, 1: name = '', index }) => {
    const sides = [text[index - 1] ?? ' ', text[index + written.length] ?? ' '];
    return parameterNamed(name) === 'receiptPageUrl' && sides.some((character) => /\S/.test(character));
  });
  return isAttached
    ? [
        'Put a space on both sides of {{receiptPageUrl}}: many phones take what touches it for a part of the link.',
      ]
    : [];
}

/**
 * The text of one receipt. Values are put in as they are: a value in the form of a placeholder stays text. The result is
 * GSM-7 safe. Throws InvariantError on a placeholder `validateReceiptTemplate` would have refused.
 */
export function renderReceiptText(template: string, params: Record<ReceiptParameter, string>): string {
  if (unknownPlaceholders(template).length > 0)
    throw new InvariantError('a receipt text with an unknown placeholder was saved');
  return toGsm7(render(template, (parameter) => params[parameter]));
}

/** In one pass and by function, so that neither `{{` nor `$&` in a value means anything. */
function render(template: string, valueOf: (parameter: ReceiptParameter) => string): string {
  return template.replace(PLACEHOLDER, (written, name: string) => {
    const parameter = parameterNamed(name);
    return parameter === null ? written : valueOf(parameter);
  });
}

function parameterNamed(name: string): ReceiptParameter | null {
  const wanted = name.trim().toLowerCase();
  return RECEIPT_PARAMETERS.find((parameter) => parameter.toLowerCase() === wanted) ?? null;
}

function unknownPlaceholders(text: string): string[] {
  const names = new Set(Array.from(text.matchAll(PLACEHOLDER), ([, name = '']) => name.trim()));
  return [...names]
    .filter((name) => parameterNamed(name) === null)
    .map((name) => `{{${name}}} is not known; the names are ${RECEIPT_PARAMETERS.join(', ')}.`);
}

function strayBraces(text: string): string[] {
  if (!/[{}]/.test(text.replace(PLACEHOLDER, ''))) return [];
  return ['A brace stands alone: write each value with two braces on both sides, as in {{amount}}.'];
}

function unwritable(text: string): string[] {
  return notGsm7(text.replace(PLACEHOLDER, '')).map((character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const instead = toGsm7(character);
    const advice = instead.trim() === '' || instead === '?' ? 'leave it out' : `write ${instead}`;
    return `The character ${character} (U+${code}) does not fit in a plain text message: ${advice}.`;
  });
}
