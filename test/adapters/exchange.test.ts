// What becomes of a request, told apart by what may have reached the vendor: a request that was certainly not sent may be
// sent again, one that may have been sent may have moved money.
import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { exchange, MAX_ANSWER_BYTES, type ExchangeRequest } from '../../src/adapters/http/exchange.ts';
import { selfSignedCertificate } from '../support/self-signed-certificate.ts';
import { startRawServer, type RawServer } from './raw-server.ts';
import { refusedBaseUrl, UNRESOLVABLE_BASE_URL } from './scripted-server.ts';

const PATIENT_MS = 20_000;
const TIMEOUT_MS = 150;

const certificate = selfSignedCertificate();

async function aServer(options: Parameters<typeof startRawServer>[0]): Promise<RawServer> {
  const server = await startRawServer(options);
  onTestFinished(() => server.close());
  return server;
}

/** A server that answers each request with these bytes, in packets of their own. */
const aServerThatSends = (...packets: (string | Buffer)[]): Promise<RawServer> =>
  aServer({ onRequest: (socket) => void sendAll(socket, packets) });

async function sendAll(socket: Socket, packets: (string | Buffer)[]): Promise<void> {
  for (const packet of packets) {
    await new Promise((sent) => socket.write(packet, sent));
    // A turn of the event loop, so that they are not read as one.
    await new Promise((passed) => setTimeout(passed, 5));
  }
  socket.end();
}

function call(url: string, request: Partial<ExchangeRequest> = {}, timeoutMs = PATIENT_MS) {
  return exchange(
    { method: 'POST', url, headers: { authorization: 'secret' }, body: '{"a":1}', ...request },
    AbortSignal.timeout(timeoutMs),
  );
}

const OK = 'HTTP/1.1 200 OK\r\n';

describe('a request', () => {
  async function sent(
    request: Partial<ExchangeRequest>,
  ): Promise<{ line: string; fields: string[]; body: string }> {
    const server = await aServerThatSends(`${OK}content-length: 0\r\n\r\n`);
    expect(await call(server.url, request)).toMatchObject({ kind: 'answered' });
    const [head = '', body = ''] = server.received().split('\r\n\r\n');
    const [line = '', ...fields] = head.split('\r\n');
    return { line, fields: fields.map((field) => field.toLowerCase()).toSorted(), body };
  }

  test('says what it is, asks for plain JSON and for the connection to end', async () => {
    const { line, fields, body } = await sent({ body: '{"name":"Blåbær ☕"}' });
    expect(line).toBe('POST /a?b=c HTTP/1.1');
    expect(fields).toEqual([
      'accept-encoding: identity',
      'accept: application/json',
      'authorization: secret',
      'connection: close',
      'content-length: 23',
      'content-type: application/json',
      expect.stringMatching(/^host: 127\.0\.0\.1:\d+$/),
      'user-agent: sms2pay',
    ]);
    expect(body).toBe('{"name":"Blåbær ☕"}');
  });

  test.each([
    ['GET', null],
    ['DELETE', null],
    ['POST', '0'],
    ['PUT', '0'],
  ] as const)('%s without a body says so', async (method, length) => {
    const { line, fields, body } = await sent({ method, body: null });
    expect(line).toBe(`${method} /a?b=c HTTP/1.1`);
    expect(fields.filter((field) => /^(content|transfer)-/.test(field))).toEqual(
      length === null ? [] : [`content-length: ${length}`],
    );
    expect(body).toBe('');
  });

  test('DELETE with a body sends it with its length', async () => {
    const { fields, body } = await sent({ method: 'DELETE' });
    expect(fields).toContain('content-length: 7');
    expect(body).toBe('{"a":1}');
  });
});

