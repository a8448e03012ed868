/** One HTTP exchange with Vipps: sends a request and says what became of it. */

export type VippsReply =
  | { kind: 'answered'; status: number; retryAfter: string | null; body: string }
  /** no connection was made, so Vipps has seen nothing */
  | { kind: 'notSent'; code: string }
  /** the request may have reached Vipps; no whole answer came back */
  | { kind: 'lost'; code: string };

export interface VippsHttpRequest {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  headers: Record<string, string>;
  /** null: no body */
  body: string | null;
}

export async function exchange(request: VippsHttpRequest, signal: AbortSignal): Promise<VippsReply> {
  if (signal.aborted) return { kind: 'notSent', code: 'TIMEOUT' };
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: {
        ...request.headers,
        accept: 'application/json',
        // A kept-alive socket that Vipps has just closed would lose the answer and leave money in doubt.
        connection: 'close',
        ...(request.body === null ? {} : { 'content-type': 'application/json' }),
      },
      ...(request.body === null ? {} : { body: request.body }),
      redirect: 'manual',
      signal,
    });
    const { status, headers } = response;
    return { kind: 'answered', status, retryAfter: headers.get('retry-after'), body: await response.text() };
  } catch (error) {
    return lostOrNotSent(error);
  }
}

/** Error codes that can only come before the first byte of a request is written. */
const NOT_SENT_CODE =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/;

/** Only the code is kept: an error's text and cause may hold addresses and credentials. */
function lostOrNotSent(error: unknown): VippsReply {
  if (error instanceof Error && error.name === 'TimeoutError') return { kind: 'lost', code: 'TIMEOUT' };
  const code = error instanceof Error ? codeOf(error.cause) : null;
  if (code !== null && NOT_SENT_CODE.test(code)) return { kind: 'notSent', code };
  return { kind: 'lost', code: code ?? 'DROPPED' };
}

function codeOf(cause: unknown): string | null {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return null;
  return typeof cause.code === 'string' ? cause.code : null;
}
