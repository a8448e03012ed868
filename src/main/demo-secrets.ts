// Owns: the demo's own credentials, made once per DATA_DIR. Must not: be used with a real vendor.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

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

/** The secrets of this DATA_DIR; null when it has none, or not all. Makes nothing. */
export async function knownDemoSecrets(dataDir: string): Promise<DemoSecrets | null> {
  try {
    return secretsSchema.safeParse(JSON.parse(await readFile(fileIn(dataDir), 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

/** Reads the secrets of this DATA_DIR, or makes those that are missing; readable by the owner only. */
export async function demoSecrets(dataDir: string): Promise<DemoSecrets> {
  const file = fileIn(dataDir);
  const text = await readFile(file, 'utf8').catch(() => null);
  const written = text === null ? {} : z.looseObject({}).parse(JSON.parse(text));
  const known = secretsSchema.safeParse(written);
  if (known.success) return known.data;
  const secrets = secretsSchema.parse({ ...freshSecrets(), ...written });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  await rename(draft, file);
  return secrets;
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
