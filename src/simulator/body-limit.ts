import type { MiddlewareHandler } from 'hono';
import { problem } from './problem.ts';

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
