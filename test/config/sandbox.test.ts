import { expect, test } from 'vitest';
import { sandbox } from '../live/sandbox.ts';

const NAMES = ['VIPPS_BASE_URL', 'VIPPS_CLIENT_ID'];

test('the live suite says what is missing', () => {
  const found = sandbox('VIPPS', NAMES, { VIPPS_CLIENT_ID: 'x' });
  expect(found).toEqual({ ready: false, why: 'VIPPS_BASE_URL not set' });
});

test('the live suite never talks to production', () => {
  const found = sandbox('VIPPS', NAMES, { VIPPS_BASE_URL: 'https://api.vipps.no', VIPPS_CLIENT_ID: 'x' });
  expect(found).toMatchObject({ ready: false, why: expect.stringContaining('not a test environment') });
});

test('the live suite runs against the test environment', () => {
  const env = { VIPPS_BASE_URL: 'https://apitest.vipps.no', VIPPS_CLIENT_ID: 'x' };
  expect(sandbox('VIPPS', NAMES, env)).toEqual({ ready: true, env });
});
