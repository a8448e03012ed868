// Two languages everywhere: as the browser asks, or as chosen, which the browser remembers without any script.
import { describe, expect, test } from 'vitest';
import { PAGE_TEXTS } from '../../src/api/pages/page-texts.ts';
import { apiFixture, aReceipt, aSession, LINK_TOKEN, RECEIPT_TOKEN } from './api-fixture.ts';

async function languageOf(path: string, headers: Record<string, string> = {}) {
  const { app } = apiFixture({ sessions: [aSession()], receipts: [aReceipt()] });
  const response = await app.request(path, { headers: { accept: 'text/html', ...headers } });
  const html = await response.text();
  return {
    html,
    language: /<html lang="(\w+)">/.exec(html)?.[1],
    cookie: response.headers.get('set-cookie'),
  };
}

const PATHS = [`/p/${LINK_TOKEN}`, `/p/${LINK_TOKEN}/done`, `/r/${RECEIPT_TOKEN}`, '/p/unknown', '/nowhere'];

describe.each(PATHS)('%s', (path) => {
  test('is in the language of the browser', async () => {
    expect((await languageOf(path, { 'accept-language': 'nb' })).language).toBe('nb');
    expect((await languageOf(path, { 'accept-language': 'en' })).language).toBe('en');
  });

  test('is in the language chosen before, whatever the browser asks for', async () => {
    const cookie = 'language=nb';
    expect((await languageOf(path, { 'accept-language': 'en', cookie })).language).toBe('nb');
  });

  test('is in the language a link asks for, which the browser remembers', async () => {
    const chosen = await languageOf(`${path}?lang=nb`, { 'accept-language': 'en', cookie: 'language=en' });
    expect(chosen.language).toBe('nb');
    expect(chosen.cookie).toMatch(/^language=nb; Max-Age=31536000; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  });

  test.each(['xx', '', 'nb,en', '__proto__'])('does not mind ?lang=%s', async (lang) => {
    const { language, cookie } = await languageOf(`${path}?lang=${lang}`, { 'accept-language': 'en' });
    expect([language, cookie]).toEqual(['en', null]);
  });
});

test('the choice is remembered on plain http too, where a browser keeps no Secure cookie', async () => {
  const { app } = apiFixture({ sessions: [aSession()], deps: { publicUrl: () => 'http://127.0.0.1:8080' } });
  const response = await app.request(`/p/${LINK_TOKEN}?lang=nb`);
  expect(response.headers.get('set-cookie')).toMatch(/^language=nb; .*HttpOnly; SameSite=Lax$/);
  expect(response.headers.get('set-cookie')).not.toContain('Secure');
});

test('each page links to itself in the other language, and the waiting page keeps its count', async () => {
  expect((await languageOf(`/p/${LINK_TOKEN}`)).html).toContain(`href="/p/${LINK_TOKEN}?lang=nb"`);
  expect((await languageOf(`/r/${RECEIPT_TOKEN}`)).html).toContain(`href="/r/${RECEIPT_TOKEN}?lang=nb"`);
  const waiting = await languageOf(`/p/${LINK_TOKEN}/done?poll=4`);
  expect(waiting.html).toContain(`href="/p/${LINK_TOKEN}/done?poll=5&amp;lang=nb"`);
});

/** Every text of a table, with what computes one called with words of its own. */
function textsOf(table: object): [string, string][] {
  return Object.entries(table).flatMap(([key, value]: [string, unknown]): [string, string][] => {
    if (typeof value === 'string') return [[key, value]];
    if (typeof value === 'function') return [[key, String(value('A', 'B'))]];
    return textsOf(Object(value)).map(([inner, text]) => [`${key}.${inner}`, text]);
  });
}

test('every text of the pages is there in both languages, and translated', () => {
  const [nb, en] = [textsOf(PAGE_TEXTS.nb), new Map(textsOf(PAGE_TEXTS.en))];
  expect(nb.map(([key]) => key)).toEqual([...en.keys()]);
  for (const [key, text] of nb) {
    expect(text.trim(), key).not.toBe('');
    expect(text, key).not.toBe(en.get(key));
  }
});
