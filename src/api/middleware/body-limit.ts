import type { Context, MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { problem } from '../problem.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** 413 for a body above 64 KiB, announced or not. One that is not announced is read here, so after the credentials. */
export function limitBody(): MiddlewareHandler {
  return async (c, next) => {
    const { raw } = c.req;
    const length = raw.headers.get('content-length');
    if (length !== null && !raw.headers.has('transfer-encoding'))
      return Number(length) > MAX_BODY_BYTES ? tooLarge(c) : next();
    // Asked for its body, the server makes a whole Request with streams: only where there may be one.
    if (raw.method === 'GET' || raw.method === 'HEAD' || raw.body === null) return next();
    const body = await readAtMost(raw.body).catch(brokenOff);
    if (body === null) return tooLarge(c);
    const { method, headers, signal } = raw;
    c.req.raw = new Request(raw.url, { method, headers, signal, body });
    return next();
  };
}

/** For a body that cannot be read: its sender is gone, and no fault of ours is logged. */
export function brokenOff(cause: unknown): never {
  throw new HTTPException(400, { cause });
}

async function readAtMost(stream: ReadableStream<Uint8Array>): Promise<Buffer<ArrayBuffer> | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(c: Context): Response {
  return problem(c, {
    status: 413,
    title: 'Content Too Large',
    detail: `A request body may have at most ${MAX_BODY_BYTES} bytes.`,
  });
}
