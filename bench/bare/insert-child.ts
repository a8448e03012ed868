// One INSERT behind the product's own HTTP server and pool: the least that a webhook which stores first can take.
// Run: node --import tsx insert-child.ts <address of the database> <port>
import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { openPostgresPool } from '../../src/adapters/store/database.ts';
import { listen } from '../../src/main/http-server.ts';

const [databaseUrl = '', port = ''] = process.argv.slice(2);
const pool = openPostgresPool(databaseUrl);
await pool.query('create table if not exists bench_text (id uuid primary key, body text not null)');
const app = new Hono().post('/', async (c) => {
  const body = await c.req.text();
  await pool.query('insert into bench_text (id, body) values ($1, $2)', [randomUUID(), body]);
  return c.text('OK');
});
const server = await listen({ host: '127.0.0.1', port: Number(port), portGiven: true }, (request) =>
  app.fetch(request),
);
process.stdout.write('the bare insert is ready\n');
process.once('SIGTERM', () => {
  void Promise.all([server.close(), pool.end()]).then(() => process.exit(0));
});
