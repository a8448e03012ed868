import { timingSafeEqual } from 'node:crypto';

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
