// A run in small: it has started something, is watched over, and waits to be killed.
import { spawn } from 'node:child_process';
import { Watchdog } from './watchdog.ts';

const sleeper = spawn('sleep', ['600'], { stdio: 'ignore', detached: true });
const watchdog = new Watchdog(process.argv[2] ?? '');
watchdog.note([sleeper.pid ?? null]);
process.stdout.write(`${sleeper.pid}\n`);