describe('an answer', () => {
  const answered = (status: number, body: string) =>
    expect.objectContaining({ kind: 'answered', status, body });

  test('has its headers by their names in lower case', async () => {
    const server = await aServerThatSends(
      'HTTP/1.1 201 Created\r\nLocation: /x\r\nRetry-After: 5\r\ncontent-length: 2\r\n\r\n{}',
    );
    expect(await call(server.url)).toEqual({
      kind: 'answered',
      status: 201,
      headers: { location: '/x', 'retry-after': '5', 'content-length': '2' },
      body: '{}',
    });
  });

  const å = Buffer.from('å');
  test.each<[string, ReturnType<typeof answered>, (string | Buffer)[]]>([
    ['in one packet', answered(200, '{}'), [`${OK}content-length: 2\r\n\r\n{}`]],
    [
      'in packets that part a character',
      answered(200, 'å'),
      [`${OK}content-length: 2\r\n\r\n`, å.subarray(0, 1), å.subarray(1)],
    ],
    [
      'in chunks that part a character',
      answered(200, 'å'),
      [
        `${OK}transfer-encoding: chunked\r\n\r\n1\r\n`,
        å.subarray(0, 1),
        '\r\n1\r\n',
        å.subarray(1),
        '\r\n0\r\n\r\n',
      ],
    ],
    ['to the end of the connection', answered(200, '{}'), [`${OK}\r\n`, '{', '}']],
    [
      'with a byte order mark, which is stripped',
      answered(200, '{}'),
      [`${OK}content-length: 5\r\n\r\n\uFEFF{}`],
    ],
    ['without a body', answered(204, ''), ['HTTP/1.1 204 No Content\r\n\r\n']],
    [
      'without a body, though a length is given',
      answered(304, ''),
      ['HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n'],
    ],
    [
      'after interim ones',
      answered(200, '{}'),
      [
        'HTTP/1.1 100 Continue\r\n\r\n',
        'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n',
        `${OK}content-length: 2\r\n\r\n{}`,
      ],
    ],
    [
      'that is a redirect, not followed',
      answered(307, ''),
      ['HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n'],
    ],
    ['with more than the length it gives', answered(200, '{}'), [`${OK}content-length: 2\r\n\r\n{}{}`]],
    [
      'of the largest size',
      answered(200, 'x'.repeat(MAX_ANSWER_BYTES)),
      [`${OK}content-length: ${MAX_ANSWER_BYTES}\r\n\r\n`, 'x'.repeat(MAX_ANSWER_BYTES)],
    ],
  ])('%s is whole', async (_, expected, packets) => {
    const server = await aServerThatSends(...packets);
    expect(await call(server.url)).toEqual(expected);
  });

  test('compressed against our wish keeps its status; no schema accepts its body', async () => {
    const body = gzipSync('{"state":"AUTHORIZED"}');
    const server = await aServerThatSends(
      `${OK}content-encoding: gzip\r\ncontent-length: ${body.byteLength}\r\n\r\n`,
      body,
    );
    const outcome = await call(server.url);
    expect(outcome).toMatchObject({ kind: 'answered', status: 200 });
    expect(outcome).not.toMatchObject({ body: expect.stringContaining('AUTHORIZED') });
  });

  test('is whole even if the vendor keeps the connection open', async () => {
    const server = await aServer({ onRequest: (socket) => socket.write(`${OK}content-length: 2\r\n\r\n{}`) });
    expect(await call(server.url)).toEqual(answered(200, '{}'));
    await server.closed;
  });
});

