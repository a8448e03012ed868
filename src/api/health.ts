import { Hono } from 'hono';
import type { ApiDeps } from './api-deps.ts';
import { within } from '../ports/bounded.ts';
import { errorFields } from '../app/error-fields.ts';
import { problem } from './problem.ts';

/** A probe gives up after a few seconds; we answer before it does. */
const READY_MS = 2000;

/** Anybody may probe, as often as they like: the database and Temporal are checked once in this time. */
const ANSWER_AGE_MS = 1500;

const CHALLENGE = /^[0-9a-f]{32}$/;

/**
 * `/healthz`: the process runs; with a `challenge` it proves that it is one of ours, whatever proxies are in
 * between. `/readyz`: what serving needs is there too.
 */
export function healthRoutes({
  ready,
  log,
  proofs,
  monotonicMs = () => performance.now(),
}: Pick<ApiDeps, 'ready' | 'log' | 'proofs' | 'monotonicMs'>): Hono {
  const routes = new Hono();
  routes.get('/healthz', (c) => {
    const challenge = c.req.query('challenge') ?? '';
    const shown = CHALLENGE.test(challenge) ? { proofs: proofs(challenge) } : {};
    return c.json({ status: 'ok', service: 'sms2pay', ...shown }, 200, { 'Cache-Control': 'no-store' });
  });

  const ask = sharedAnswer(() => readyParts(ready, log), ANSWER_AGE_MS, monotonicMs);
  routes.get('/readyz', async (c) => {
    const parts = await ask();
    const missing = missingOf(parts);
    if (missing.length === 0) return c.json({ status: 'ready', parts }, 200, { 'Cache-Control': 'no-store' });
    return problem(c, {
      status: 503,
      title: 'Service Unavailable',
      detail: `Not ready: ${missing.join(', ')}.`,
      extra: { parts: Object.fromEntries(Object.keys(parts).map((part) => [part, stateOf(parts[part])])) },
    });
  });
  return routes;
}

function stateOf(part: string | undefined): 'ok' | 'unavailable' {
  return part === 'ok' ? 'ok' : 'unavailable';
}

function missingOf(parts: Record<string, string>): string[] {
  return Object.keys(parts).filter((part) => parts[part] !== 'ok');
}

async function readyParts(ready: ApiDeps['ready'], log: ApiDeps['log']): Promise<Record<string, string>> {
  const parts = await askParts(ready, log);
  // What exactly is wrong may name hosts and accounts: that is for the log, not for the caller.
  if (missingOf(parts).length > 0) log.warn({ event: 'notReady', parts }, 'not ready');
  return parts;
}

async function askParts(ready: ApiDeps['ready'], log: ApiDeps['log']): Promise<Record<string, string>> {
  try {
    const answer = await within(ready(), READY_MS);
    return answer.late ? { checks: 'no answer in time' } : answer.value;
  } catch (error) {
    log.error({ event: 'readyFailed', ...errorFields(error) }, 'the readiness check failed');
    return { checks: 'failed' };
  }
}

/**
 * One answer for everybody who asks at about the same time: `ask` runs once at a time, and what it answered is given to
 * all for `maxAgeMs` after it came. A failure is given to those who waited for it and to nobody later.
 */
function sharedAnswer<T>(
  ask: () => Promise<T>,
  maxAgeMs: number,
  monotonicMs: () => number,
): () => Promise<T> {
  let shared: { answer: Promise<T>; cameAtMs: number | null } | null = null;
  return () => {
    const isFresh =
      shared !== null && (shared.cameAtMs === null || monotonicMs() - shared.cameAtMs < maxAgeMs);
    if (shared !== null && isFresh) return shared.answer;
    const current: { answer: Promise<T>; cameAtMs: number | null } = { answer: ask(), cameAtMs: null };
    shared = current;
    current.answer.then(
      () => (current.cameAtMs = monotonicMs()),
      () => (current.cameAtMs = Number.NEGATIVE_INFINITY),
    );
    return current.answer;
  };
}
