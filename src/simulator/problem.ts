import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';

const TITLES: Partial<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

/** An error answer of the simulator API, as RFC 9457 problem+json. */
export function problem(c: Context, status: ContentfulStatusCode, detail: string): Response {
  return c.body(
    JSON.stringify({ type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail }),
    status,
    {
      'content-type': 'application/problem+json',
    },
  );
}

/** The request's JSON, checked; or the problem to answer with. */
export async function readJson<T>(
  c: Context,
  schema: z.ZodType<T>,
): Promise<{ ok: true; value: T } | { ok: false; response: Response }> {
  if (!isJson(c)) return { ok: false, response: problem(c, 415, 'Send the body as application/json.') };
  const body = await jsonOf(c);
  if (body === undefined) return { ok: false, response: problem(c, 400, 'The body is not JSON.') };
  const parsed = schema.safeParse(body);
  if (!parsed.success) return { ok: false, response: problem(c, 400, issuesText(parsed.error)) };
  return { ok: true, value: parsed.data };
}

/** The request's JSON, for a vendor's own checks; undefined when it is none, or not declared as such. */
export async function jsonOf(c: Context): Promise<unknown> {
  if (!isJson(c)) return undefined;
  try {
    return JSON.parse(await c.req.text());
  } catch {
    return undefined;
  }
}

function isJson(c: Context): boolean {
  return /^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '');
}

/** Which fields are wrong and why; never the values. */
export function issuesText(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
}
