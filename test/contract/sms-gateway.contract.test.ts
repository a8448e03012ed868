import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SMS_GATEWAYS, type SmsGatewayVendor } from '../../src/config/vendors.ts';
import { GATEWAYS } from './gateway-registry.ts';
import { smsGatewayContract } from './sms-gateway.contract.ts';

const SRC = new URL('../../src/', import.meta.url);

test('no adapter is forgotten: the registry of vendors takes from each folder', () => {
  const registry = readFileSync(new URL('config/vendors.ts', SRC), 'utf8');
  const folders = readdirSync(new URL('adapters/sms/', SRC), { withFileTypes: true });
  const unused = folders.filter((entry) => !registry.includes(`/adapters/sms/${entry.name}/`));
  expect(unused.map(({ name }) => name)).toEqual([]);
});

test('no account is forgotten: each has a subject, and each subject an account', () => {
  expect(Object.keys(GATEWAYS)).toEqual(Object.keys(SMS_GATEWAYS));
});

for (const [name, vendor] of Object.entries<SmsGatewayVendor>(SMS_GATEWAYS)) {
  const subject = GATEWAYS[name];
  if (subject) smsGatewayContract(name, vendor, subject);
}
