import { z } from 'zod';
import { UsageError } from '../config/config.ts';

export type Send = (url: string, init: RequestInit) => Promise<Response>;

export interface Call {
  method?: string | undefined;
  body?: unknown;
  token?: string | undefined;
  /** default: over HTTP */
  send?: Send | undefined;
}

const ANSWER_LIMIT_MS = 120_000;

const sendByHttp: Send = (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });

/** One JSON call of the command line. A refusal or a silent server becomes a sentence for a person. */
export async function callJson(url: string, call: Call = {}): Promise<unknown> {
  const { method = 'GET', body, token, send = sendByHttp } = call;
  const response = await send(url, {
    method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new UsageError(`${new URL(url).origin} does not answer: is it running? Start it with: npm start`, {
      cause: error,
    });
  });
  const text = await response.text();
  const answer: unknown = text === '' ? null : parse(text);
  if (!response.ok) throw new UsageError(refusal(response.status, answer));
  return answer;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const problemSchema = z.object({ detail: z.string(), problems: z.array(z.string()).default([]) });

function refusal(status: number, answer: unknown): string {
  const problem = problemSchema.safeParse(answer).data;
  if (problem === undefined) return `The server answered ${status}.`;
  return [problem.detail, ...problem.problems.map((line) => `- ${line}`)].join('\n');
}
