// The demo's own credentials, made once per DATA_DIR. Must not: be used with a real vendor.
import { randomBytes } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import type { PersonalDataKey } from '../../config/formats.ts';
import { exists, readIfThere } from '../running-file.ts';

const secretsSchema = z.object({
  linkPassword: z.string(),
  webhookPassword: z.string(),
  paycoreSecretBase64: z.string(),
  callbackPassword: z.string(),
  vippsClientSecret: z.string(),
  vippsSubscriptionKey: z.string(),
  personalData: z.object({ id: z.string(), encryptionKeyBase64: z.string(), lookupKeyBase64: z.string() }),
});

export type DemoSecrets = z.infer<typeof secretsSchema>;

const fileIn = (dataDir: string): string => join(dataDir, 'demo-secrets.json');

/** The demo's secrets where the simulator is on, and the keys in force: those of the settings before the demo's. */
export async function secretsInForce({
  simulator,
  dataDir,
  personalData,
}: Pick<Config, 'simulator' | 'dataDir' | 'personalData'>): Promise<{
  demo: DemoSecrets | null;
  keys: readonly PersonalDataKey[];
}> {
  const demo = simulator.on ? await demoSecrets(dataDir) : null;
  return { demo, keys: personalData?.keys ?? (demo ? [demo.personalData] : []) };
}

/** The secrets of this DATA_DIR; null when it has none, or not all. Makes nothing. Throws when the file is damaged. */
export async function knownDemoSecrets(dataDir: string): Promise<DemoSecrets | null> {
  return secretsSchema.safeParse(await written(dataDir)).data ?? null;
}

/**
 * Reads the secrets of this DATA_DIR, or makes those that are missing; readable by the owner only. Throws a sentence
 * when the file is damaged, or missing beside data that was written with its keys.
 */
export async function demoSecrets(dataDir: string): Promise<DemoSecrets> {
  const file = fileIn(dataDir);
  const found = await written(dataDir);
  const known = secretsSchema.safeParse(found);
  if (known.success) return known.data;
  const database = join(dataDir, 'postgres');
  if (found === null && (await exists(database)))
    throw new Error(`${file} is missing, and ${database} was written with its keys. ${remedy(dataDir)}`);
  const complete = secretsSchema.safeParse({ ...freshSecrets(), ...found });
  if (!complete.success) throw damaged(dataDir, complete.error);
  const secrets = complete.data;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  await rename(draft, file);
  return secrets;
}

/** The content of the file; null: there is none. */
async function written(dataDir: string): Promise<Record<string, unknown> | null> {
  const text = await readIfThere(fileIn(dataDir));
  if (text === null) return null;
  try {
    return z.looseObject({}).parse(JSON.parse(text));
  } catch (error) {
    throw damaged(dataDir, error);
  }
}

function damaged(dataDir: string, cause: unknown): Error {
  return new Error(`${fileIn(dataDir)} is damaged. ${remedy(dataDir)}`, { cause });
}

function remedy(dataDir: string): string {
  return `Restore it from a copy, or remove ${dataDir} to start with an empty demo.`;
}

function freshSecrets(): DemoSecrets {
  const password = (): string => randomBytes(18).toString('hex');
  const key = (): string => randomBytes(32).toString('base64');
  return {
    linkPassword: password(),
    webhookPassword: password(),
    paycoreSecretBase64: key(),
    callbackPassword: password(),
    vippsClientSecret: password(),
    vippsSubscriptionKey: password(),
    personalData: { id: 'demo', encryptionKeyBase64: key(), lookupKeyBase64: key() },
  };
}
