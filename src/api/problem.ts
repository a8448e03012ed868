import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

interface Problem {
  status: ContentfulStatusCode;
  title: string;
  /** one sentence for the caller; never personal data, never the text of an error */
  detail: string;
  headers?: Record<string, string>;
  /** further members of the body */
  extra?: Record<string, unknown>;
}

/** Answers with `application/problem+json` (RFC 9457). `instance` is the request id that the log carries. */
export function problem(c: Context, { status, title, detail, headers, extra }: Problem): Response {
  const body = {
    type: 'about:blank',
    title,
    status,
    detail,
    instance: `urn:uuid:${c.get('requestId')}`,
    ...extra,
  };
  return c.body(JSON.stringify(body), status, {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    ...headers,
  });
}

export const RETRY_AFTER_SECONDS = 5;

/** 503: nothing was lost or changed permanently, the same request may be sent again. */
export function unavailable(c: Context, detail: string): Response {
  return problem(c, {
    status: 503,
    title: 'Service Unavailable',
    detail,
    headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
  });
}

export function notFoundProblem(c: Context, detail = 'There is nothing at this address.'): Response {
  return problem(c, { status: 404, title: 'Not Found', detail });
}

export function unprocessable(c: Context, detail: string, extra: Record<string, unknown> = {}): Response {
  return problem(c, { status: 422, title: 'Unprocessable Content', detail, extra });
}
