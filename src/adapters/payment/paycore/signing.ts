import { createHash, createHmac } from 'node:crypto';

/** What a signature covers. `url` is the absolute URL exactly as sent, query included. */
export interface SignedRequest {
  partnerId: number;
  secretBase64: string;
  method: string;
  url: string;
  /** null: no body */
  body: string | null;
  nonce: string;
  unixSeconds: number;
}

/**
 * Paycore's `Authorization` header (LINK's public `CreatingHmac.md` and Java client `Utils.java`): the first ten
 * characters of a base64 HMAC-SHA256 under the DECODED secret. The written document shows the value bare, both of LINK's
 * clients put it in double quotes: so do we. Nonce and time belong to one attempt, so a retry is signed again.
 */
export function hmacAuthorization(request: SignedRequest): string {
  const { partnerId, nonce, unixSeconds } = request;
  const bodyHash =
    request.body === null ? '' : createHash('md5').update(request.body, 'utf8').digest('base64');
  const signed = [
    partnerId,
    request.method.toUpperCase(),
    formEncode(request.url.toLowerCase()),
    unixSeconds,
    nonce,
    bodyHash,
  ].join('');
  const signature = createHmac('sha256', Buffer.from(request.secretBase64, 'base64'))
    .update(signed, 'utf8')
    .digest('base64')
    .slice(0, 10);
  return `hmac "${partnerId}:${signature}:${nonce}:${unixSeconds}"`;
}

/** Java's URLEncoder: letters, digits and `.-*_` stay, a space becomes `+`, all else `%XX` of its UTF-8 bytes. */
export function formEncode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
