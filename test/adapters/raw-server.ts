import { createServer as createPlainServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export interface RawServer {
  url: string;
  /** what arrived, of every connection together, decrypted where there is TLS */
  received(): string;
  /** resolves when the first connection has closed */
  closed: Promise<void>;
  close(): Promise<void>;
}

interface RawServerOptions {
  /** default: without TLS */
  tls?: TlsOptions;
  onConnection?: (socket: Socket) => void;
  /** once the first bytes of a connection have arrived, which is the whole of a small request */
  onRequest?: (socket: Socket) => void;
}

/** A server of bytes, for what no HTTP framework would send. */
export async function startRawServer({ tls, onConnection, onRequest }: RawServerOptions): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let received = '';
  let onClosed = (): void => {};
  const closed = new Promise<void>((resolve) => (onClosed = resolve));
  const take = (socket: Socket): void => {
    // A client that breaks off is what these tests are about.
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => (received += bytes.toString()));
    if (onRequest) socket.once('data', () => onRequest(socket));
    onConnection?.(socket);
  };
  const server = tls ? createTlsServer(tls, take) : createPlainServer(take);
  // Under TLS too: a connection whose handshake failed.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', onClosed);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/a?b=c`,
    received: () => received,
    closed,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
