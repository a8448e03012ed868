import type { IncomingMessage } from 'node:http';
import type { Context, MiddlewareHandler } from 'hono';
import { type Exchange, type Party, shownBody, shownHeaders } from './exchanges.ts';
import { withoutSecrets } from './secrets.ts';
import type { SimulatorParts } from './parts.ts';

export interface VendorEnv {
  Bindings: { incoming?: IncomingMessage };
  Variables: {
    /** records the exchange before there is an answer */
    recordUnanswered: (note: string) => void;
    note: string | null;
    /** the connection was cut: there is no answer */
    dropped: boolean;
  };
}

/** Records every request of `from` to this stand-in, whatever becomes of it. */
export function recording(parts: SimulatorParts, from: Party, to: Party): MiddlewareHandler<VendorEnv> {
  return async (c, next) => {
    const { exchanges, clock } = parts;
    const startedMs = clock.wallMs();
    const draft: Exchange = {
      id: exchanges.newId(),
      at: clock.now(),
      from,
      to,
      method: c.req.method,
      url: calledUrl(parts.baseUrl(), c),
      requestHeaders: shownHeaders(c.req.raw.headers),
      requestBody: shownBody(withoutSecrets(await c.req.text())),
      status: null,
      responseBody: '',
      durationMs: 0,
      note: null,
    };
    c.set('note', null);
    c.set('dropped', false);
    c.set('recordUnanswered', (note) => exchanges.record({ ...draft, note }));
    await next();
    exchanges.record({
      ...draft,
      status: c.get('dropped') ? null : c.res.status,
      responseBody: c.get('dropped') ? '' : shownBody(withoutSecrets(await c.res.clone().text())),
      durationMs: clock.wallMs() - startedMs,
      note: c.get('note'),
    });
  };
}

/** The absolute URL as the caller wrote it: signatures cover every letter, so nothing may be decoded. */
export function calledUrl(baseUrl: string, c: Context): string {
  const { pathname, search } = new URL(c.req.url);
  const mountPath = mountPathOf(baseUrl);
  const relative = pathname.startsWith(`${mountPath}/`) ? pathname.slice(mountPath.length) : pathname;
  return `${baseUrl.replace(/\/$/, '')}${relative}${search}`;
}

export function mountPathOf(baseUrl: string): string {
  return new URL(baseUrl).pathname.replace(/\/$/, '');
}

/** Cuts the connection. In-process calls have none: they see an empty 503. */
export function dropConnection(c: Context<VendorEnv>): Response {
  c.set('dropped', true);
  const socket = c.env?.incoming?.socket;
  if (socket === undefined) return new Response(null, { status: 503 });
  socket.destroy();
  // A sign for @hono/node-server that there is nothing left to write.
  return new Response(null, { headers: { 'x-hono-already-sent': 'true' } });
}
