/** In which language a page speaks: as chosen on a page before, else as the browser asks. */
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { LANGUAGES, type Language } from '../../domain/language.ts';
import { acceptedLanguage } from './accept-language.ts';

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
 * nothing here. Without cookies the choice holds for that page.
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
