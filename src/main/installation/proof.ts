// Owns: showing that the process which answers at an address belongs to our installation.
import { createHmac, hkdfSync } from 'node:crypto';
import type { PersonalDataKey } from '../../config/formats.ts';

const KEY_BYTES = 32;
const PURPOSE = 'sms2pay installation proof';

/**
 * Answers a challenge once per key of PERSONAL_DATA_KEYS, which every process of an installation has and nobody else.
 * With keys derived for this alone, an answer says nothing of the data the keys protect. While keys are rotated two
 * processes have at least one in common.
 */
export function installationProofs(
  keys: readonly Pick<PersonalDataKey, 'lookupKeyBase64'>[],
): (challenge: string) => string[] {
  const derived = keys.map(({ lookupKeyBase64 }) =>
    Buffer.from(hkdfSync('sha256', Buffer.from(lookupKeyBase64, 'base64'), '', PURPOSE, KEY_BYTES)),
  );
  return (challenge) => derived.map((key) => createHmac('sha256', key).update(challenge).digest('hex'));
}
