// Limits count by address: a visitor must not be able to choose one.
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { clientAddresses } from '../../src/api/middleware/client-address.ts';

async function addressOf(
  remoteAddress: string | undefined,
  forwarded: string | null,
  trustedProxies: string[] = [],
): Promise<string> {
  const app = new Hono();
  const addresses = clientAddresses(trustedProxies);
  app.get('/', (c) => c.text(addresses(c)));
  const headers: Record<string, string> = forwarded === null ? {} : { 'x-forwarded-for': forwarded };
  return (await app.request('/', { headers }, { remoteAddress })).text();
}

describe('the address of a request', () => {
  test.each([
    ['198.51.100.7', '198.51.100.7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    [undefined, 'unknown'],
  ])('from %s is %s', async (remote, address) => {
    expect(await addressOf(remote, null)).toBe(address);
  });

  test('is not what a visitor writes into X-Forwarded-For', async () => {
    expect(await addressOf('198.51.100.7', '203.0.113.1')).toBe('198.51.100.7');
    expect(await addressOf('198.51.100.7', '203.0.113.1', ['10.0.0.1'])).toBe('198.51.100.7');
  });

  test.each([
    ['one proxy', '10.0.0.1', '203.0.113.1', '203.0.113.1'],
    ['one proxy, and what the visitor wrote before it', '10.0.0.1', '1.1.1.1, 203.0.113.1', '203.0.113.1'],
    ['two proxies', '10.0.0.1', '1.1.1.1, 203.0.113.1, 10.20.30.40', '203.0.113.1'],
    ['a proxy that writes the port', '10.0.0.1', '203.0.113.1:51234', '203.0.113.1'],
    ['a proxy over IPv6', '::ffff:10.0.0.1', '[2001:db8:1:2::9]:443', '2001:db8:1:2::/64'],
    ['a proxy that wrote nothing', '10.0.0.1', null, '10.0.0.1'],
    ['a proxy that wrote no address', '10.0.0.1', '203.0.113.1, unknown', '10.0.0.1'],
  ])('behind %s', async (_what, remote, forwarded, address) => {
    expect(await addressOf(remote, forwarded, ['10.0.0.0/8', '2001:db8:ffff::/48'])).toBe(address);
  });
});
