import { timingSafeEqual } from 'node:crypto';

/** What stands where a secret was. */
export const HIDDEN = '***';

/** A URL may carry `user:password@`, also inside a JSON text, where a slash may be escaped. */
function withoutUrlCredentials(text: string): string {
  return text.replaceAll(/((?:\\?\/){2})[^\s/@"':\\]*:[^\s/@"'\\]*@/g, `$1${HIDDEN}@`);
}

/** A body may carry such a URL, or a field with a secret. */
export function withoutSecrets(text: string): string {
  return withoutUrlCredentials(text).replaceAll(
    /("(?:\w*(?:password|secret|token|apikey|api_key))"\s*:\s*)"[^"]*"/gi,
    `$1"${HIDDEN}"`,
  );
}

export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

export function isBasic(header: string | undefined, username: string, password: string): boolean {
  return header !== undefined && sameText(header, basicHeader(username, password));
}

export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
