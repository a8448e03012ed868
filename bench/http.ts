// Owns: HTTP as the bench asks for it: on kept-alive connections, cheap (two cores are shared with what is measured), and never
// without an end.
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Answer {
  status: number;
  /** where a redirect leads */
  location: string | null;
  body: string;
}

interface Question {
  method?: 'GET' | 'POST';
  body?: string;
  headers?: Record<string, string>;
  limitMs?: number;
}

/** More than any step may take. */
const LIMIT_MS = 60_000;
const agent = new Agent({ keepAlive: true });

export function ask(
  url: string,
  { method = 'GET', body, headers = {}, limitMs = LIMIT_MS }: Question = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent }, (response) => {
      text(response)
        .then((answered) =>
          resolve({
            status: response.statusCode ?? 0,
            location: response.headers.location ?? null,
            body: answered,
          }),
        )
        .catch(reject)
        .finally(() => clearTimeout(limit));
    });
    const limit = setTimeout(
      () => asked.destroy(new Error(`no answer within ${limitMs / 1_000} s`)),
      limitMs,
    );
    asked.on('error', (error) => {
      clearTimeout(limit);
      reject(error);
    });
    asked.end(body);
  });
}
