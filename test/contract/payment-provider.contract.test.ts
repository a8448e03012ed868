import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PAYMENT_PROVIDERS } from '../../src/config/vendors.ts';
import { paymentProviderContract, type ProviderSubject } from './payment-provider.contract.ts';
import { PROVIDERS } from './provider-registry.ts';

const subjects: [string, ProviderSubject][] = Object.entries(PROVIDERS);
const ADAPTERS = new URL('../../src/adapters/payment/', import.meta.url);

test('no adapter is forgotten: each folder is in the registry, under the name it gives itself', () => {
  const folders = readdirSync(ADAPTERS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(subjects.map(([name]) => name).toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
  expect(subjects.map(([name]) => name)).toEqual(Object.keys(PAYMENT_PROVIDERS));
  for (const [name, { capabilities }] of subjects) expect(capabilities.provider).toBe(name);
});

for (const [name, subject] of subjects) paymentProviderContract(name, subject);
