/** Links arrive with what stood behind them in a sentence: `/p/<token>.`, `/r/<token>)`, a zero-width space. */
import type { MiddlewareHandler } from 'hono';

const LINK = /^(\/[pr]\/[A-Za-z0-9_-]{22})(.*)$/s;
/** Takes whatever stands behind a token at the first try: read before any limit, it must cost a long address no time. */
const BEHIND = /^([^/]*)(\/(?:stop|done))?([^/]*)(.*)$/s;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
const BEGINS_WITH_ONE = /^[\p{L}\p{N}]/u;

/** Leads a link with something attached to it to its own page, by the same method; reads no database. */
export function cleanLinks(): MiddlewareHandler {
  return async (c, next) => {
    const clean = cleanPath(c.req.path);
    if (clean === null) return await next();
    return c.redirect(clean, 307);
  };
}

/** The path that was meant; null when this one is as it should be, or is no link. */
function cleanPath(path: string): string | null {
  const [, link, behind = ''] = LINK.exec(decoded(path)) ?? [];
  if (link === undefined || behind === '') return null;
  const [, atToken = '', page = '', atPage = '', rest = ''] = BEHIND.exec(behind) ?? [];
  // What is attached to a token or to a page of it begins with no letter or digit.
  const isAttached = ![atToken, atPage].some((attached) => BEGINS_WITH_ONE.test(attached));
  return isAttached && behind !== page && !LETTER_OR_DIGIT.test(rest) ? link + page : null;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A broken escape is something attached like any other.
    return path;
  }
}
