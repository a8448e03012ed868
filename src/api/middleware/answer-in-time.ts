import type { Context, MiddlewareHandler } from 'hono';
import { within } from '../../ports/bounded.ts';

/** Answers with `late` when the routes have not within `ms` (wall time). What they still do changes nothing: for reads. */
export function answerInTime(
  ms: number,
  late: (c: Context) => Response | Promise<Response>,
): MiddlewareHandler {
  return async (c, next) => {
    const answered = await within(next(), ms);
    return answered.late ? late(c) : undefined;
  };
}
