import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Context } from 'hono';

/** What the server knows of the connection, passed to `app.fetch` beside the request. */
export interface ConnectionInfo {
  /** of the other end: a visitor's, or a proxy's */
  remoteAddress?: string | undefined;
}

/** Requests without a known address share one: better limited together than not at all. */
const UNKNOWN = 'unknown';

/**
 * Where a request comes from, as a key for limits. `X-Forwarded-For` is believed only as far as trusted proxies
 * (addresses or `address/prefix`) wrote it, so a visitor cannot choose an address. Of IPv6 the first 64 bits count: one
 * visitor has all the rest.
 */
export function clientAddresses(trustedProxies: readonly string[]): (c: Context) => string {
  const trusted = blockListOf(trustedProxies);
  const isTrusted = (address: string): boolean => trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  return (c) => {
    const peer = plainAddress(remoteAddressOf(c.env) ?? '');
    if (peer === null) return UNKNOWN;
    let address = peer;
    const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',');
    while (isTrusted(address)) {
      const next = plainAddress(forwarded.pop()?.trim() ?? '');
      if (next === null) break;
      address = next;
    }
    return isIPv4(address) ? address : firstHalfOf(address);
  };
}

function blockListOf(proxies: readonly string[]): BlockList {
  const list = new BlockList();
  for (const proxy of proxies) {
    const [address = '', prefix] = proxy.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

function remoteAddressOf(env: unknown): string | null {
  if (typeof env !== 'object' || env === null || !('remoteAddress' in env)) return null;
  return typeof env.remoteAddress === 'string' ? env.remoteAddress : null;
}

/** Without port, brackets and zone; an IPv4 address that came as IPv6 is the IPv4 one. Null: no address. */
function plainAddress(written: string): string | null {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(written)?.[1];
  const bare = (bracketed ?? written.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')).replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  const address = mapped ?? bare;
  return isIP(address) === 0 ? null : address;
}

function firstHalfOf(ipv6: string): string {
  // The URL parser writes every address in its one short form.
  const short = new URL(`http://[${ipv6}]`).hostname.slice(1, -1);
  const [head = '', tail] = short.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? 0 : 8 - groups.length - after.length;
  const all = [...groups, ...Array.from({ length: middle }, () => '0'), ...after];
  return `${all.slice(0, 4).join(':')}::/64`;
}
