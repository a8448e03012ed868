import { createServer } from 'node:net';

/** `wanted` when it is free on loopback and not in `taken`, otherwise a free one. */
export async function choosePort(wanted: number, taken: readonly number[] = []): Promise<number> {
  if (wanted !== 0 && !taken.includes(wanted) && (await tryListen(wanted)) !== null) return wanted;
  const free = await tryListen(0);
  if (free === null) throw new Error('The system gives no free port on 127.0.0.1.');
  return free;
}

function tryListen(port: number): Promise<number | null> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(null));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const got = typeof address === 'object' && address !== null ? address.port : null;
      server.close(() => done(got));
    });
  });
}
