// Opens the embedded database and writes pairs of rows, each pair in one transaction, saying each number once committed.
import { openPglite } from '../../src/embedded/pglite.ts';

const { dataDir } = JSON.parse(process.argv[2] ?? '') as { dataDir: string };
try {
  const database = await openPglite({ dataDir, report: (line) => console.log(line) });
  console.log('open');
  const pool = database.createPool();
  await pool.query('create table pair (number integer, half integer, primary key (number, half))');
  for (let number = 0; ; number += 1) {
    const client = await pool.connect();
    await client.query('begin');
    await client.query('insert into pair values ($1, 1)', [number]);
    await client.query('insert into pair values ($1, 2)', [number]);
    await client.query('commit');
    client.release();
    console.log(String(number));
    // PGlite works without ever letting go: without this the process would not answer who it is.
    await new Promise((done) => setImmediate(done));
  }
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
