import type { AddressInfo } from 'node:net';
import { serve, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';

/** A request as it arrived on the wire. */
export interface SeenRequest {
  method: string;
  /** absolute, query included */
  url: string;
  /** path and query */
  target: string;
  headers: Record<string, string>;
  body: string;
}

/**
 * What a script does with a request: answers it, closes the connection without a word (`drop`), begins a 200 and then
 * closes it (`truncate`), sends it a byte at a time without end (`drip`), or never answers (`hang`).
 */
export type Scripted = Response | 'drop' | 'truncate' | 'drip' | 'hang';

export interface ScriptedServer {
  baseUrl: string;
  seen: SeenRequest[];
  /** the n-th call uses the n-th answer; the last one stays */
  script(...answers: (Scripted | ((request: SeenRequest) => Scripted))[]): void;
  close(): Promise<void>;
}

/** What is written is written to the socket itself: the framework has nothing to send. */
const NO_ANSWER = new Promise<Response>(() => {});

/** A small real HTTP server on a free port, for adapters under faults. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  let answers: (Scripted | ((request: SeenRequest) => Scripted))[] = [];
  const seen: SeenRequest[] = [];
  const app = new Hono<{ Bindings: HttpBindings }>();

  app.all('*', async (c) => {
    const url = new URL(c.req.url);
    const headers = Object.fromEntries(c.req.raw.headers);
    const target = `${url.pathname}${url.search}`;
    const request = { method: c.req.method, url: c.req.url, target, headers, body: await c.req.text() };
    seen.push(request);
    const next = answers.length > 1 ? answers.shift() : answers[0];
    const answer = typeof next === 'function' ? next(request) : next;
    if (answer instanceof Response) return answer.clone();
    if (answer === 'truncate') {
      c.env.outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      c.env.outgoing.write('{"messageId":', () => c.env.incoming.socket.destroy());
    } else if (answer === 'drip') {
      c.env.outgoing.writeHead(200, { 'content-type': 'application/json' });
      const dripping = setInterval(() => c.env.outgoing.write(' '), 10);
      c.env.outgoing.once('close', () => clearInterval(dripping));
    } else if (answer === 'drop') c.env.incoming.socket.destroy();
    return NO_ANSWER;
  });

  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const starting = serve(
      { fetch: app.fetch, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false },
      () => resolve(starting),
    );
  });
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    seen,
    script: (...next) => {
      answers = next;
      seen.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

/** An address on which nobody listens: a server that was there a moment ago. */
export async function refusedBaseUrl(): Promise<string> {
  const server = await startScriptedServer();
  await server.close();
  return server.baseUrl;
}

/** A host name no resolver looks up: its first label is longer than DNS allows. */
export const UNRESOLVABLE_BASE_URL = `http://${'x'.repeat(64)}.invalid`;

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}
