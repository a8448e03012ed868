/** One HTTP exchange with a vendor, and what became of it. Knows no vendor; faults are the vendor adapter's decision. */
import {
  Agent as HttpAgent,
  request as requestHttp,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { createSecureContext, TLSSocket } from 'node:tls';

/** A whole answer: status, headers and body. */
export interface Answer {
  kind: 'answered';
  status: number;
  /** lower-case names */
  headers: IncomingHttpHeaders;
  /** UTF-8 text; empty when there is none */
  body: string;
}

/** `code`: an error code of Node, `TIMEOUT`, `TOO_LARGE` or `DROPPED`; never an address or a credential. */
export type Outcome =
  | Answer
  /** no connection stood, so the vendor has seen nothing of the request */
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
  try {
    return await outcomeOf(connect(request), request.body, signal);
  } catch (error) {
    // The address or a header is not one that can be sent.
    return { kind: 'notSent', code: codeOf(error) };
  }
}

/**
 * Every call has a connection of its own: a kept-alive socket that the vendor has just closed would lose the answer and
 * leave the outcome unknown.
 */
const plainAgent = new HttpAgent({ keepAlive: false });
let tlsAgent: HttpsAgent | undefined;

/** One agent, as it keeps the TLS sessions to resume; one context, as making it costs as much as a call without TLS. */
function theTlsAgent(): HttpsAgent {
  tlsAgent ??= new HttpsAgent({ keepAlive: false, secureContext: createSecureContext() });
  return tlsAgent;
}

/** Writes nothing yet. */
function connect({ method, url: address, headers, body }: ExchangeRequest): ClientRequest {
  const url = new URL(address);
  const isTls = url.protocol === 'https:';
  return (isTls ? requestHttps : requestHttp)(url, {
    method,
    agent: isTls ? theTlsAgent() : plainAgent,
    headers: {
      'user-agent': 'sms2pay',
      ...headers,
      accept: 'application/json',
      'accept-encoding': 'identity',
      connection: 'close',
      ...(body === null
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
  });
}

function outcomeOf(client: ClientRequest, body: string | null, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    // Becomes `lost` before the first byte is written: only from then on may the request have reached the vendor.
    let kind: 'notSent' | 'lost' = 'notSent';
    let response: IncomingMessage | undefined;
    const settle = (outcome: Outcome): void => {
      signal.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    const fail = (code: string): void => {
      settle({ kind, code });
      client.destroy();
    };
    const onAbort = (): void => fail('TIMEOUT');
    signal.addEventListener('abort', onAbort, { once: true });
    client.once('socket', (socket) => {
      // For TLS the server's certificate is verified by then.
      socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
        kind = 'lost';
        client.end(body);
      });
    });
    client.once('response', (incoming) => {
      response = incoming;
      readAnswer(incoming, settle, fail);
    });
    client.on('error', (error) => {
      // An answer that is whole is read to its end whatever becomes of the connection.
      if (!response?.complete) fail(codeOf(error));
    });
    client.once('close', () => {
      if (response === undefined) fail('DROPPED');
    });
  });
}

/** Strips a byte order mark, which JSON does not allow. */
const UTF_8 = new TextDecoder();

function readAnswer(
  response: IncomingMessage,
  onAnswer: (answer: Answer) => void,
  onFailure: (code: string) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) onFailure('TOO_LARGE');
    else chunks.push(chunk);
  });
  response.once('end', () => {
    const { statusCode: status = 0, headers, complete } = response;
    if (complete) onAnswer({ kind: 'answered', status, headers, body: UTF_8.decode(Buffer.concat(chunks)) });
  });
  response.on('error', (error) => onFailure(codeOf(error)));
}

/** Keeps the code alone: an error's text may contain addresses and credentials. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'DROPPED';
}

/** The `Retry-After` of an answer in ms from `nowMs`: whole seconds or an HTTP date (RFC 9110, 10.2.3). Null: none. */
export function readRetryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | null {
  const value = headers['retry-after'];
  if (value === undefined) return null;
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
