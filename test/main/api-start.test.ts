import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { choosePort } from '../../src/embedded/dev-server.ts';
import { migrateDatabase } from '../../src/main/installation.ts';
import { start } from '../../src/main/start.ts';
import { MemoryLog } from '../api/api-fixture.ts';
import { aLiveEnvironment } from '../config/live-environment.ts';
import { createTestDatabase, hasPostgres } from '../support/postgres.ts';
import { clientOfOwnNamespace, openTemporalEnv } from '../support/temporal-env.ts';

const POLL_MS = 5;

test.skipIf(!hasPostgres())(
  '`sms2pay api` listens only when it serves: until then a proxy sends a text or a Stop to another process',
  async () => {
    const [temporal, database, dataDir] = await Promise.all([
      openTemporalEnv(),
      createTestDatabase(),
      mkdtemp(join(tmpdir(), 'sms2pay-api-')),
    ]);
    onTestFinished(async () => {
      await database.drop();
      await temporal.close();
      await rm(dataDir, { recursive: true });
    });
    const { options } = await clientOfOwnNamespace(temporal);
    const port = await choosePort(0);
    const env = aLiveEnvironment({
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: options.namespace,
      DATA_DIR: dataDir,
      PORT: String(port),
    });
    const config = parseConfig(env);
    await migrateDatabase(config, () => {});

    const answers = new Set<number>();
    const polling = new AbortController();
    const polled = (async () => {
      while (!polling.signal.aborted) {
        const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
        if (response) answers.add(response.status);
        await sleep(POLL_MS);
      }
    })();
    const running = await start('api', {
      config,
      env,
      log: new MemoryLog(),
      report: () => {},
      onFatal: (error) => {
        throw error;
      },
      provider: null,
    });
    expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
    polling.abort();
    await polled;
    await running.stop();
    expect([...answers].filter((status) => status !== 200)).toEqual([]);
  },
  60_000,
);
