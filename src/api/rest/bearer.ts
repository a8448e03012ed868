import { timingSafeEqual } from 'node:crypto';
import { createMiddleware } from 'hono/factory';
import { problem } from '../problem.ts';

/** Lets in who knows the token, and nobody else. */
export function bearer(token: string) {
  const expected = Buffer.from(`Bearer ${token}`);
  return createMiddleware(async (c, next) => {
    const given = Buffer.from(c.req.header('authorization') ?? '');
    if (given.length === expected.length && timingSafeEqual(given, expected)) return await next();
    c.header('WWW-Authenticate', 'Bearer');
    return problem(c, { status: 401, title: 'Unauthorized', detail: 'A valid token is needed.' });
  });
}
