import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

export interface PersonalDataKey {
  /** stored beside everything written with this key; never reused for another key */
  id: string;
  /** 32 bytes for AES-256-GCM */
  encryptionKey: Buffer;
  /** 32 bytes for HMAC-SHA256 */
  lookupKey: Buffer;
}

/** An encrypted value as stored: IV, tag and cipher text in `data`, and the id of the key. */
interface Encrypted {
  keyId: string;
  data: Buffer;
}

/** The keyed digest under which a phone number is found without being readable. */
export interface LookupDigest {
  keyId: string;
  digest: Buffer;
}

/** The only way in which phone numbers and texts reach the database. */
export interface PersonalDataCipher {
  /** `context` names the place, `<table>.<column>:<row id>`: moved to another place, a value no longer decrypts. */
  encrypt(plain: string, context: string): Encrypted;
  /** Throws on an unknown key, another context, or a changed value; the error names the context only. */
  decrypt(encrypted: Encrypted, context: string): string;
  /** One digest per key, the current key's first. */
  lookup(msisdn: string): [LookupDigest, ...LookupDigest[]];
  /** What a message is recognised by when it is delivered again. One digest per key, the current key's first. */
  messageDigests(message: { msisdn: string; shortNumber: string; text: string }): [Buffer, ...Buffer[]];
}

/**
 * The first key writes; all of them read and find. To rotate without downtime: add the new key at the end in every
 * process, then move it to the front.
 */
export function createPersonalDataCipher(options: { keys: readonly PersonalDataKey[] }): PersonalDataCipher {
  const [current, ...older] = options.keys;
  if (!current) throw new Error('personal data needs at least one key');
  const byId = new Map(options.keys.map((key) => [key.id, key]));
  if (byId.size !== options.keys.length) throw new Error('two personal data keys have the same id');
  for (const key of options.keys)
    if (key.encryptionKey.length !== KEY_BYTES || key.lookupKey.length !== KEY_BYTES)
      throw new Error(`personal data key ${key.id} must have two parts of ${KEY_BYTES} bytes`);

  return {
    encrypt: (plain, context) => ({
      keyId: current.id,
      data: seal(current.encryptionKey, plain, context),
    }),
    decrypt: ({ keyId, data }, context) => {
      const key = byId.get(keyId);
      if (!key) throw new Error(`${context} was encrypted with key ${keyId}, which is not configured`);
      return open(key.encryptionKey, data, context);
    },
    lookup: (msisdn) => {
      const lookup = (key: PersonalDataKey) => ({ keyId: key.id, digest: digestOf(key, `msisdn:${msisdn}`) });
      return [lookup(current), ...older.map(lookup)];
    },
    messageDigests: ({ msisdn, shortNumber, text }) => {
      const written = `message:${JSON.stringify([msisdn, shortNumber, text])}`;
      return [digestOf(current, written), ...older.map((key) => digestOf(key, written))];
    },
  };
}

function seal(key: Buffer, plain: string, context: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

function open(key: Buffer, data: Buffer, context: string): string {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(data.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    const body = data.subarray(IV_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  } catch (error) {
    throw new Error(`${context} cannot be decrypted`, { cause: error });
  }
}

/**
 * What a database keeps to recognise a key by. It shows nothing of the key and, with the prefix, nothing of a number.
 */
export function keyCheckValue({ encryptionKey, lookupKey }: PersonalDataKey): Buffer {
  return Buffer.concat(
    [encryptionKey, lookupKey].map((key) => createHmac('sha256', key).update('key-check').digest()),
  );
}

/** `value` begins with what it is, so that digests of two kinds are never equal. */
function digestOf(key: PersonalDataKey, value: string): Buffer {
  return createHmac('sha256', key.lookupKey).update(value).digest();
}
