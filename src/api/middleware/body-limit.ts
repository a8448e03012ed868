import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { problem } from '../problem.ts';

export const MAX_BODY_BYTES = 64 * 1024;

/** 413 for a body above 64 KiB, announced or not. */
export function limitBody(): MiddlewareHandler {
  return bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (c) =>
      problem(c, {
        status: 413,
        title: 'Content Too Large',
        detail: `A request body may have at most ${MAX_BODY_BYTES} bytes.`,
      }),
  });
}
