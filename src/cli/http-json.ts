import { z } from 'zod';
import { UsageError } from '../main/usage-error.ts';

/** One JSON call of the command line. A refusal or a silent server becomes a sentence for a person. */
export async function callJson(
  url: string,
  options: { method?: string; body?: unknown; token?: string } = {},
): Promise<unknown> {
  const response = await fetch(url, {
    method: options.method ?? 'GET',
    headers: {
      accept: 'application/json',
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    signal: AbortSignal.timeout(120_000),
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
