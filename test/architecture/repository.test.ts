// What must not get into the repository, and what must stay pinned.
import { describe, expect, test } from 'vitest';
import { projectFiles, readManifest, readProjectFile } from './project-files.ts';

const BINARY = /\.(?:png|jpe?g|ico|gif|woff2?|gz|zip)$/;

interface LockedPackage {
  version?: string;
  resolved?: string;
  integrity?: string;
  optionalDependencies?: Record<string, string>;
}

interface Lockfile {
  packages: Record<string, LockedPackage>;
}

const lockfile = JSON.parse(readProjectFile('package-lock.json')) as Lockfile;
const manifest = readManifest();
const installed = (name: string): string | undefined => lockfile.packages[`node_modules/${name}`]?.version;

describe('package-lock.json', () => {
  test('names no registry: everybody installs through their own', () => {
    const resolved = Object.entries(lockfile.packages).filter(([, entry]) => entry.resolved !== undefined);
    expect(resolved.map(([name]) => name)).toEqual([]);
  });

  test('says of every package what must be in it, also of those for other platforms', () => {
    const packages = Object.entries(lockfile.packages).filter(([path]) => path !== '');
    const unproven = packages.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''));
    expect(packages.length).toBeGreaterThan(200);
    expect(unproven.map(([path]) => path)).toEqual([]);
  });

  test('has the packages of every platform: npm ci refuses a lock file without them', () => {
    const locked = new Set(Object.keys(lockfile.packages).map((path) => path.split('node_modules/').at(-1)));
    const named = Object.values(lockfile.packages).flatMap((entry) =>
      Object.keys(entry.optionalDependencies ?? {}),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !locked.has(name))).toEqual([]);
  });

  test('is of the same dependencies as package.json', () => {
    const { dependencies, devDependencies } = lockfile.packages[''] as unknown as typeof manifest;
    expect({ dependencies, devDependencies }).toEqual({
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
  });
});

describe('versions', () => {
  test.each(['@electric-sql/pglite', 'oxlint', 'oxlint-tsgolint', 'prettier'])(
    '%s is pinned exactly',
    (name) => {
      const wanted = manifest.dependencies[name] ?? manifest.devDependencies[name];
      expect(wanted).toMatch(/^\d+\.\d+\.\d+$/);
      expect(installed(name)).toBe(wanted);
    },
  );

  test('all Temporal packages are one exact version: a workflow bundle fits its own SDK only', () => {
    const ours = Object.entries(manifest.dependencies).filter(([name]) => name.startsWith('@temporalio/'));
    const [version, ...others] = new Set(ours.map(([, wanted]) => wanted));
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(others).toEqual([]);
    const inLock = Object.keys(lockfile.packages).filter((path) =>
      /(^|\/)node_modules\/@temporalio\/[^/]+$/.test(path),
    );
    expect(inLock.length).toBeGreaterThan(ours.length);
    expect(new Set(inLock.map((path) => lockfile.packages[path]?.version))).toEqual(new Set([version]));
  });

  test('kysely stays on the last line that runs on Node 20', () => {
    expect(manifest.dependencies['kysely']).toMatch(/^~0\.28\./);
    expect(installed('kysely')).toMatch(/^0\.28\./);
  });
});

describe('the files of the repository', () => {
  const texts = projectFiles().filter((file) => !BINARY.test(file));

  // Put together from parts, so that this file is clean itself.
  test.each([
    [
      'the paths of a machine',
      new RegExp(
        ['/work', '/(?:main|shared)\\b|/ro', 'ot/|/ho', 'me/[a-z]{2,}/|/Us', 'ers/[a-z]{2,}/'].join(''),
      ),
    ],
    [
      'hosts of package registries',
      new RegExp(
        ['registry\\.npm', 'js\\.|py', 'pi\\.org|python', 'hosted\\.org|proxy\\.go', 'lang'].join(''),
      ),
    ],
    ['private keys', new RegExp(['-----BEGIN [A-Z ]*PRIV', 'ATE KEY'].join(''))],
    ['merge marks', new RegExp(['^<<<<', '<<< |^>>>>', '>>> '].join(''), 'm')],
  ])('hold no %s', (_what, forbidden) => {
    expect(texts.filter((file) => forbidden.test(readProjectFile(file)))).toEqual([]);
  });

  test('are what was read', () => {
    expect(texts).toEqual(
      expect.arrayContaining(['package.json', 'src/config/config.ts', '.ci/run', 'LICENSE']),
    );
  });
});
