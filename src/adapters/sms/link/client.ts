/** HTTP to LINK's Common platform. Knows no message and no domain: it says what became of one request. */

export type LinkReply =
  | { kind: 'answered'; status: number; body: string }
  /** no connection was made, so LINK has seen nothing */
  | { kind: 'notSent'; code: string }
  /** the request may have reached LINK; no whole answer came back */
  | { kind: 'lost'; code: string };

export interface LinkClient {
  post(path: string, body: unknown): Promise<LinkReply>;
}

export interface LinkClientSettings {
  baseUrl: string;
  username: string;
  password: string;
  timeoutMs: number;
}

export function createLinkClient(settings: LinkClientSettings): LinkClient {
  const base = settings.baseUrl.endsWith('/') ? settings.baseUrl : `${settings.baseUrl}/`;
  const credentials = Buffer.from(`${settings.username}:${settings.password}`, 'utf8').toString('base64');
  return {
    async post(path, body) {
      try {
        const response = await fetch(new URL(path, base), {
          method: 'POST',
          headers: {
            authorization: `Basic ${credentials}`,
            'content-type': 'application/json',
            accept: 'application/json',
            // A kept-alive socket that LINK has just closed would lose the answer and leave the text in doubt.
            connection: 'close',
          },
          body: JSON.stringify(body),
          redirect: 'manual',
          signal: AbortSignal.timeout(settings.timeoutMs),
        });
        return { kind: 'answered', status: response.status, body: await response.text() };
      } catch (error) {
        return lostOrNotSent(error);
      }
    },
  };
}

/** Error codes that can only come before the first byte of a request is written. */
const NOT_SENT_CODE =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/;

/** Only the code is kept: an error's text and cause may hold addresses and credentials. */
function lostOrNotSent(error: unknown): LinkReply {
  if (error instanceof Error && error.name === 'TimeoutError') return { kind: 'lost', code: 'TIMEOUT' };
  const code = error instanceof Error ? codeOf(error.cause) : null;
  if (code !== null && NOT_SENT_CODE.test(code)) return { kind: 'notSent', code };
  return { kind: 'lost', code: code ?? 'DROPPED' };
}

function codeOf(cause: unknown): string | null {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return null;
  return typeof cause.code === 'string' ? cause.code : null;
}
