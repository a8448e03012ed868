// `sms2pay doctor`: everything that must be right outside our own code, one line each with what to do.
import { randomBytes } from 'node:crypto';
import { within } from '../ports/bounded.ts';
import { inspectConfig, type InspectedConfig } from '../config/config.ts';
import { type Environment, isGiven, SETTING_NAMES } from '../config/settings.ts';
import type { PersonalDataKey } from '../config/formats.ts';
import { PAYMENT_PROVIDERS, SMS_GATEWAYS, type PaymentVendor, type Vendor } from '../config/vendors.ts';
import type { WebhookRegistrations } from '../ports/webhooks.ts';
import { knownDemoSecrets, type DemoSecrets } from '../main/demo/demo-secrets.ts';
import { installationProofs } from '../main/installation.ts';
import type { RunningNote } from '../main/running-file.ts';
import { callbackUrlOf, vendorAccounts } from '../main/vendors.ts';
import { clockCheck, credentialsCheck, gatewayCheck, webhookCheck } from './vendor-checks.ts';
import { failed, findingLine, type Check, type Finding } from './finding.ts';
import {
  embeddedChecks,
  findRunningProcess,
  keptByRunning,
  publicAddressCheck,
  type RunningProcess,
} from './own-processes.ts';
import { databaseCheck, temporalCheck, withDatabase } from './servers.ts';

/** Each call inside a check has its own, shorter limit. */
const CHECK_MS = 45_000;

/** What the checks are made from. */
interface DoctorInput extends InspectedConfig {
  env: Environment;
  secrets: DemoSecrets | null;
  keys: readonly PersonalDataKey[];
  proofs: (challenge: string) => string[];
  running: RunningNote | null;
}

/** Reports each check, one line each; true when none failed. Changes nothing, here or at a vendor. */
export async function doctor(env: Environment, report: (line: string) => void): Promise<boolean> {
  const inspected = inspectConfig(env);
  let sound = true;
  const add = (name: string, finding: Finding): void => {
    if (finding.state === 'failed') sound = false;
    report(findingLine(name, finding));
  };
  for (const finding of configurationFindings(inspected)) add('configuration', finding);
  const { config } = inspected;
  const secrets = config.simulator.on
    ? await knownDemoSecrets(config.dataDir).catch((error: unknown) => {
        add(
          'demo secrets',
          failed(error instanceof Error ? error.message : String(error), 'then run this again'),
        );
        return null;
      })
    : null;
  const keys = config.personalData?.keys ?? (secrets ? [secrets.personalData] : []);
  const proofs = installationProofs(keys);
  const process = await findRunningProcess(config.dataDir, proofs);
  if (mattersHere(inspected, process)) add('running process', process.finding);
  const input: DoctorInput = { ...inspected, env, secrets, keys, proofs, running: process.note };
  const checks = [...serverChecks(input), ...addressChecks(input), ...vendorChecks(input)];
  // All at once: a machine without a network would otherwise be waited for again and again.
  const findings = checks.map((check) => ({ name: check.name, finding: findingOf(check) }));
  for (const { name, finding } of findings) add(name, await finding);
  return sound;
}

function configurationFindings({ config, problems }: InspectedConfig): Finding[] {
  const advice = 'see .env.example';
  const findings: Finding[] = [
    ...problems.map((what) => failed(what, advice)),
    ...config.warnings.map((what): Finding => ({ state: 'warning', what, advice })),
  ];
  if (problems.length > 0) return findings;
  const demo = config.simulator.on ? ': the simulator stands in for vendors that are not set' : '';
  return [...findings, { state: 'ok', what: `every setting can be used${demo}` }];
}

/** In an installation of several processes DATA_DIR names no process. */
function mattersHere(inspected: InspectedConfig, { note, finding }: RunningProcess): boolean {
  const { database, temporal } = embedded(inspected);
  return database || temporal || inspected.config.simulator.on || note !== null || finding.state === 'failed';
}

/** A setting that cannot be used is null as if it were not set, but does not select the embedded part. */
function embedded({ config, unusable }: InspectedConfig): { database: boolean; temporal: boolean } {
  return {
    database: config.databaseUrl === null && !unusable.includes('DATABASE_URL'),
    temporal: config.temporal.address === null && !unusable.includes('TEMPORAL_ADDRESS'),
  };
}

async function findingOf(check: Check): Promise<Finding> {
  try {
    const found = await within(check.run(), CHECK_MS);
    if (!found.late) return found.value;
    return failed(`no answer in ${CHECK_MS / 1000} s`, 'check the address and the network');
  } catch (error) {
    const what = error instanceof Error ? error.message : 'the check failed';
    return failed(what, 'check its settings, the network, and that the other side runs');
  }
}

function skipped(name: string, what: string): Check {
  return { name, run: () => Promise.resolve({ state: 'skipped', what }) };
}

const NOT_RUNNING = 'not checked: only the running process could, and there is none';

