import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import { sameText } from '../../secrets.ts';
import type { VendorEnv } from '../../recording.ts';
import type { Store } from '../../store.ts';

/** Real tokens have over a thousand characters; a client must not have a smaller place for them. */
const TOKEN_PADDING_BYTES = 712;
const TOKEN_HEAD_BYTES = 8;

export function bearerToken(c: Context<VendorEnv>): string | null {
  return /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1] ?? null;
}

/** A token carries its own expiry, so several are valid at once and survive a restart. */
export function newToken(expirySeconds: number, clientSecret: string): string {
  const head = Buffer.alloc(TOKEN_HEAD_BYTES);
  head.writeBigUInt64BE(BigInt(expirySeconds));
  const content = Buffer.concat([head, randomBytes(TOKEN_PADDING_BYTES)]);
  return Buffer.concat([content, seal(content, clientSecret)]).toString('base64');
}

export function isValidToken(store: Store, token: string, clientSecret: string, wallMs: number): boolean {
  if (store.vippsExpiredTokens.has(idOf(token))) return false;
  const bytes = Buffer.from(token, 'base64');
  const content = bytes.subarray(0, TOKEN_HEAD_BYTES + TOKEN_PADDING_BYTES);
  if (content.length < TOKEN_HEAD_BYTES + TOKEN_PADDING_BYTES) return false;
  const isOurs = sameText(
    bytes.subarray(content.length).toString('hex'),
    seal(content, clientSecret).toString('hex'),
  );
  return isOurs && wallMs < Number(content.readBigUInt64BE()) * 1_000;
}

function seal(content: Buffer, clientSecret: string): Buffer {
  return createHmac('sha256', clientSecret).update(content).digest();
}

/** Revokes the token of this call before its expiry: later calls with it are refused. */
export function expireToken(store: Store, c: Context<VendorEnv>): void {
  const token = bearerToken(c);
  if (token !== null) store.commit({ table: 'vippsExpiredToken', put: { id: idOf(token) } });
}

function idOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
