import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLinkGateway } from '../../src/adapters/sms/link/gateway.ts';
import type { LinkAccount } from '../../src/adapters/sms/link/settings.ts';
import { SmsFault, type MtMessage } from '../../src/ports/sms-gateway.ts';
import {
  json,
  refusedBaseUrl,
  startScriptedServer,
  UNRESOLVABLE_BASE_URL,
  type Scripted,
  type ScriptedServer,
} from './scripted-server.ts';

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());

const MESSAGE: MtMessage = {
  outboundId: 'a1b2-link-1',
  shortNumber: '27222',
  msisdn: '4790000001',
  text: 'Pay 5.00 NOK: https://p.example/p/x. Ærlig øl på båten',
  moReferenceId: null,
};
const QUEUED = { messageId: 'Dcshuhod0PMAAAFQ+/PbnR3x', resultCode: 1005, description: 'Queued' };

function config(change: Partial<LinkAccount> = {}): LinkAccount {
  return {
    baseUrl: server.baseUrl,
    username: 'sms2pay',
    password: 'send-secret:with-colon',
    platformId: 'COMMON_API',
    platformPartnerId: '4711',
    deliveryGateId: 'gate-9',
    webhookUsername: 'link',
    webhookPassword: 'hook-secret',
    timeoutMs: 2000,
    ...change,
  };
}

async function faultOf(gateway = createLinkGateway(config()), message = MESSAGE): Promise<SmsFault> {
  const outcome: unknown = await gateway.send(message).catch((error: unknown) => error);
  if (!(outcome instanceof SmsFault)) throw new Error('expected an SmsFault');
  return outcome;
}

describe('what LINK gets', () => {
  test('is every field whose default matters, with Basic credentials, as JSON', async () => {
    server.script(json(QUEUED));
    await createLinkGateway(config()).send({ ...MESSAGE, moReferenceId: 'mo-77' });
    const [request] = server.seen;
    expect(request).toMatchObject({ method: 'POST', target: '/sms/send' });
    expect(request?.headers['content-type']).toBe('application/json');
    expect(request?.headers['authorization']).toBe(
      `Basic ${Buffer.from('sms2pay:send-secret:with-colon').toString('base64')}`,
    );
    expect(JSON.parse(request?.body ?? '')).toEqual({
      source: '27222',
      sourceTON: 'SHORTNUMBER',
      destination: '+4790000001',
      destinationTON: 'MSISDN',
      userData: MESSAGE.text,
      dcs: 'TEXT',
      platformId: 'COMMON_API',
      platformPartnerId: '4711',
      refId: 'a1b2-link-1',
      moReferenceId: 'mo-77',
      useDeliveryReport: true,
      deliveryReportGates: ['gate-9'],
      relativeValidityTime: 172_800_000,
      ignoreResponse: false,
    });
  });

  test('asks for no delivery report when no gate is named, and names no MO when none is known', async () => {
    server.script(json(QUEUED));
    await createLinkGateway(config({ deliveryGateId: null })).send(MESSAGE);
    const body: unknown = JSON.parse(server.seen[0]?.body ?? '');
    expect(body).toMatchObject({ useDeliveryReport: false });
    expect(body).not.toHaveProperty('deliveryReportGates');
    expect(body).not.toHaveProperty('moReferenceId');
  });

  test('is sent from the number as customers dial it, without its country', async () => {
    server.script(json(QUEUED));
    await createLinkGateway(config()).send({ ...MESSAGE, shortNumber: 'SE-72222' });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toMatchObject({ source: '72222' });
  });

  test.each(['/eu', '/eu/'])('keeps a path in the base URL (%s)', async (path) => {
    server.script(json(QUEUED));
    await createLinkGateway(config({ baseUrl: server.baseUrl + path })).send(MESSAGE);
    expect(server.seen[0]?.target).toBe('/eu/sms/send');
  });
});

test('every text goes over a connection of its own: one closed while idle would leave the outcome in doubt', async () => {
  server.script(json(QUEUED));
  await createLinkGateway(config()).send(MESSAGE);
  expect(server.seen[0]?.headers['connection']).toBe('close');
});

