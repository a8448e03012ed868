// The command line as a person uses it, each command in a process of its own, with nothing running; beside a running sms2pay:
// test/full/cli.test.ts.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli-process.ts';

const TEST_LIMIT_MS = 120_000;

describe('with nothing running', { timeout: TEST_LIMIT_MS }, () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-cli-'));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));
  const cli = (...args: string[]) => runCli(args, { DATA_DIR: dataDir, PORT: '1' });

  test('start refuses an invalid configuration with everything that is wrong, and tells no secret', async () => {
    const secrets = {
      LINK_PASSWORD: 'link-hemmelig-1',
      PAYCORE_SECRET: 'no-base64-hemmelig-2!',
      PERSONAL_DATA_KEYS: 'k1:hemmelig-3',
      DATABASE_URL: 'mysql://user:hemmelig-4@db.example/x',
    };
    const { code, stdout, stderr } = await runCli(['start'], {
      ...secrets,
      DATA_DIR: dataDir,
      PORT: '99999',
      LOG_LEVEL: 'loud',
      TEMPORAL_TLS: 'on',
    });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    for (const name of ['PORT', 'LOG_LEVEL', 'DATABASE_URL', 'PAYCORE_SECRET', 'PERSONAL_DATA_KEYS'])
      expect(stderr).toMatch(new RegExp(`^  - ${name} must `, 'm'));
    expect(stderr).toContain('TEMPORAL_TLS is set without TEMPORAL_ADDRESS');
    expect(stderr).toMatch(
      /LINK_PASSWORD.* set without .*LINK_BASE_URL|Without the simulator these must be set/,
    );
    for (const secret of Object.values(secrets)) expect(stderr).not.toContain(secret);
    expect(stderr).not.toMatch(/hemmelig/);
  });

  test('config shows what is in force, and where a secret comes from but not what it is', async () => {
    const { code, stdout } = await runCli(['config'], {
      DATABASE_URL: 'postgres://user:hemmelig@db.example/sms',
      SIMULATOR: 'on',
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_API_KEY: 'hemmelig-key',
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^TEMPORAL_ADDRESS +temporal\.example:7233 +environment$/m);
    expect(stdout).toMatch(/^TEMPORAL_API_KEY +\(secret\) +environment$/m);
    expect(stdout).toMatch(/^DATABASE_URL +postgres:\/\/\(secret\)@db\.example\/sms +environment$/m);
    expect(stdout).not.toContain('hemmelig');
  });

  test('--help says what there is', async () => {
    const { code, stdout } = await cli('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('sms2pay start');
  });

  test.for([
    { args: ['strat'], says: 'There is no command "strat".' },
    {
      args: ['sim', 'inbox'],
      says: 'http://127.0.0.1:1 does not answer: is it running? Start it with: npm start',
    },
    {
      args: ['partner', 'set', 'reference'],
      says: 'Say what to set: --receipt on|off and/or --receipt-text TEXT',
    },
  ])('$args is refused with what to do instead', async ({ args, says }) => {
    const { code, stdout, stderr } = await cli(...args);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain('    at ');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('a reader that has seen enough, as head, is no failure', async () => {
    const args = ['--import', 'tsx', 'src/cli/cli.ts', 'help'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    const code = await new Promise((resolve) => void child.on('close', resolve));
    expect([code, stderr]).toEqual([0, '']);
  });
});
