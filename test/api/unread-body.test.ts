// Over a real socket: what happens to a body that is not here yet, or never comes.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Hono } from 'hono';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { partnerRoutes } from '../../src/api/rest/partners.ts';
import { sessionRoutes } from '../../src/api/rest/sessions.ts';
import { listen } from '../../src/main/http-server.ts';
import { apiFixture, LINK_AUTH, PAYCORE_AUTH, type MemoryLog } from './api-fixture.ts';

const ANNOUNCED = 'Content-Length: 1000';
const CHUNKED = 'Transfer-Encoding: chunked';

async function aServer(): Promise<{ port: number; log: MemoryLog }> {
  const { deps, log } = apiFixture();
  const adminToken = 'right';
  const never = () => Promise.reject(new Error('nobody who is let in asks here'));
  const settings = { listPartners: never } as never;
  const admin = new Hono()
    .route('/', partnerRoutes({ settings, providers: {}, gateways: {}, adminToken }))
    .route('/', sessionRoutes({ ...deps, adminToken } as never));
  const app = createApp({ ...deps, extraRoutes: admin });
  const http = { host: '127.0.0.1', port: 0, portGiven: false };
  const server = await listen(http, (request, connection) => app.fetch(request, connection));
  onTestFinished(() => server.close());
  return { port: server.port, log };
}

async function send(port: number, path: string, headers: string[], body = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  const head = [`POST ${path} HTTP/1.1`, 'Host: localhost', 'Content-Type: application/json', ...headers];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  return socket;
}

async function statusOf(socket: Socket): Promise<string> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString().split('\r\n', 1).join('');
}

const basic = (login: string): string => `Authorization: Basic ${btoa(login)}`;

test.each([
  ['/webhooks/sms/link', basic('gate:wrong'), ANNOUNCED],
  ['/webhooks/sms/link', basic('gate:wrong'), CHUNKED],
  ['/webhooks/sms/link/delivery', basic('gate:wrong'), CHUNKED],
  ['/webhooks/payments/paycore', basic('paycore:wrong'), ANNOUNCED],
  ['/webhooks/payments/paycore', basic('paycore:wrong'), CHUNKED],
  ['/api/v1/partners', 'Authorization: Bearer wrong', CHUNKED],
  ['/api/v1/sessions/a/actions', 'Authorization: Bearer wrong', CHUNKED],
])('%s with %s is refused before its body is here (%s)', async (path, credentials, length) => {
  const { port } = await aServer();
  const socket = await send(port, path, [credentials, length]);
  expect(await statusOf(socket)).toBe('HTTP/1.1 401 Unauthorized');
});

test.each([
  ['/webhooks/sms/link', LINK_AUTH],
  ['/webhooks/payments/paycore', PAYCORE_AUTH],
  ['/api/v1/partners', 'Bearer right'],
  ['/api/v1/sessions/a/actions', 'Bearer right'],
])('%s takes 64 KiB of those who are let in, and no more', async (path, authorization) => {
  const { port } = await aServer();
  const announced = await send(port, path, [`Authorization: ${authorization}`, 'Content-Length: 65537']);
  expect(await statusOf(announced)).toBe('HTTP/1.1 413 Payload Too Large');
  const [head, chunk] = [[`Authorization: ${authorization}`, CHUNKED], `10001\r\n${'x'.repeat(65_537)}\r\n`];
  expect(await statusOf(await send(port, path, head, chunk))).toBe('HTTP/1.1 413 Payload Too Large');
});

test.each([
  ['/webhooks/sms/link', LINK_AUTH, ANNOUNCED, '{"half":'],
  ['/webhooks/sms/link', LINK_AUTH, CHUNKED, '8\r\n{"half":\r\n'],
  ['/webhooks/payments/paycore', PAYCORE_AUTH, ANNOUNCED, '{"half":'],
  ['/webhooks/payments/paycore', PAYCORE_AUTH, CHUNKED, '8\r\n{"half":\r\n'],
])(
  'a body that is broken off at %s is one line of no error (%s, %s)',
  async (path, credentials, length, half) => {
    const { port, log } = await aServer();
    const socket = await send(port, path, [`Authorization: ${credentials}`, length], half);
    // The handler waits for the rest by now: another request is answered.
    await fetch(`http://127.0.0.1:${port}/healthz`);
    socket.destroy();
    await vi.waitFor(() => expect(log.named('request').map(({ status }) => status)).toEqual([200, 400]));
    expect(log.events.filter(({ level }) => level !== 'info')).toEqual([]);
  },
);
