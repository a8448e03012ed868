import { createHash, createHmac } from 'node:crypto';

export interface SignedHeaders {
  'x-ms-date': string;
  'x-ms-content-sha256': string;
  authorization: string;
}

/** The headers that prove a push (facts: payments.md A3). The key is the secret's text, not what its base64 stands for. */
export function signWebhook(push: {
  url: string;
  body: string;
  secret: string;
  wallMs: number;
}): SignedHeaders {
  const { host, pathname, search } = new URL(push.url);
  const date = new Date(push.wallMs).toUTCString();
  const contentHash = createHash('sha256').update(push.body).digest('base64');
  const signed = `POST\n${pathname}${search}\n${date};${host};${contentHash}`;
  const signature = createHmac('sha256', push.secret).update(signed).digest('base64');
  return {
    'x-ms-date': date,
    'x-ms-content-sha256': contentHash,
    authorization: `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`,
  };
}
