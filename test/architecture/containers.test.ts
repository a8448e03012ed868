// There may be no container engine where the tests run: what the container files say is checked against the project.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { SETTING_NAMES } from '../../src/config/settings.ts';
import { serverArguments, type SupervisorOrder } from '../../src/embedded/dev-server.ts';
import * as searchAttributes from '../../src/workflows/search-attributes.ts';
import { PROJECT_ROOT, readManifest, readProjectFile } from './project-files.ts';

const dockerfile = readProjectFile('Dockerfile');
const compose = readProjectFile('docker-compose.yml');

/** The lines of a block of compose, from `key:` at that indentation on. */
function block(text: string, indent: number, key: string): string[] {
  const lines = text.split('\n');
  const start = lines.indexOf(`${' '.repeat(indent)}${key}:`);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.trim() !== '' && line.search(/\S/) <= indent);
  return start < 0 ? [] : rest.slice(0, end < 0 ? undefined : end);
}

function unquoted(value: string): string {
  return value.trim().replace(/^'(.*)'$/, '$1');
}

const service = (name: string): string => block(compose, 2, name).join('\n');
const listOf = (name: string, key: string): string[] =>
  block(service(name), 4, key).map((line) => unquoted(line.replace(/^\s*- /, '')));
const environment = Object.fromEntries(
  block(service('app'), 4, 'environment').map((line) => {
    const [name = '', ...value] = line.trim().split(': ');
    return [name, unquoted(value.join(': '))];
  }),
);

describe('Dockerfile', () => {
  const settings = [...dockerfile.matchAll(/(?:^ENV |^ {4})([A-Z_]+)=(\S+)/gm)].map(([, name, value]) => [
    name,
    value,
  ]);

  test('copies only files that exist and that .dockerignore lets through', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      ([, files]) => files?.split(' ') ?? [],
    );
    expect(copied).toContain('src');
    expect(copied.filter((file) => !existsSync(join(PROJECT_ROOT, file)))).toEqual([]);
    const sent = readProjectFile('.dockerignore').split('\n');
    expect(copied.filter((file) => !sent.includes(`!${file}`))).toEqual([]);
    expect(sent).toContain('*');
  });

  test('sets variables that the configuration knows, to values that it takes', () => {
    const ours = settings.filter(([name]) => name !== 'NODE_ENV');
    expect(ours.map(([name]) => name)).toEqual(['HOST', 'PORT', 'DATA_DIR']);
    expect(SETTING_NAMES).toEqual(expect.arrayContaining(ours.map(([name]) => name)));
    const image = Object.fromEntries(ours) as Record<string, string>;
    expect(() => parseConfig(image)).toThrow('SIMULATOR_PUBLIC=on');
    expect(parseConfig({ ...image, SIMULATOR_PUBLIC: 'on' })).toMatchObject({
      http: { host: '0.0.0.0', port: 8080 },
      dataDir: '/data',
    });
  });

  test('starts the program that the build makes, as an ordinary user', () => {
    expect(dockerfile).toContain('CMD ["node", "--enable-source-maps", "dist/cli/cli.js", "start"]');
    expect(readProjectFile('package.json')).toContain('"sms2pay": "dist/cli/cli.js"');
    expect(dockerfile.indexOf('USER node')).toBeGreaterThan(dockerfile.lastIndexOf('RUN'));
    expect(dockerfile).toContain('/healthz');
  });

  test('builds with scripts that package.json has', () => {
    const scripts = [...dockerfile.matchAll(/npm run (\S+)/g)].map(([, name]) => name);
    expect(Object.keys(readManifest().scripts)).toEqual(expect.arrayContaining(scripts));
    expect(scripts).toEqual(['build']);
  });
});

describe('docker-compose.yml', () => {
  test('gives the app a configuration that it takes: the demo on a Temporal server of its own', () => {
    expect(Object.keys(environment).filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
    expect(parseConfig(environment)).toMatchObject({
      http: { publicUrl: 'http://localhost:8080' },
      simulator: { on: true },
      temporal: { address: 'temporal:7233', tls: null },
      warnings: [],
    });
  });

  test('starts the Temporal server with the settings of the embedded one', () => {
    const order: SupervisorOrder = {
      cliPath: 'temporal',
      directory: '/data',
      dataDir: '/data',
      keepsData: true,
      port: 7233,
      uiPort: 8233,
      fixedPorts: true,
      namespace: 'default',
      timeSkipping: true,
      searchAttributes: Object.values(searchAttributes),
      env: {},
      appPid: 1,
    };
    const embedded = serverArguments(order, order);
    const inContainer = embedded.map((argument) => (argument === '127.0.0.1' ? '0.0.0.0' : argument));
    expect(listOf('temporal', 'command')).toEqual(inContainer);
  });

  test('is reached from this machine only, since anybody can press the buttons of the simulator', () => {
    const ports = [...listOf('app', 'ports'), ...listOf('temporal', 'ports')];
    expect(ports).toHaveLength(3);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  test('keeps what both sides store, and waits for the server to be healthy', () => {
    expect(listOf('temporal', 'volumes')).toEqual(['temporal-data:/data']);
    expect(listOf('app', 'volumes')).toEqual(['app-data:/data']);
    expect(service('app')).toContain('condition: service_healthy');
    expect(service('temporal')).toContain('healthcheck:');
  });

  test('runs Temporal as an ordinary user, on a volume that this user may write', () => {
    expect(service('temporal')).toContain("    user: '1000:1000'");
    expect(block(service('temporal'), 4, 'depends_on').map((line) => line.trim())).toEqual([
      'temporal-data-owner:',
      'condition: service_completed_successfully',
    ]);
    expect(service('temporal-data-owner')).toContain('    build: .\n');
    expect(service('temporal-data-owner')).not.toContain('user:');
    expect(listOf('temporal-data-owner', 'volumes')).toContain('temporal-data:/data');
    // The image's own user owns the folder that a new volume takes its owner from.
    expect(dockerfile).toContain('install -d -o node -g node /data');
  });

  test.each(['app', 'temporal', 'temporal-data-owner'])('gives %s no more rights than it needs', (name) => {
    expect(service(name)).toContain('    read_only: true');
    expect(listOf(name, 'tmpfs')).toEqual(['/tmp']);
    expect(listOf(name, 'cap_drop')).toEqual(['ALL']);
    expect(listOf(name, 'security_opt')).toEqual(['no-new-privileges:true']);
  });

  test('pins its image', () => {
    const images = [...compose.matchAll(/^\s+image: (\S+)$/gm)].map(([, image]) => image);
    expect(images).toEqual([expect.stringMatching(/^temporalio\/temporal:\d+\.\d+\.\d+$/)]);
  });
});
