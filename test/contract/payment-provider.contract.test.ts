import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { paymentProviderContract, type ProviderSubject } from './payment-provider.contract.ts';
import { PROVIDERS } from './provider-registry.ts';

const subjects: [string, ProviderSubject][] = Object.entries(PROVIDERS);
const ADAPTERS = new URL('../../src/adapters/payment/', import.meta.url);

test('no adapter is forgotten: each folder is in the registry, under the name it gives itself', () => {
  const folders = readdirSync(ADAPTERS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(subjects.map(([name]) => name).toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
  for (const [name, { capabilities }] of subjects) expect(capabilities.provider).toBe(name);
});

for (const [name, subject] of subjects) paymentProviderContract(name, subject);