describe('certainly not sent', () => {
  test('is a request whose time was over before it began', async () => {
    const server = await aServer({});
    const request = { method: 'GET', url: server.url, headers: {}, body: null } as const;
    expect(await exchange(request, AbortSignal.abort())).toEqual({ kind: 'notSent', code: 'TIMEOUT' });
  });

  test.each<[string, string, Partial<ExchangeRequest>]>([
    ['an address that is none', 'ERR_INVALID_URL', { url: 'localhost' }],
    ['an address that is not of HTTP', 'ERR_INVALID_PROTOCOL', { url: 'ftp://127.0.0.1/' }],
    ['a header with a line break', 'ERR_INVALID_CHAR', { headers: { authorization: 'a\r\nb: c' } }],
    ['a header whose name is none', 'ERR_INVALID_HTTP_TOKEN', { headers: { 'a b': 'c' } }],
  ])('is a request with %s', async (_, code, request) => {
    const server = await aServer({});
    expect(await call(server.url, request)).toEqual({ kind: 'notSent', code });
    expect(server.received()).toBe('');
  });

  test('is a request to a port on which nobody listens, by address or by a name with several', async () => {
    const refused = { kind: 'notSent', code: 'ECONNREFUSED' };
    const url = await refusedBaseUrl();
    expect(await call(url)).toEqual(refused);
    expect(await call(url.replace('127.0.0.1', 'localhost'))).toEqual(refused);
    expect(await call(url.replace('http:', 'https:'))).toEqual(refused);
  });

  test('is a request to an IPv6 address on which nobody listens', async () => {
    const { port } = new URL(await refusedBaseUrl());
    expect(await call(`http://[::1]:${port}/`)).toEqual({
      kind: 'notSent',
      // A machine without IPv6 says the second or the third.
      code: expect.stringMatching(/^(ECONNREFUSED|EADDRNOTAVAIL|EAFNOSUPPORT)$/),
    });
  });

  test('is a request to a host without an address', async () => {
    expect(await call(UNRESOLVABLE_BASE_URL)).toEqual({
      kind: 'notSent',
      code: expect.stringMatching(/^(ENOTFOUND|EAI_\w+)$/),
    });
  });

  test('is a request to a server whose certificate nobody vouches for: it sees nothing of it', async () => {
    const server = await aServer({ tls: certificate });
    expect(await call(server.url)).toEqual({ kind: 'notSent', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    await server.closed;
    expect(server.received()).toBe('');
  });

  test.each<[string, RegExp, (socket: Socket) => void]>([
    [
      'that speaks no TLS',
      /^(EPROTO|ERR_SSL_\w+)$/,
      (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    ],
    ['that closes the connection at once', /^ECONNRESET$/, (socket) => socket.end()],
    ['that resets the connection at once', /^ECONNRESET$/, (socket) => socket.resetAndDestroy()],
    [
      'that closes in the middle of the handshake',
      /^ECONNRESET$/,
      (socket) => socket.once('data', () => socket.end()),
    ],
    ['that says nothing until the time is over', /^TIMEOUT$/, () => {}],
  ])('is a request over TLS to a server %s', async (_, code, onConnection) => {
    const server = await aServer({ onConnection });
    const outcome = await call(
      server.url.replace('http:', 'https:'),
      {},
      code.test('TIMEOUT') ? TIMEOUT_MS : PATIENT_MS,
    );
    expect(outcome).toEqual({ kind: 'notSent', code: expect.stringMatching(code) });
    await server.closed;
    expect(server.received()).not.toContain('POST');
  });
});

describe('perhaps sent', () => {
  const lost = (code: string) => ({ kind: 'lost', code: expect.stringMatching(`^${code}$`) });

  test('is a request to a server that closes a connection at once', async () => {
    const server = await aServer({ onConnection: (socket) => socket.end() });
    expect(await call(server.url)).toEqual(lost('(ECONNRESET|EPIPE)'));
  });

  test('is a request to a server that resets the connection', async () => {
    const server = await aServer({ onRequest: (socket) => socket.resetAndDestroy() });
    expect(await call(server.url)).toEqual(lost('ECONNRESET'));
  });

  const CASES: [string, string, (socket: Socket) => void][] = [
    ['closes the connection', 'ECONNRESET', (socket) => socket.end()],
    ['closes in the head of its answer', 'ECONNRESET', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent')],
    ['closes in the body', 'ECONNRESET', (socket) => socket.end(`${OK}content-length: 3\r\n\r\n{}`)],
    [
      'closes between two chunks',
      'ECONNRESET',
      (socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`),
    ],
    [
      'switches the protocol',
      'DROPPED',
      (socket) =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    ],
    ['answers something else', 'HPE_\\w+', (socket) => socket.write('+OK ready\r\n')],
    [
      'sends a head without end',
      'HPE_HEADER_OVERFLOW',
      (socket) => socket.write(`${OK}a: ${'b'.repeat(100_000)}`),
    ],
    [
      'sends a body without end',
      'TOO_LARGE',
      (socket) => socket.write(`${OK}\r\n${'x'.repeat(MAX_ANSWER_BYTES + 1)}`),
    ],
    ['never answers', 'TIMEOUT', () => {}],
    ['stops in the body', 'TIMEOUT', (socket) => socket.write(`${OK}content-length: 3\r\n\r\n{}`)],
    [
      'stops between two chunks',
      'TIMEOUT',
      (socket) => socket.write(`${OK}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`),
    ],
  ];

  describe.each([
    ['is a request', undefined],
    ['is a request over TLS', certificate],
  ])('%s', (_, tls) => {
    test.each(CASES)('to a server that %s', async (_how, code, onRequest) => {
      if (tls) trustAnyCertificate();
      const time = new AbortController();
      const server = await aServer({
        ...(tls ? { tls } : {}),
        onRequest: (socket) => {
          onRequest(socket);
          if (code === 'TIMEOUT') setTimeout(() => time.abort(), TIMEOUT_MS);
        },
      });
      const request = { method: 'POST', url: server.url, headers: {}, body: '{"a":1}' } as const;
      expect(await exchange(request, time.signal)).toEqual(lost(code));
      expect(server.received()).toMatch(/^POST .*\{"a":1\}$/s);
      // Nothing is left behind: not the connection, and not a listener on a signal that others may wait for too.
      await server.closed;
      expect(getEventListeners(time.signal, 'abort')).toEqual([]);
    });
  });

  test('is a request whose answer to the end of the connection ends in a reset', async () => {
    const server = await aServer({
      onRequest: (socket) => {
        socket.write(`${OK}\r\n{}`);
        setTimeout(() => socket.resetAndDestroy(), 50);
      },
    });
    expect(await call(server.url)).toEqual(lost('ECONNRESET'));
  });
});

describe('TLS', () => {
  test('is set up once with a host, then resumed on every new connection', async () => {
    trustAnyCertificate();
    const resumed: boolean[] = [];
    const server = await aServer({
      tls: certificate,
      onRequest: (socket) => {
        if (socket instanceof TLSSocket) resumed.push(socket.isSessionReused());
        socket.end(`${OK}content-length: 2\r\n\r\n{}`);
      },
    });
    for (const _ of [1, 2, 3]) expect(await call(server.url)).toMatchObject({ kind: 'answered', body: '{}' });
    expect(resumed).toEqual([false, true, true]);
  });
});

/** Read by Node for each connection. */
function trustAnyCertificate(): void {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  onTestFinished(() => void vi.unstubAllEnvs());
}
