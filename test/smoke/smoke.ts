// Usage: npm run smoke [-- --provider vipps | -- --all]
// The reference flow, end to end, as a customer, a gateway, a wallet and a partner see it: over HTTP alone. Exits 0 only
// if every text, amount and vendor call is right. Uses ports and a DATA_DIR of its own.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { App } from '../support/app.ts';
import { auditRun } from './audit-run.ts';
import { paycoreStory } from './paycore-story.ts';
import type { PublicClient } from '../support/public-client.ts';
import { report } from './report.ts';
import { tableOf, type ProviderRow } from './table.ts';
import { vippsStory } from './vipps-story.ts';

const SMOKE_LIMIT_SECONDS = 60;
const LOG_LINES_SHOWN = 30;

const { say, step, detail } = report;

const STORIES: Record<string, (client: PublicClient) => Promise<ProviderRow>> = {
  paycore: paycoreStory,
  vipps: vippsStory,
};

async function run(provider: string, dataDir: string, interrupted: Promise<never>): Promise<ProviderRow> {
  const story = STORIES[provider];
  if (!story)
    throw new Error(`There is no provider "${provider}"; there are: ${Object.keys(STORIES).join(', ')}.`);
  const startedMs = performance.now();
  const seconds = (): number => (performance.now() - startedMs) / 1000;
  say(`Starting sms2pay with ${provider} ...`);
  const app = await App.start(dataDir, { PORT: '0' }, ['--provider', provider]);
  detail('ready', `after ${seconds().toFixed(1)} s, ${app.client.url}`);
  try {
    const row = await Promise.race([story(app.client), interrupted]);
    const findings = await auditRun(app, async () => {
      step('Ctrl-C');
      const { code } = await app.stop();
      assert.equal(code, 0, 'a stop must be clean');
    });
    const found = findings.map(({ category, subject, what }) => `${category}: ${subject} ${what}`);
    assert.deepEqual(found, [], 'the auditor must find nothing');
    detail('audit', 'nothing lost, doubled, wrong or stuck');
    const slow = seconds() > SMOKE_LIMIT_SECONDS ? ` (slow: ${SMOKE_LIMIT_SECONDS} s are meant to do)` : '';
    say(`\nAll is right. ${seconds().toFixed(1)} s${slow}`);
    return row;
  } catch (error) {
    say(`\nLast lines of the log:\n${app.process.stderr.split('\n').slice(-LOG_LINES_SHOWN).join('\n')}`);
    throw error;
  } finally {
    await app.end();
  }
}

const { values: options } = parseArgs({
  options: { provider: { type: 'string', default: 'paycore' }, all: { type: 'boolean', default: false } },
});
const interrupted = new Promise<never>((_, stop) => {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop(new Error(name)));
});
// It may come before anybody waits for it.
interrupted.catch(() => {});
try {
  const rows: ProviderRow[] = [];
  for (const provider of options.all ? Object.keys(STORIES) : [options.provider]) {
    const dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-smoke-'));
    try {
      rows.push(await run(provider, dataDir, interrupted));
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  }
  if (options.all) say(`\n${tableOf(rows)}`);
} catch (error) {
  process.stderr.write(`\nFAILED: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
