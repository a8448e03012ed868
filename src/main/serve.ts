// The commands that run until they are stopped: `start`, `api`, `worker`.
import { performance } from 'node:perf_hooks';
import pino from 'pino';
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/settings.ts';
import type { Logger } from '../ports/logger.ts';
import { start, type ServingCommand } from './start.ts';

/** A stop that hangs is ended by force after this. */
const STOP_LIMIT_MS = 9_500;
/** npm passes a Ctrl-C on that we have received already: only a later one is meant as "at once". */
const SAME_CTRL_C_MS = 1_000;

const report = (line: string): void => void process.stdout.write(`${line}\n`);

export async function serve(
  command: ServingCommand,
  config: Config,
  env: Environment,
  provider: string | null = null,
): Promise<void> {
  const startedMs = performance.now();
  for (const warning of config.warnings) report(`Warning: ${warning}`);
  const log = createLog(config.logLevel);
  const life: { stop: (() => Promise<void>) | null; code: number } = { stop: null, code: 0 };
  const ended = stopOnSignal(life);
  const options = {
    config,
    env,
    provider,
    log,
    report,
    onFatal: (error: unknown) => {
      log.error({ event: 'fatal', error: String(error) }, 'this process cannot go on');
      life.code = 1;
      process.kill(process.pid, 'SIGTERM');
    },
  };
  const app = await start(command, options);
  life.stop = () => app.stop();
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  report(`\nsms2pay is ready (${command}, ${seconds} s)`);
  const places: [string, string | null][] = [
    ['Phone and wallet (simulator)', app.simulatorUrl],
    ['Temporal UI', app.temporalUiUrl],
    command === 'worker' ? ['Health', `${app.url}/readyz`] : ['SMS webhook', `${app.url}/webhooks/sms/link`],
    ['Data', config.databaseUrl === null ? config.dataDir : null],
  ];
  for (const [name, place] of places) if (place) report(`  ${name.padEnd(29)} ${place}`);
  report('Stop it with Ctrl-C.');
  await ended;
}

/** Resolves never: the process ends when everything has stopped. */
function stopOnSignal(life: { stop: (() => Promise<void>) | null; code: number }): Promise<never> {
  return new Promise(() => {
    let firstMs: number | null = null;
    const onSignal = (): void => {
      if (firstMs !== null) {
        if (performance.now() - firstMs > SAME_CTRL_C_MS) process.exit(130);
        return;
      }
      firstMs = performance.now();
      if (life.stop === null) process.exit(130);
      report('\nStopping ...');
      setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
      void life.stop().then(() => {
        report('Stopped.');
        process.exit(life.code);
      });
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

/** JSON lines on standard error, so that standard output stays for people. */
function createLog(level: string): Logger {
  const serializers = {
    error: (error: unknown) => (error instanceof Error ? pino.stdSerializers.err(error) : error),
  };
  return pino(
    { level, base: null, serializers, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination(2),
  );
}
