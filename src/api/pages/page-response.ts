import type { Context } from 'hono';
import type { Child } from 'hono/jsx';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { htmlDocument } from '../../ui/layout.tsx';

const CONTENT_SECURITY_POLICY =
  "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'self'";

const FORM_ACTION = { none: "; form-action 'none'", own: "; form-action 'self'", leavesSite: '' };

export interface PageOptions {
  status?: ContentfulStatusCode;
  /**
   * `own`: the page has a form that is answered here. `leavesSite`: the answer redirects to a wallet. Chromium applies
   * `form-action` to that redirect too, and wallet hosts change without notice and must not be pinned, so such a page goes
   * without the directive.
   */
  form?: 'own' | 'leavesSite';
  headers?: Record<string, string>;
}

/** Answers with a page. None is stored or indexed anywhere: its address contains a secret. */
export function pageResponse(
  c: Context,
  page: Child,
  options: PageOptions = {},
): Response | Promise<Response> {
  const formAction = FORM_ACTION[options.form ?? 'none'];
  return c.html(htmlDocument(page), options.status ?? 200, {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': CONTENT_SECURITY_POLICY + formAction,
    'X-Robots-Tag': 'noindex, nofollow',
    Vary: 'Accept-Language, Cookie',
    ...options.headers,
  });
}
