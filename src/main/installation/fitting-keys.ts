// Owns: the refusal of personal data keys that do not fit the database: every customer would become a second one.
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { PersonalDataKey } from '../../config/formats.ts';
import type { OpenDatabase } from '../database.ts';

type Mismatch = Awaited<ReturnType<OpenDatabase['admitKeys']>>;

/** Throws a sentence with the ids when `keys` do not fit. Without keys nothing personal can be read or written: fits. */
export async function assertKeysFit(
  config: Config,
  database: Pick<OpenDatabase, 'admitKeys'>,
  keys: readonly PersonalDataKey[],
): Promise<void> {
  if (keys.length === 0) return;
  const trouble = keyTrouble(config, keys, await database.admitKeys());
  if (trouble !== null) throw new Error(`${trouble.what}. ${trouble.advice}.`);
}

/** Null: the keys fit. No key is in the answer, ids only. */
export function keyTrouble(
  config: Config,
  keys: readonly PersonalDataKey[],
  { missing, changed }: Mismatch,
): { what: string; advice: string } | null {
  const file = join(config.dataDir, 'demo-secrets.json');
  const source = config.personalData === null ? file : 'PERSONAL_DATA_KEYS';
  const restore =
    config.personalData === null
      ? `Restore ${file} from a copy, or remove ${config.dataDir} to start with an empty demo`
      : null;
  if (changed.length > 0)
    return {
      what: `${source} holds another key under the id ${changed.join(', ')} than the database was written with`,
      advice: restore ?? 'Restore the key of that id; give a new key an id of its own',
    };
  if (missing.length > 0)
    return {
      what: `The database was written with the personal data keys ${missing.join(', ')}, but ${source} has only ${keys.map(({ id }) => id).join(', ')}`,
      advice: restore ?? 'Add the missing keys at the end of PERSONAL_DATA_KEYS',
    };
  return null;
}
