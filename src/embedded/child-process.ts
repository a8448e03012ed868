// How the embedded parts start other programs.
// Must not: hand them the application's secrets; children get the few variables they need and no more.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PASSED_ON = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'TMPDIR',
  'LANG',
  'LC_ALL',
  'VIRTUAL_ENV',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'NODE_EXTRA_CA_CERTS',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
]);
const PASSED_ON_PREFIXES = ['PIP_', 'PYENV_', 'XDG_', 'LC_'];

/** The part of `env` that a download tool or a server needs: paths, locale, proxies, pip's settings. */
export function childEnvironment(env: Environment): Record<string, string> {
  const passed = Object.entries(env).filter((entry): entry is [string, string] => {
    const name = entry[0].toUpperCase();
    const known = PASSED_ON.has(name) || PASSED_ON_PREFIXES.some((prefix) => name.startsWith(prefix));
    return entry[1] !== undefined && known;
  });
  return Object.fromEntries(passed);
}

/**
 * Arguments for `process.execPath` that run the sibling `baseName` of `moduleUrl`: the TypeScript source through tsx in
 * development, the compiled file in a release.
 */
export function scriptArguments(moduleUrl: string, baseName: string): string[] {
  const extension = extname(fileURLToPath(moduleUrl));
  const script = fileURLToPath(new URL(`./${baseName}${extension}`, moduleUrl));
  if (extension !== '.ts') return [script];
  const tsx = pathToFileURL(createRequire(moduleUrl).resolve('tsx')).href;
  return ['--import', tsx, script];
}

type CommandResult =
  | { ok: true; stdout: string }
  /** `reason` is one short line: last line of the program's own complaint, or why it did not run */
  | { ok: false; reason: string };

interface CommandOptions {
  env: Record<string, string>;
  timeoutMs: number;
  cwd?: string;
}

const OUTPUT_LIMIT = 64 * 1024;

/** Runs a program to its end; a program that takes longer than `timeoutMs` is killed. */
export function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return new Promise((done) => {
    const child = spawn(file, args, {
      env: options.env,
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
      // A grandchild may still hold the pipes open; we do not wait for it.
      child.stdout.destroy();
      child.stderr.destroy();
    }, options.timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout = tail(stdout + text)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = tail(stderr + text)));
    child.on('error', (error) => {
      clearTimeout(timer);
      done({ ok: false, reason: oneLine(error.message) });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return done({ ok: true, stdout });
      const complaint = lastLine(stderr) || lastLine(stdout);
      const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
      const ended = timedOut ? `no end after ${options.timeoutMs / 1000} s` : end;
      done({ ok: false, reason: complaint === '' ? ended : `${ended}: ${complaint}` });
    });
  });
}

function tail(text: string): string {
  return text.length > OUTPUT_LIMIT ? text.slice(-OUTPUT_LIMIT) : text;
}

function lastLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return oneLine(lines.findLast((line) => line !== '') ?? '');
}

/** One line without addresses or host names: whose mirror a machine uses is nobody's business in a log. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[a-z]+:\/\/[^\s'")]+/gi, '<address>')
    .replaceAll(/host='[^']*'/gi, "host='<host>'")
    .replaceAll(
      /\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|download|cloud|internal|local|corp|lan)\b/gi,
      '<host>',
    )
    .trim()
    .slice(0, 300);
}

/** Takes one line for the person who watches the start: what is being done, or how far it is. */
export type Report = (line: string) => void;

/** Environment variables of a process, as configuration hands them on. */
export type Environment = Readonly<Record<string, string | undefined>>;
