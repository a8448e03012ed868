/** The language of a page: as chosen on an earlier page, else as the browser prefers. */
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { LANGUAGES, type Language } from '../../domain/language.ts';

const COOKIE = 'language';
const A_YEAR_S = 365 * 24 * 3600;
const ON_HTTPS = 'visitorsUseHttps';

/** Whether visitors come by https is known from our public address alone: a proxy speaks plain http to us. */
export function knowScheme(publicUrl: () => string): MiddlewareHandler {
  return async (c, next) => {
    c.set(ON_HTTPS, publicUrl().startsWith('https:'));
    await next();
  };
}

/**
 * `?lang=` of a link on the page wins and is remembered by the browser; nothing is stored with us, so such a GET changes
 * nothing here. Without cookies the choice is for that page only.
 */
export function pageLanguage(c: Context): Language {
  const chosen = languageOf(c.req.query('lang'));
  if (chosen !== null) {
    const secure = c.get(ON_HTTPS) === true;
    setCookie(c, COOKIE, chosen, { path: '/', maxAge: A_YEAR_S, httpOnly: true, sameSite: 'Lax', secure });
    return chosen;
  }
  return languageOf(getCookie(c, COOKIE)) ?? acceptedLanguage(c.req.header('accept-language'));
}

function languageOf(text: string | undefined): Language | null {
  return LANGUAGES.find((language) => language === text) ?? null;
}

const NORWEGIAN = new Set(['nb', 'nn', 'no']);

/** The page language an `Accept-Language` header prefers: Norwegian when a Norwegian tag ranks first, else English. */
export function acceptedLanguage(acceptLanguage: string | undefined): Language {
  let best: { language: Language; quality: number } = { language: 'en', quality: 0 };
  for (const entry of (acceptLanguage ?? '').split(',')) {
    const [tag = '', ...parameters] = entry.split(';');
    const primary = tag.trim().toLowerCase().split('-')[0] ?? '';
    const language = NORWEGIAN.has(primary) ? 'nb' : primary === 'en' ? 'en' : null;
    const quality = qualityOf(parameters);
    if (language !== null && quality > best.quality) best = { language, quality };
  }
  return best.language;
}

/** RFC 9110, 12.4.2: 1 when not given, between 0 and 1; what cannot be read counts as not wanted. */
function qualityOf(parameters: readonly string[]): number {
  const given = parameters.map((parameter) => parameter.trim()).find((parameter) => /^q=/i.test(parameter));
  if (given === undefined) return 1;
  const quality = Number(given.slice(2));
  return quality >= 0 && quality <= 1 ? quality : 0;
}

/** The form of the tokens in our addresses: 128 random bits, as base64url. Anything else is unknown without a query. */
const TOKEN = /^[A-Za-z0-9_-]{22}$/;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}
