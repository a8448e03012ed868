import { createHash, createHmac } from 'node:crypto';

/** What a signature covers. */
export interface SignedCallback {
  /** of the registered URL, exactly as called */
  pathAndQuery: string;
  /** of the registered URL, with its port unless that is the default one */
  host: string;
  /** `x-ms-date`, as sent */
  date: string;
  /** `x-ms-content-sha256`, as sent */
  contentHash: string;
}

/** base64(SHA-256) of the raw body. */
export function contentHashOf(body: string): string {
  return createHash('sha256').update(body, 'utf8').digest('base64');
}

/**
 * The signature of a webhook (vendor's request authentication page, confirmed with its 2023 sample): the HMAC key is the
 * secret's text as given, though it looks like base64.
 */
export function callbackSignature(secret: string, signed: SignedCallback): string {
  const { pathAndQuery, host, date, contentHash } = signed;
  return createHmac('sha256', Buffer.from(secret, 'utf8'))
    .update(`POST\n${pathAndQuery}\n${date};${host};${contentHash}`, 'utf8')
    .digest('base64');
}

const AUTHORIZATION = /^HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=(\S+)$/;

/** The signature in an `Authorization` header; null when it is of another form. */
export function readAuthorization(header: string | undefined): string | null {
  return AUTHORIZATION.exec(header ?? '')?.[1] ?? null;
}
