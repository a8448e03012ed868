import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether an `Authorization` header carries exactly these Basic credentials. Constant in time: digests of equal length
 * are compared, so neither the length nor a common beginning of the secret shows.
 */
export function hasBasicCredentials(header: string | undefined, username: string, password: string): boolean {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? '')?.[1] ?? '';
  const given = digest(Buffer.from(encoded, 'base64'));
  return timingSafeEqual(given, digest(Buffer.from(`${username}:${password}`, 'utf8')));
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
