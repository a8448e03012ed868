// An application that does nothing but have a Temporal server: says where it is, tells what happens to it, stops on order.
import { createInterface } from 'node:readline';
import { startEmbeddedTemporal } from '../../src/embedded/temporal-server.ts';

const { dataDir, cliPath } = JSON.parse(process.argv[2] ?? '') as { dataDir: string; cliPath: string };
// As the real one: Ctrl-C is for it to decide.
process.on('SIGINT', () => console.log('SIGINT'));
try {
  const server = await startEmbeddedTemporal({
    dataDir,
    cliPath,
    port: 0,
    uiPort: 0,
    namespace: 'default',
    timeSkipping: false,
    searchAttributes: [],
    env: process.env,
    report: (line) => console.log(line),
  });
  server.onExit((exit) => console.log(JSON.stringify(exit)));
  console.log(`at ${server.address}`);
  for await (const order of createInterface({ input: process.stdin })) if (order === 'stop') break;
  await server.stop();
  console.log('stopped');
  process.exit();
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
