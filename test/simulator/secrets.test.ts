import { expect, test } from 'vitest';
import { withoutSecrets } from '../../src/simulator/secrets.ts';

test.each([
  ['"https://paycore:hemmelig@pay.example/cb"', '"https://***@pay.example/cb"'],
  // As some JSON writers escape it.
  [String.raw`"https:\/\/paycore:hemmelig@pay.example\/cb"`, String.raw`"https:\/\/***@pay.example\/cb"`],
  ['{"client_secret": "hemmelig"}', '{"client_secret": "***"}'],
  ['{"accessToken":"hemmelig","text":"kept"}', '{"accessToken":"***","text":"kept"}'],
])('%s is shown without what is secret', (text, shown) => {
  expect(withoutSecrets(text)).toBe(shown);
});
