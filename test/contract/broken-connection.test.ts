// A PostgreSQL that ends in the moment in which it takes us in: its farewell comes in the packet that ends the connecting, before
// anybody can hold the connection. Found by a crash test: the api ended with it.
import { createServer, type Server, type Socket } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase, openPostgresPool } from '../../src/adapters/store/database.ts';
import { StoreUnavailable } from '../../src/ports/stores.ts';

/** PostgreSQL's protocol 3: a letter, the length with itself, the content. */
function message(type: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length + 4);
  return Buffer.concat([Buffer.from(type), length, content]);
}

const AUTHENTICATION_OK = message('R', Buffer.alloc(4));
const READY_FOR_QUERY = message('Z', Buffer.from('I'));
const FAREWELL = message(
  'E',
  Buffer.from('SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0'),
);

let server: Server;
let port: number;
beforeAll(async () => {
  server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(Buffer.concat([AUTHENTICATION_OK, READY_FOR_QUERY, FAREWELL])));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => new Promise((closed) => server.close(closed)));

it('fails the query that wanted the connection, and nothing else: unheard, it would end the process', async () => {
  const unheard: unknown[] = [];
  const note = (error: unknown): void => void unheard.push(error);
  process.on('uncaughtException', note);
  const database = openDatabase(openPostgresPool(`postgres://user@127.0.0.1:${port}/any`));
  try {
    for (let time = 1; time <= 3; time += 1)
      await expect(sql`select 1`.execute(database)).rejects.toBeInstanceOf(StoreUnavailable);
    expect(unheard).toEqual([]);
  } finally {
    process.off('uncaughtException', note);
    await database.destroy();
  }
});
