import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Context } from 'hono';
import type { Logger } from '../../ports/logger.ts';

/**
 * One structured event per request, and its id in the `X-Request-Id` header. The route's pattern is logged, never the
 * URL: tokens in a path are secrets, and a gateway's query carries phone numbers.
 */
export function requestLog(log: Logger, wallNow: () => number): MiddlewareHandler {
  return async (c, next) => {
    const startedMs = wallNow();
    await next();
    const requestId = c.get('requestId');
    // `c.header` would copy a finished response through streams.
    c.res.headers.set('X-Request-Id', requestId);
    log.info(
      {
        event: 'request',
        requestId,
        method: c.req.method,
        route: routePatternOf(c),
        status: c.res.status,
        durationMs: Math.round(wallNow() - startedMs),
      },
      'request',
    );
  };
}

function routePatternOf(c: Context): string {
  const own = matchedRoutes(c).findLast(({ path }) => path !== '*' && path !== '/*');
  return own?.path ?? 'none';
}
