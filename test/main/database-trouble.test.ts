import { describe, expect, test } from 'vitest';
import { databaseTrouble } from '../../src/main/trouble.ts';

const URL = 'postgres://app:pass%20word@db.example.com:5432/sms2pay?sslpassword=parameter';
const withCode = (code: string, message = '') => Object.assign(new Error(message), { code });
const wrapped = (cause: unknown) => new Error('the database could not be migrated', { cause });

describe('why the database cannot be used', () => {
  test.each([
    [
      new AggregateError([withCode('ECONNREFUSED', 'connect ECONNREFUSED ::1:5432')]),
      'refuses the connection',
    ],
    [withCode('ENOTFOUND'), 'is not found'],
    [
      withCode('28P01', 'password authentication failed for user "app"'),
      'refuses the user name or the password',
    ],
    [withCode('3D000', 'database "sms2pay" does not exist'), 'knows no database of that name'],
    [
      withCode('42501', 'permission denied for schema public'),
      'does not allow this user to change the schema',
    ],
    [new Error('timeout exceeded when trying to connect'), 'cannot be used: timeout exceeded when'],
    [
      withCode('42P07', 'relation "partner" already exists\nand more'),
      'cannot be used: relation "partner" already exists',
    ],
  ])('is one line that names the place and the innermost cause: %s', (cause, reason) => {
    for (const error of [cause, wrapped(cause)]) {
      const { message } = databaseTrouble(error, URL);
      expect(message).toContain(`The database at db.example.com:5432 ${reason}`);
      expect(message).not.toContain('\n');
    }
  });

  test('never repeats the credentials in the address, as they stand there or decoded', () => {
    const message = 'cannot parse postgres://app:pass%20word@db for "app" with "pass word" and parameter';
    const trouble = databaseTrouble(wrapped(new Error(message)), URL).message;
    for (const secret of ['app', 'pass%20word', 'pass word', 'parameter'])
      expect(trouble).not.toContain(secret);
    expect(trouble).toContain('cannot parse postgres://(hidden):(hidden)@db');
  });

  test('says so when nothing is known, and ends on causes that go round', () => {
    const round = new Error('');
    round.cause = round;
    expect(databaseTrouble(round, null).message).toBe('The database cannot be used: the reason is not known');
    expect(databaseTrouble('thrown text', URL).message).toContain('the reason is not known');
  });
});
