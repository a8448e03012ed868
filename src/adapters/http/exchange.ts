/** One HTTP exchange with a vendor, and what became of it. Knows no vendor; faults are the vendor adapter's decision. */

/** A whole answer: status, headers and body. */
export interface Answer {
  kind: 'answered';
  status: number;
  headers: Headers;
  /** UTF-8 text; empty when there is none */
  body: string;
}

/** `code`: an error code of Node or undici, `TIMEOUT`, `TOO_LARGE` or `DROPPED`; never an address or a credential. */
export type Outcome =
  | Answer
  /** no connection was made, so the vendor has seen nothing */
  | { kind: 'notSent'; code: string }
  /** the request may have reached the vendor; no whole answer came back */
  | { kind: 'lost'; code: string };

export interface ExchangeRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: URL | string;
  headers: Record<string, string>;
  /** JSON text; null: no body */
  body: string | null;
}

/** Far above any answer we read; an answer without end must not fill the memory. */
export const MAX_ANSWER_BYTES = 1_048_576;

/**
 * Sends a request and reads its whole answer, at most 1 MiB, until `signal` ends it. Never throws. Redirects are
 * answers: followed, they could lead a signed request anywhere.
 */
export async function exchange(request: ExchangeRequest, signal: AbortSignal): Promise<Outcome> {
  if (signal.aborted) return { kind: 'notSent', code: 'TIMEOUT' };
  const { method, url, headers, body } = request;
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...headers,
        accept: 'application/json',
        // A kept-alive socket that the vendor has just closed would lose the answer and leave the outcome unknown.
        connection: 'close',
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === null ? {} : { body }),
      redirect: 'manual',
      signal,
    });
    const text = await readBody(response);
    if (text === null) return { kind: 'lost', code: 'TOO_LARGE' };
    return { kind: 'answered', status: response.status, headers: response.headers, body: text };
  } catch (error) {
    return lostOrNotSent(error);
  }
}

/** Null when it is larger than `MAX_ANSWER_BYTES`. */
async function readBody(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) return null;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Error codes that occur only before the first byte of a request is written. */
const NOT_SENT_CODE =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/;

/** Keeps the code alone: an error's text and cause may contain addresses and credentials. */
function lostOrNotSent(error: unknown): Outcome {
  if (error instanceof Error && error.name === 'TimeoutError') return { kind: 'lost', code: 'TIMEOUT' };
  const code = error instanceof Error ? codeOf(error.cause) : null;
  if (code !== null && NOT_SENT_CODE.test(code)) return { kind: 'notSent', code };
  return { kind: 'lost', code: code ?? 'DROPPED' };
}

function codeOf(cause: unknown): string | null {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return null;
  return typeof cause.code === 'string' ? cause.code : null;
}

/** The `Retry-After` of an answer in ms from `nowMs`: whole seconds or an HTTP date (RFC 9110, 10.2.3). Null: none. */
export function readRetryAfterMs(headers: Headers, nowMs: number): number | null {
  const value = headers.get('retry-after');
  if (value === null) return null;
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