function serverChecks(input: DoctorInput): Check[] {
  const { config, running } = input;
  const inProcess = embedded(input);
  const parts = {
    ...(inProcess.database ? { database: 'database' } : {}),
    ...(inProcess.temporal ? { temporal: 'Temporal' } : {}),
    ...(running ? { worker: 'worker' } : {}),
  };
  const embeddedParts = running
    ? embeddedChecks(running.url, parts)
    : Object.values(parts).map((name) => skipped(name, NOT_RUNNING));
  return [
    ...embeddedParts,
    ...(config.databaseUrl === null ? [] : [databaseCheck(config, input.keys)]),
    ...(config.temporal.address === null ? [] : [temporalCheck(config, config.temporal.address)]),
    ...cannotBeUsed(input, 'DATABASE_URL', 'database'),
    ...cannotBeUsed(input, 'TEMPORAL_ADDRESS', 'Temporal'),
  ];
}

function cannotBeUsed({ unusable }: DoctorInput, name: string, check: string): Check[] {
  return unusable.includes(name) ? [skipped(check, `not checked: ${name} cannot be used`)] : [];
}

function addressChecks(input: DoctorInput): Check[] {
  const { config, proofs, running, keys } = input;
  const name = 'public address';
  const { publicUrl } = config.http;
  const bad = cannotBeUsed(input, 'PUBLIC_URL', name);
  if (bad.length > 0) return bad;
  if (publicUrl === null) {
    if (!config.simulator.on) return [skipped(name, 'not checked: PUBLIC_URL is not set')];
    const where = running ? `links lead to ${running.url}` : 'links lead to this machine';
    return [skipped(name, `not set: ${where}, which is enough for the simulator`)];
  }
  if (keys.length === 0)
    return [skipped(name, 'not checked: without PERSONAL_DATA_KEYS we would not know ourselves')];
  return [publicAddressCheck(publicUrl, proofs)];
}

function vendorChecks(input: DoctorInput): Check[] {
  const { config, secrets, running } = input;
  const demo = secrets && running ? { secrets, simulatorUrl: `${running.url}/sim` } : null;
  const accounts: Readonly<Record<string, { baseUrl: string } | null>> = { ...vendorAccounts(config, demo) };
  const vendors: Record<string, Vendor | PaymentVendor> = { ...PAYMENT_PROVIDERS, ...SMS_GATEWAYS };
  return Object.entries(vendors).flatMap(([name, vendor]) => {
    const account = accounts[name];
    if (!account) return unknownVendor(input, name, vendor);
    if ('secret' in vendor) return providerChecks(input, { name, vendor, account });
    return [gatewayCheck(account.baseUrl, name)];
  });
}

/** A vendor that is not configured at all has no line. */
function unknownVendor({ env, config }: DoctorInput, name: string, { simulated }: Vendor): Check[] {
  const prefix = `${name.toUpperCase()}_`;
  if (SETTING_NAMES.some((setting) => setting.startsWith(prefix) && isGiven(env, setting)))
    return [skipped(name, `not checked: the settings ${prefix}* are not complete`)];
  return config.simulator.on && simulated ? [skipped(`${name} (simulator)`, NOT_RUNNING)] : [];
}

function providerChecks(
  input: DoctorInput,
  { name, vendor, account }: { name: string; vendor: PaymentVendor; account: { baseUrl: string } },
): Check[] {
  // The checks only read, so no payment carries this address.
  const ours = { callbackUrl: 'https://callback.invalid', webhookSecrets: () => [] };
  // Of the length of a real one: it differs in its value alone.
  const wrong = { ...account, [vendor.secret]: randomBytes(32).toString('base64') };
  const { provider } = vendor.create(account, ours);
  return [
    credentialsCheck(name, provider, vendor.create(wrong, ours).provider),
    clockCheck(name, account.baseUrl),
    ...(provider.webhooks ? [webhookCheckOf(input, name, provider.webhooks)] : []),
  ];
}

function webhookCheckOf(input: DoctorInput, name: string, webhooks: WebhookRegistrations): Check {
  const { config, running } = input;
  const publicUrl = config.http.publicUrl ?? running?.url ?? null;
  if (publicUrl === null) return skipped(`${name} webhook`, 'not checked: PUBLIC_URL is not known');
  return webhookCheck(name, {
    ourUrl: callbackUrlOf(name, publicUrl),
    webhooks,
    kept: () => keptSecrets(input, name),
    remedy: embedded(input).database
      ? 'start sms2pay again: it registers at its start'
      : `run: sms2pay ${name} webhooks ensure`,
  });
}

/** The database is read with our keys, so that a secret which they cannot open does not count as kept. */
async function keptSecrets(input: DoctorInput, provider: string): Promise<readonly string[] | string> {
  const { config, keys, running } = input;
  if (config.databaseUrl !== null) {
    if (keys.length === 0) return 'PERSONAL_DATA_KEYS cannot be used';
    return await withDatabase(config, keys, async ({ stores }) => {
      await stores.ping();
      try {
        return (await stores.providerWebhooks.list(provider)).map(({ webhookId }) => webhookId);
      } catch (error) {
        return `the kept secrets cannot be read (${error instanceof Error ? error.message : 'no reason given'})`;
      }
    });
  }
  return running ? await keptByRunning(running, provider) : 'the database was not read';
}
