// docs/architecture.md names the addresses that are served, all of them, and no others.
import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { createStores, openPostgresPool } from '../../src/adapters/store/index.ts';
import { adminRoutes } from '../../src/api/rest/admin-routes.ts';
import { apiFixture } from '../api/api-fixture.ts';
import { testCipher } from '../contract/stores.fixture.ts';
import { aBench } from '../simulator/harness.ts';
import { projectFiles, readProjectFile } from './project-files.ts';

interface Address {
  /** null: named without one */
  method: string | null;
  path: string;
}

function publicSurface(text: string): string {
  return /^## Public surface\n([\s\S]*?)^## /m.exec(text)?.[1] ?? '';
}

function documentedAddresses(text: string): Address[] {
  return [...publicSurface(text).matchAll(/`(?:(GET|POST|PUT|PATCH|DELETE) )?(\/[^`]*)`/g)]
    .map(([, method, path]) => ({ method: method ?? null, path: path ?? '' }))
    .filter(({ path }) => path !== '/' && !path.endsWith('...'));
}

/** What `sms2pay start` serves: the API, what it adds for the command line, and the simulator. */
async function servedAddresses(): Promise<{ method: string; path: string }[]> {
  const { simulator } = await aBench();
  // Never connects: the routes are looked at, not called.
  const stores = createStores({ pool: openPostgresPool('postgres://localhost/none'), cipher: testCipher() });
  onTestFinished(() => stores.close());
  const { deps } = apiFixture();
  const admin = adminRoutes({
    ...deps,
    ...stores,
    stores,
    providers: {},
    gateways: {},
    actionWorkflows: { run: () => Promise.resolve('ended') },
    capabilitiesOf: () => null,
    ensureWebhook: () => Promise.resolve(null),
    adminToken: 'token',
  });
  const beside = new Hono().route('/', admin).route('/sim', simulator.app);
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

/** The vendors' dialects below `/sim` are theirs to document, its pages and styles are seen in a browser. */
function isToBeDocumented({ method, path }: { method: string; path: string }): boolean {
  const isMiddleware = method === 'ALL' || path.endsWith('/*');
  if (isMiddleware || path === '/' || path.startsWith('/assets/')) return false;
  return !path.startsWith('/sim/') || path.startsWith('/sim/api/');
}

function undocumented(
  documented: readonly Address[],
  served: readonly { method: string; path: string }[],
): string[] {
  const lacking = served.filter(
    ({ method, path }) =>
      isToBeDocumented({ method, path }) &&
      !documented.some((address) => normalised(address.path) === normalised(path)),
  );
  return [...new Set(lacking.map(({ path }) => path))];
}

test('docs/architecture.md names only addresses that are served', async () => {
  const documented = documentedAddresses(readProjectFile('docs/architecture.md'));
  expect(documented.length).toBeGreaterThan(15);
  expect(missing(documented, await servedAddresses())).toEqual([]);
});

test('docs/architecture.md names every address that is served', async () => {
  const documented = documentedAddresses(readProjectFile('docs/architecture.md'));
  expect(undocumented(documented, await servedAddresses())).toEqual([]);
});

test('docs/architecture.md names every provider whose callbacks are taken', () => {
  const section = publicSurface(readProjectFile('docs/architecture.md'));
  const providers = projectFiles('src/adapters/payment').map((file) => file.split('/')[3] ?? '');
  for (const provider of new Set(providers)) expect(section).toContain(`\`${provider}\``);
});

test('an address that is not served, or not by that method, is noticed', async () => {
  const text =
    '## Public surface\n`GET /nowhere`, `DELETE /r/{token}`, `GET /r/{receipt}`, `/sim`\n## Next\n';
  expect(missing(documentedAddresses(text), await servedAddresses())).toEqual([
    { method: 'GET', path: '/nowhere' },
    { method: 'DELETE', path: '/r/{token}' },
  ]);
});

test('an address that nobody documented is noticed', () => {
  const documented = documentedAddresses('## Public surface\n`GET /healthz`\n## Next\n');
  const served = [
    { method: 'GET', path: '/healthz' },
    { method: 'POST', path: '/new/:id' },
  ];
  expect(undocumented(documented, served)).toEqual(['/new/:id']);
});
