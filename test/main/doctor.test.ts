import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { doctor } from '../../src/main/doctor/doctor.ts';
import { findingLine } from '../../src/main/doctor/finding.ts';
import {
  clockCheck,
  credentialsCheck,
  publicAddressCheck,
  webhookCheck,
} from '../../src/main/doctor/vendor-checks.ts';
import { FakeProvider } from '../support/fake-provider.ts';

let server: Server;
let url = '';
let answer = { status: 200, driftMs: 0 };

beforeAll(async () => {
  server = createServer((_request, response) => {
    response.sendDate = false;
    response.writeHead(answer.status, { date: new Date(Date.now() + answer.driftMs).toUTCString() }).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((done) => server.close(done)));
beforeEach(() => {
  answer = { status: 200, driftMs: 0 };
});

const provider = (): FakeProvider => new FakeProvider({ provider: 'vipps' }, () => new Date().toISOString());

describe('a finding', () => {
  it('is one line, and what is wrong comes with what to do', () => {
    expect(findingLine('database', { state: 'ok', what: 'answers' })).toMatch(/^ok\s+database\s+answers$/);
    const line = findingLine('database', {
      state: 'failed',
      what: 'no schema',
      advice: 'run: sms2pay migrate',
    });
    expect(line).toMatch(/^FAILED\s+database\s+no schema -> run: sms2pay migrate$/);
  });
});

describe('credentials', () => {
  it('are right when the provider says that it does not know the payment, and nothing was made', async () => {
    const asked = provider();
    expect(await credentialsCheck('vipps', asked).look()).toMatchObject({ state: 'ok' });
    expect(asked.calls.map(({ operation }) => operation)).toEqual(['read']);
  });

  it('that are refused send a person to the settings, an unreachable provider to the network', async () => {
    const refusing = provider();
    refusing.failNext('read', 'misconfigured');
    expect(await credentialsCheck('vipps', refusing).look()).toMatchObject({
      state: 'failed',
      advice: expect.stringContaining('VIPPS_*'),
    });
    refusing.failNext('read', 'unavailable');
    expect(await credentialsCheck('vipps', refusing).look()).toMatchObject({
      state: 'failed',
      advice: expect.stringContaining('VIPPS_BASE_URL'),
    });
  });
});

describe('the clock', () => {
  it('may be some seconds off, not minutes: signatures would be refused', async () => {
    expect(await clockCheck('paycore', url).look()).toMatchObject({ state: 'ok' });
    answer.driftMs = 5 * 60_000;
    expect(await clockCheck('paycore', url).look()).toMatchObject({
      state: 'failed',
      what: expect.stringMatching(/^(299|300|301) s apart$/),
      advice: expect.stringContaining('NTP'),
    });
  });
});

describe('the public address', () => {
  it('must lead to us without a redirect', async () => {
    expect(await publicAddressCheck(url).look()).toMatchObject({ state: 'ok' });
    answer.status = 301;
    expect(await publicAddressCheck(url).look()).toMatchObject({
      state: 'failed',
      what: expect.stringContaining('301'),
    });
  });
});

describe('the webhook registration', () => {
  it('must be there for our very address', async () => {
    const list = () => Promise.resolve([{ url: 'https://pay.example.com/webhooks/payments/vipps' }]);
    const ours = webhookCheck(list, 'https://pay.example.com/webhooks/payments/vipps');
    expect(await ours.look()).toMatchObject({ state: 'ok' });
    expect(await webhookCheck(list, 'https://other.example.com/x').look()).toMatchObject({
      state: 'failed',
      advice: 'run: sms2pay vipps webhooks ensure',
    });
  });
});

describe('sms2pay doctor', () => {
  it('says of everything that belongs to a running process that it cannot look, when none runs', async () => {
    const lines: string[] = [];
    const config = parseConfig({ DATA_DIR: '/nonexistent/sms2pay' });
    expect(await doctor(config, (line) => lines.push(line))).toBe(true);
    expect(lines).toHaveLength(4);
    expect(lines.slice(1).every((line) => line.endsWith('sms2pay does not run'))).toBe(true);
  });

  it('finds a database and a Temporal server that do not answer, with what to do', async () => {
    const lines: string[] = [];
    const config = parseConfig({
      DATA_DIR: '/nonexistent/sms2pay',
      SIMULATOR: 'on',
      DATABASE_URL: 'postgres://nobody:hidden-password@127.0.0.1:1/none',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    });
    expect(await doctor(config, (line) => lines.push(line))).toBe(false);
    const failed = lines.filter((line) => line.startsWith('FAILED'));
    expect(failed.map((line) => line.split(/\s+/)[1])).toEqual(['database', 'Temporal']);
    expect(failed.every((line) => line.includes(' -> '))).toBe(true);
    expect(lines.join('\n')).not.toContain('hidden-password');
  });
});