describe('a text is queued only when LINK says so and names it', () => {
  test.each([
    ['as documented', QUEUED, QUEUED.messageId],
    ['with numbers as text and text as numbers', { messageId: 12, resultCode: '1005' }, '12'],
  ])('%s', async (_, body, gatewayMessageId) => {
    server.script(json(body));
    await expect(createLinkGateway(config()).send(MESSAGE)).resolves.toEqual({ gatewayMessageId });
  });

  const doubtful: [string, Scripted, string][] = [
    ['a 200 without a message id', json({ resultCode: 1005 }), 'unreadableReply'],
    ['a 200 with an empty message id', json({ messageId: '', resultCode: 1005 }), 'unreadableReply'],
    ['a 200 with another result', json({ ...QUEUED, resultCode: 106301 }), '106301'],
    ['a 200 whose result is prose', json({ ...QUEUED, resultCode: 'to +4790000001' }), 'unreadableReply'],
    ['a 200 that is not JSON', new Response('<html>ok</html>'), 'unreadableReply'],
    ['a 204, which names no message', new Response(null, { status: 204 }), 'http204'],
    ['a redirect', new Response(null, { status: 302, headers: { location: '/elsewhere' } }), 'http302'],
    ['a request time-out of a proxy', json({}, 408), 'http408'],
    ['an internal error', json({ status: 106000 }, 500), 'http500'],
    ['a gateway time-out', new Response('', { status: 504 }), 'http504'],
    ['a connection closed without an answer', 'drop', 'ECONNRESET'],
    ['a connection closed in the middle of the answer', 'truncate', 'ECONNRESET'],
  ];
  test.each(doubtful)('the outcome of %s is unknown', async (_, answer, code) => {
    server.script(answer);
    expect(await faultOf()).toMatchObject({ kind: 'outcomeUnknown', code: expect.stringContaining(code) });
    expect(server.seen).toHaveLength(1);
  });

  test('the outcome of a call that ran into its time-out is unknown', async () => {
    server.script('hang');
    const gateway = createLinkGateway(config({ timeoutMs: 400 }));
    expect(await faultOf(gateway)).toMatchObject({ kind: 'outcomeUnknown', code: 'TIMEOUT' });
  });
});

describe('a text that was certainly not taken', () => {
  test.each([
    [400, { status: 106000, description: 'bad', translatedDescription: null }, '106000'],
    [404, { status: 106000 }, '106000'],
    [400, { status: 'for +4790000001' }, 'http400'],
  ])('is rejected for good by HTTP %i with %j', async (status, body, code) => {
    server.script(json(body, status));
    expect(await faultOf()).toMatchObject({ kind: 'rejected', code });
  });

  test.each([
    [401, { status: '106100', description: 'bad' }, '106100'],
    [401, 'no such login', 'http401'],
    [403, { status: 106101 }, '106101'],
    [404, 'not found', 'http404'],
    [400, { status: 106102 }, '106102'],
    [400, { status: 106200 }, '106200'],
    [400, { status: 106201 }, '106201'],
    [400, { status: 106300 }, '106300'],
  ])('is the fault of the account after HTTP %i with %j, not of the text', async (status, body, code) => {
    server.script(json(body, status));
    expect(await faultOf()).toMatchObject({ kind: 'misconfigured', code });
  });

  test('may be sent again after HTTP 429', async () => {
    server.script(json({}, 429));
    expect(await faultOf()).toMatchObject({ kind: 'unavailable', code: 'http429' });
  });

  test('may be sent again when nobody listens', async () => {
    const gateway = createLinkGateway(config({ baseUrl: await refusedBaseUrl() }));
    expect(await faultOf(gateway)).toMatchObject({ kind: 'unavailable', code: 'ECONNREFUSED' });
  });

  test('may be sent again when the host has no address', async () => {
    const gateway = createLinkGateway(config({ baseUrl: UNRESOLVABLE_BASE_URL }));
    expect(await faultOf(gateway)).toMatchObject({ kind: 'unavailable' });
  });
});

test('no fault tells the number, the text or a secret, whatever the answer quotes', async () => {
  const quoting = { status: 106000, description: `to +4790000001: ${MESSAGE.text} send-secret` };
  const answers: Scripted[] = [json(quoting, 400), json(quoting, 500), json(quoting), 'drop', 'truncate'];
  for (const answer of answers) {
    server.script(answer);
    const fault = await faultOf();
    const told = `${fault.message} ${fault.code} ${fault.stack} ${String(fault.cause)}`;
    expect(told).not.toMatch(/90000001|Ærlig|secret/);
  }
});
