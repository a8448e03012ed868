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
  personalData: z.object({ id: z.string(), encryptionKeyBase64: z.string(), lookupKeyBase64: z.string() }),
});

export type DemoSecrets = z.infer<typeof secretsSchema>;

/** Reads the secrets of this DATA_DIR, or makes them; readable by the owner only. */
export async function demoSecrets(dataDir: string): Promise<DemoSecrets> {
  const file = join(dataDir, 'demo-secrets.json');
  const written = await readFile(file, 'utf8').catch(() => null);
  if (written !== null) return secretsSchema.parse(JSON.parse(written));
  const secrets: DemoSecrets = {
    linkPassword: randomBytes(18).toString('hex'),
    webhookPassword: randomBytes(18).toString('hex'),
    paycoreSecretBase64: randomBytes(32).toString('base64'),
    callbackPassword: randomBytes(18).toString('hex'),
    personalData: {
      id: 'demo',
      encryptionKeyBase64: randomBytes(32).toString('base64'),
      lookupKeyBase64: randomBytes(32).toString('base64'),
    },
  };
  await mkdir(dataDir, { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  await rename(draft, file);
  return secrets;
}
