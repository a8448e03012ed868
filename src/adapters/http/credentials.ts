import { createHash, timingSafeEqual } from 'node:crypto';
import type { RefuseSender } from '../../ports/webhooks.ts';

/** An `Authorization` header with Basic credentials (RFC 7617, UTF-8). */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** Refuses a webhook with 401 unless its `Authorization` header carries exactly these Basic credentials. */
export function requireBasicCredentials(username: string, password: string): RefuseSender {
  return ({ authorization }) => {
    const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization ?? '')?.[1] ?? '';
    const isRight = isSameSecret(Buffer.from(encoded, 'base64'), `${username}:${password}`);
    return isRight ? null : { ok: false, status: 401, detail: 'The credentials are missing or wrong.' };
  };
}

/** Compares in constant time: digests have one length, so neither a length nor a common beginning shows. */
export function isSameSecret(a: string | Buffer, b: string | Buffer): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(secret: string | Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}
