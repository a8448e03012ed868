// The HTTP server. A port in use is replaced by a free one unless the user named it.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { ConnectionInfo } from '../api/middleware/client-address.ts';
import type { HttpConfig } from '../config/config.ts';

export interface HttpServer {
  /** with the real port, without a slash at the end */
  url: string;
  port: number;
  /** Stops taking connections, ends idle ones, and waits a moment for the busy ones. */
  close(): Promise<void>;
}

type Handler = (request: Request, connection: ConnectionInfo) => Response | Promise<Response>;

const CLOSE_WAIT_MS = 2_000;

/** A client that sends head or body a byte at a time is cut off; texts, callbacks and forms are small. */
const PATIENCE = { headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 2_000 };

export async function listen(
  config: Pick<HttpConfig, 'host' | 'port' | 'portGiven'>,
  handle: Handler,
): Promise<HttpServer> {
  const server = createAdaptorServer({
    fetch: (request, { incoming }) => handle(request, { remoteAddress: incoming.socket.remoteAddress }),
    serverOptions: PATIENCE,
  });
  const bind = async (port: number): Promise<void> => {
    server.listen(port, config.host);
    await once(server, 'listening');
  };
  try {
    await bind(config.port);
  } catch (error) {
    const isInUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!isInUse) throw error;
    if (config.portGiven) {
      throw new Error(`Port ${config.port} is in use: set PORT to a free one, or leave it out.`, {
        cause: error,
      });
    }
    await bind(0);
  }
  const { port } = server.address() as AddressInfo;
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        const force = setTimeout(
          () => 'closeAllConnections' in server && server.closeAllConnections(),
          CLOSE_WAIT_MS,
        );
        server.close(() => {
          clearTimeout(force);
          resolve();
        });
        if ('closeIdleConnections' in server) server.closeIdleConnections();
      }),
  };
}
