import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPersonalDataCipher } from '../../src/adapters/store/index.ts';
import { keyOf, MSISDN, OTHER_MSISDN, testCipher } from './stores.fixture.ts';

describe('the personal data cipher', () => {
  const cipher = testCipher('k1');

  it('reads back any text, and never writes the same twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
        const [first, second] = [cipher.encrypt(text, context), cipher.encrypt(text, context)];
        expect(cipher.decrypt(first, context)).toBe(text);
        expect(first.data.equals(second.data)).toBe(false);
      }),
    );
  });

  it('refuses a value that was moved to another place', () => {
    const encrypted = cipher.encrypt(MSISDN, 'subscriber.msisdn:1');
    expect(() => cipher.decrypt(encrypted, 'subscriber.msisdn:2')).toThrow(
      'subscriber.msisdn:2 cannot be decrypted',
    );
  });

  it('refuses a value of which any bit was changed, or that was cut', () => {
    const { keyId, data } = cipher.encrypt(MSISDN, 'here');
    fc.assert(
      fc.property(fc.nat(data.length - 1), fc.nat(7), (byte, bit) => {
        const changed = Buffer.from(data);
        changed.writeUInt8(changed.readUInt8(byte) ^ (1 << bit), byte);
        expect(() => cipher.decrypt({ keyId, data: changed }, 'here')).toThrow('here cannot be decrypted');
      }),
    );
    for (let length = 0; length < data.length; length += 1)
      expect(() => cipher.decrypt({ keyId, data: data.subarray(0, length) }, 'here')).toThrow(
        'here cannot be decrypted',
      );
  });

  it('finds a number by the same digest under the same key only', () => {
    const [own] = cipher.lookup(MSISDN);
    expect(own.keyId).toBe('k1');
    expect(cipher.lookup(MSISDN)[0].digest.equals(own.digest)).toBe(true);
    expect(cipher.lookup(OTHER_MSISDN)[0].digest.equals(own.digest)).toBe(false);
    expect(testCipher('k2').lookup(MSISDN)[0].digest.equals(own.digest)).toBe(false);
  });

  it('writes with the first key, and reads and looks up with all', () => {
    const rotated = testCipher('k2', 'k1');
    expect(rotated.decrypt(cipher.encrypt(MSISDN, 'here'), 'here')).toBe(MSISDN);
    expect(rotated.encrypt(MSISDN, 'here').keyId).toBe('k2');
    expect(rotated.lookup(MSISDN).map((lookup) => lookup.keyId)).toEqual(['k2', 'k1']);
    expect(rotated.lookup(MSISDN)[1]?.digest).toEqual(cipher.lookup(MSISDN)[0].digest);
    expect(() => cipher.decrypt(rotated.encrypt(MSISDN, 'here'), 'here')).toThrow(
      'here was encrypted with key k2, which is not configured',
    );
  });

  it('knows a message by sender, number and text together, under each key', () => {
    const message = { msisdn: MSISDN, shortNumber: '27222', text: 'CHARGE' };
    const [own] = cipher.messageDigests(message);
    expect(cipher.messageDigests({ ...message })).toEqual([own]);
    expect(testCipher('k2', 'k1').messageDigests(message)[1]).toEqual(own);
    const others = [
      { ...message, msisdn: OTHER_MSISDN },
      { ...message, shortNumber: '2722', text: '2CHARGE' },
      { ...message, text: 'charge' },
    ];
    for (const other of others) expect(cipher.messageDigests(other)).not.toEqual([own]);
    expect(own).not.toEqual(cipher.lookup(MSISDN)[0].digest);
  });

  it('refuses no key, a short key, and two keys of one name, without showing any', () => {
    const short = { ...keyOf('k1'), lookupKey: Buffer.from('too short') };
    expect(() => createPersonalDataCipher({ keys: [] })).toThrow('at least one key');
    expect(() => createPersonalDataCipher({ keys: [short] })).toThrow(
      'personal data key k1 must have two parts of 32 bytes',
    );
    expect(() => createPersonalDataCipher({ keys: [keyOf('k1'), keyOf('k1')] })).toThrow('same id');
  });
});
