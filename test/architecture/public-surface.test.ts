// Whoever reads about an address in docs/architecture.md must find it: every one of them is looked up in the routes.
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { partnerRoutes } from '../../src/api/rest/partners.ts';
import { apiFixture } from '../api/api-fixture.ts';
import { aBench } from '../simulator/harness.ts';
import { MemorySettings } from '../support/memory-settings.ts';
import { readProjectFile } from './project-files.ts';

interface Address {
  /** null: named without one */
  method: string | null;
  path: string;
}

function documentedAddresses(text: string): Address[] {
  const section = /^## Public surface\n([\s\S]*?)^## /m.exec(text)?.[1] ?? '';
  return [...section.matchAll(/`(?:(GET|POST|PUT|PATCH|DELETE) )?(\/[^`]*)`/g)]
    .map(([, method, path]) => ({ method: method ?? null, path: path ?? '' }))
    .filter(({ path }) => path !== '/' && !path.endsWith('...'));
}

async function servedAddresses(): Promise<{ method: string; path: string }[]> {
  const { simulator } = await aBench();
  const partners = { settings: new MemorySettings(), providers: {}, gateways: {}, adminToken: 'token' };
  const beside = new Hono().route('/', partnerRoutes(partners)).route('/sim', simulator.app);
  return apiFixture({ deps: { extraRoutes: beside } }).app.routes;
}

/** Documents and routes may call a parameter differently; a mounted root has a slash at its end. */
function normalised(path: string): string {
  return path.replaceAll(/\{\w+\}|:\w+/g, ':').replace(/(.)\/$/, '$1');
}

function missing(
  documented: readonly Address[],
  served: readonly { method: string; path: string }[],
): Address[] {
  return documented.filter(
    ({ method, path }) =>
      !served.some(
        (route) =>
          normalised(route.path) === normalised(path) && (method === null || method === route.method),
      ),
  );
}

test('docs/architecture.md names only addresses that are served', async () => {
  const documented = documentedAddresses(readProjectFile('docs/architecture.md'));
  expect(documented.length).toBeGreaterThan(15);
  expect(missing(documented, await servedAddresses())).toEqual([]);
});

test('an address that is not served, or not by that method, is noticed', async () => {
  const text =
    '## Public surface\n`GET /nowhere`, `DELETE /r/{token}`, `GET /r/{receipt}`, `/sim`\n## Next\n';
  expect(missing(documentedAddresses(text), await servedAddresses())).toEqual([
    { method: 'GET', path: '/nowhere' },
    { method: 'DELETE', path: '/r/{token}' },
  ]);
});
