import type { Context, MiddlewareHandler } from 'hono';
import type { InboundHttpRequest, RefuseSender, WebhookRefusal } from '../../ports/webhooks.ts';
import { brokenOff } from '../middleware/body-limit.ts';
import { problem } from '../problem.ts';

/**
 * The request as an adapter checks it. The URL is the public one: a sender signs the address it was given, not the one
 * a proxy calls us by.
 */
export async function inboundRequest(c: Context, publicUrl: string): Promise<InboundHttpRequest> {
  return {
    method: c.req.method,
    url: publicUrl.replace(/\/+$/, '') + pathAndQuery(c.req.url),
    headers: c.req.header(),
    body: await c.req.text().catch(brokenOff),
  };
}

/** Before the body is read, so that an unauthenticated sender cannot hold a connection open. `name`: the path's parameter. */
export function refuseUnauthenticated(
  name: string,
  senders: ReadonlyMap<string, { refuseSender?: RefuseSender }>,
): MiddlewareHandler {
  return async (c, next) => {
    const refusal = senders.get(c.req.param(name) ?? '')?.refuseSender?.(c.req.header());
    return refusal ? refused(c, refusal) : next();
  };
}

/** Cut out, not parsed: a signature covers the very characters that were sent. */
function pathAndQuery(url: string): string {
  const authorityAt = url.indexOf('://') + 3;
  const pathAt = url.indexOf('/', authorityAt);
  return pathAt === -1 ? '/' : url.slice(pathAt);
}

const TITLES: Record<WebhookRefusal['status'], string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  415: 'Unsupported Media Type',
};

export function refused(c: Context, { status, detail }: WebhookRefusal): Response {
  return problem(c, {
    status,
    title: TITLES[status],
    detail,
    // RFC 9110, 11.6.1: a 401 names at least one way in.
    ...(status === 401 ? { headers: { 'WWW-Authenticate': 'Basic realm="webhooks", charset="UTF-8"' } } : {}),
  });
}
