// HTTP as the bench asks for it: on kept-alive connections, cheap (two cores are shared with what is measured), and never
// without an end.
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Answer {
  status: number;
  /** where a redirect leads */
  location: string | null;
  body: string;
}

export interface Question {
  method?: 'GET' | 'POST';
  body?: string;
  headers?: Record<string, string>;
  limitMs?: number;
}

/** More than any step may take. */
const LIMIT_MS = 60_000;
const agent = new Agent({ keepAlive: true });

export function ask(url: string, question: Question = {}): Promise<Answer> {
  const { method = 'GET', body, headers = {}, limitMs = LIMIT_MS } = question;
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent }, (response) => {
      const { statusCode: status = 0 } = response;
      const location = response.headers.location ?? null;
      text(response)
        .then((answered) => resolve({ status, location, body: answered }))
        .catch(reject)
        .finally(() => clearTimeout(limit));
    });
    const tooLate = new Error(`no answer within ${limitMs / 1_000} s`);
    const limit = setTimeout(() => asked.destroy(tooLate), limitMs);
    asked.on('error', (error) => {
      clearTimeout(limit);
      // The server closed the idle connection at the same moment: nothing was asked.
      const wasIdle = asked.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
      if (wasIdle) ask(url, question).then(resolve, reject);
      else reject(error);
    });
    asked.end(body);
  });
}
