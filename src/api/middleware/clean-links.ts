/** Links arrive with what stood behind them in a sentence: `/p/<token>.`, `/r/<token>)`, a zero-width space. */
import type { MiddlewareHandler } from 'hono';

/** Longer addresses were made by nobody's text. */
const LONGEST_PATH = 300;
const LINK = /^(\/[pr]\/[A-Za-z0-9_-]{22})(.*)$/s;
/** What is glued to a token or to a page of it begins with no letter or digit. */
const GLUED = /^(?:[^\p{L}\p{N}/][^/]*)?(\/(?:stop|done))?(?:[^\p{L}\p{N}/][^/]*)?[^\p{L}\p{N}]*$/su;

/** Leads a link with something glued to it to its own page, by the same method; looks nothing up. */
export function cleanLinks(): MiddlewareHandler {
  return async (c, next) => {
    const clean = cleanPath(c.req.path);
    if (clean === null) return await next();
    return c.redirect(clean, 307);
  };
}

/** The path that was meant; null when this one is as it should be, or is no link. */
function cleanPath(path: string): string | null {
  if (path.length > LONGEST_PATH) return null;
  const [, link, behind = ''] = LINK.exec(decoded(path)) ?? [];
  if (link === undefined || behind === '') return null;
  const glued = GLUED.exec(behind);
  if (glued === null) return null;
  const page = glued[1] ?? '';
  return behind === page ? null : link + page;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A broken escape is something glued like any other.
    return path;
  }
}
