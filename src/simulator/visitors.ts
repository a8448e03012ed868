import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { problem } from './problem.ts';

/**
 * Lets requests in that use a name of this machine. A page on the internet can point its own name at 127.0.0.1 (DNS
 * rebinding) and counts as same-origin then; it cannot send an address of digits, which is therefore always let in.
 */
export function ownNames(names: () => readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const { hostname } = new URL(c.req.url);
    const isAddress = isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
    const known = isAddress || ['localhost', ...names()].some((name) => name.toLowerCase() === hostname);
    if (!known) return problem(c, 403, `Not by this name: use localhost, or the one in HOST or PUBLIC_URL.`);
    await next();
    return undefined;
  };
}

const READING_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Another page open in the tester's browser, also one of another port of this machine, must not send texts or approve
 * payments here. Programs send neither header.
 */
export function ownPages(): MiddlewareHandler {
  return async (c, next) => {
    const site = c.req.header('sec-fetch-site');
    const origin = c.req.header('origin');
    if (!READING_METHODS.has(c.req.method) && isForeign(site, origin, new URL(c.req.url).host))
      return problem(c, 403, 'Not from another site.');
    await next();
    return undefined;
  };
}

/** `host`: name and port the request was sent to. The scheme is not compared: a proxy may speak https for us. */
function isForeign(site: string | undefined, origin: string | undefined, host: string): boolean {
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

/**
 * Refuses bodies over `maxBytes`. Not Hono's own: that one fails for a body without a length (a DELETE of `fetch`, a
 * chunked POST) where the server leaves the global `Request` alone.
 */
export function bodyLimit(maxBytes: number): MiddlewareHandler {
  return async (c, next) => {
    const { raw } = c.req;
    if (raw.body === null) return next();
    const length = raw.headers.get('content-length');
    if (length !== null && !raw.headers.has('transfer-encoding')) {
      return Number(length) > maxBytes ? problem(c, 413, tooBig(maxBytes)) : next();
    }
    const body = await readAtMost(raw.body, maxBytes);
    if (body === null) return problem(c, 413, tooBig(maxBytes));
    const { method, headers, signal } = raw;
    c.req.raw = new Request(raw.url, { method, headers, signal, body });
    return next();
  };
}

function tooBig(maxBytes: number): string {
  return `The body is over ${maxBytes / 1_024} KiB.`;
}

async function readAtMost(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
