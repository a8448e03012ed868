// The life of the Temporal dev server, in a small process of its own. It holds the lock on DATA_DIR and a pipe from
// the application; when the pipe closes, for whatever reason, it stops the server and ends.
// Must not: import the Temporal SDK (it has to start at once and stay small).
import { spawn } from 'node:child_process';
import { openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment } from './child-process.ts';
import { type HeldLock, acquireLock } from './data-dir-lock.ts';
import {
  type Ports,
  choosePort,
  databaseFile,
  endServersOn,
  readMessages,
  serverArguments,
  type SupervisorEvent,
  type SupervisorOrder,
} from './dev-server.ts';

interface Application {
  order: SupervisorOrder;
  /** settles when the application has closed its end of the pipe, or died */
  ended: Promise<void>;
  /** true once the application has reached the server */
  isReady(): boolean;
}

type RunningServer = ReturnType<typeof launch>;

const STOP_GRACE_MS = 10_000;
const MAX_RESTARTS = 5;
// After this long without an accident the count of restarts begins again.
const CALM_MS = 300_000;
// A later CLI that words its banner differently is believed to be up after this long.
const SILENT_START_MS = 3_000;

// Log and database of the server are for the user who started us, and nobody else on this machine.
process.umask(0o077);

// Ctrl-C reaches whole process groups and service managers signal every process: the application finishes its work first,
// and then closes the pipe.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {});
// Without a reader the events are of no use; the end of stdin means that the application has ended.
process.stdout.on('error', () => {});

await main();

async function main(): Promise<void> {
  const application = await readApplication();
  if (application === null) return;
  let locked = false;
  // A dead process holds no lock: until there is one, leaving is as simple as this.
  void application.ended.then(() => (locked ? undefined : process.exit(0)));
  try {
    const lock = await lockDataDir(application.order);
    locked = true;
    try {
      await supervise(application, lock);
    } finally {
      await lock.release();
    }
  } catch (error) {
    send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  }
  process.stdin.destroy();
}

function send(event: SupervisorEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** The order is the first line; null when the application went away before it was complete. */
function readApplication(): Promise<Application | null> {
  return new Promise((done) => {
    let order: SupervisorOrder | null = null;
    let ready = false;
    let leave: () => void = () => {};
    const ended = new Promise<void>((settle) => (leave = settle));
    readMessages(process.stdin, (message) => {
      if (order !== null) {
        ready = true;
        return;
      }
      order = message as SupervisorOrder;
      done({ order, ended, isReady: () => ready });
    });
    for (const event of ['end', 'close', 'error'] as const)
      process.stdin.on(event, () => {
        leave();
        done(null);
      });
  });
}

function lockDataDir(order: SupervisorOrder): Promise<HeldLock> {
  return acquireLock({
    directory: order.dataDir,
    name: 'temporal',
    what: 'sms2pay',
    pid: order.appPid,
    advice: 'stop it, or set another DATA_DIR or TEMPORAL_ADDRESS',
    // An application killed a moment ago: its supervisor is about to notice.
    graceMs: 3_000,
    report: (line) => send({ type: 'report', line }),
  });
}

async function supervise(application: Application, lock: HeldLock): Promise<void> {
  const { order } = application;
  if (order.keepsData) {
    const stopped = await endServersOn(databaseFile(order), STOP_GRACE_MS);
    if (stopped > 0)
      send({ type: 'report', line: 'Stopped a Temporal server that an earlier run had left behind.' });
  }
  const logFile = join(order.directory, 'server.log');
  const log = openSync(logFile, 'w');
  let ports = await choosePorts(order);
  let accidents = 0;
  for (;;) {
    const startedAt = Date.now();
    const server = launch(order, ports, log);
    const end = await watch(application, server, ports);
    if (end === 'applicationEnded') {
      lock.markStopping();
      await stop(server);
      return;
    }
    if (Date.now() - startedAt > CALM_MS) accidents = 0;
    accidents += 1;
    const reason = `The Temporal server ended (${end}): ${lastLineOf(logFile)}`;
    const wasUp = application.isReady() || order.fixedPorts;
    // A port lost between our check and the server's start is worth other ports; anything else is likely to happen again.
    const mayRecover = wasUp || reason.includes('address already in use');
    const willRestart = accidents <= (mayRecover ? MAX_RESTARTS : 1);
    send({ type: 'exited', reason, willRestart });
    if (!willRestart) throw new Error(`${reason} (log: ${logFile})`);
    // Once the application has reached the server, its clients know the ports.
    if (!wasUp) ports = await choosePorts(order);
    await Promise.race([sleep(Math.min(100 * 2 ** accidents, 2_000)), application.ended]);
  }
}

async function choosePorts(order: SupervisorOrder): Promise<Ports> {
  if (order.fixedPorts) return { port: order.port, uiPort: order.uiPort };
  const port = await choosePort(order.port);
  return { port, uiPort: await choosePort(order.uiPort, [port]) };
}

/** `listening` settles once the server reports its ports, `ended` with a reason such as "exit code 1". */
function launch(order: SupervisorOrder, ports: Ports, log: number) {
  const child = spawn(order.cliPath, serverArguments(order, ports), {
    env: childEnvironment(order.env),
    cwd: order.directory,
    stdio: ['ignore', 'pipe', log],
  });
  const listening = new Promise<void>((done) => {
    const silent = setTimeout(done, SILENT_START_MS);
    // The banner comes after the ports are bound. Without waiting for it, a foreign server on our port could pass
    // for ours.
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      writeSync(log, text);
      output = (output + text).slice(-4_096);
      if (!output.includes(`:${ports.port}`)) return;
      clearTimeout(silent);
      done();
    });
  });
  const ended = new Promise<string>((done) => {
    child.on('error', (error) => done(error.message));
    child.on('exit', (code, name) => done(name === null ? `exit code ${code}` : `signal ${name}`));
  });
  return { child, listening, ended };
}

async function watch(application: Application, server: RunningServer, ports: Ports): Promise<string> {
  const ended = Promise.race([server.ended, application.ended.then(() => 'applicationEnded')]);
  const first = await Promise.race([ended, server.listening.then(() => null)]);
  if (first !== null) return first;
  const serverPid = server.child.pid;
  if (serverPid !== undefined) send({ type: 'started', serverPid, ...ports });
  return ended;
}

async function stop(server: RunningServer): Promise<void> {
  server.child.kill('SIGTERM');
  const forced = setTimeout(() => server.child.kill('SIGKILL'), STOP_GRACE_MS);
  await server.ended;
  clearTimeout(forced);
}

function lastLineOf(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return (lines.at(-1) ?? '').slice(0, 300);
}
