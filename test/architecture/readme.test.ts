// A newcomer types what the README shows, character by character: so its commands are run here by a shell, with `curl`
// and `npm` recorded, and what they ask for is asked of the simulator, the API and the command line themselves.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { noteRunning } from '../../src/main/running-file.ts';
import { simCommand } from '../../src/cli/sim-command.ts';
import { apiFixture, LINK_AUTH } from '../api/api-fixture.ts';
import { aBench, aPayment, anAuthorizedPayment, json, type Bench } from '../simulator/harness.ts';
import { readProjectFile } from './project-files.ts';

const README = readProjectFile('README.md');
const DEFAULT_ORIGIN = `http://127.0.0.1:${SETTINGS.PORT.fallback}`;

/** The shell blocks of the README that speak of `about`. */
function shellBlocks(about: string): string {
  const blocks = [...README.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block ?? '');
  const chosen = blocks.filter((block) => block.includes(about));
  expect(chosen).not.toEqual([]);
  return chosen.join('\n');
}

/** Runs `script` in a shell. Returns the words of every `curl` and `npm` in it; `answer` is what each curl prints. */
function typed(script: string, answer = ''): string[][] {
  const recorder = String.raw`
    record() { printf '%s\0' "$@" >&3; printf '\036' >&3; }
    curl() { record curl "$@"; printf '%s\n' "$ANSWER"; }
    npm() { record npm "$@"; }
    sleep() { :; }
  `;
  const shell = spawnSync('sh', ['-eu'], {
    input: recorder + script,
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ANSWER: answer },
  });
  expect([shell.status, shell.stderr.toString()]).toEqual([0, '']);
  const calls = String(shell.output[3]).split('\u001e').slice(0, -1);
  return calls.map((call) => call.split('\0').slice(0, -1));
}

interface CurlRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string | null;
}

/** What curl would send. Throws at an option the README need not use. */
function curlRequest([, ...words]: readonly string[]): CurlRequest {
  const headers: Record<string, string> = {};
  let method: string | null = null;
  let body: string | null = null;
  let url: string | null = null;
  for (let next = words.shift(); next !== undefined; next = words.shift()) {
    const value = ['-X', '-H', '-d', '-u'].includes(next) ? words.shift() : undefined;
    if (next === '-X') method = value ?? null;
    else if (next === '-d') body = value ?? null;
    else if (next === '-u') headers['authorization'] = `Basic ${btoa(value ?? '')}`;
    else if (next === '-H') headers[(value ?? '').split(':')[0] ?? ''] = (value ?? '').replace(/^.*?: /, '');
    else if (!next.startsWith('-')) url = next;
    else if (!['-s', '-i'].includes(next)) throw new Error(`curl ${next} is not understood here`);
  }
  return { method: method ?? (body === null ? 'GET' : 'POST'), url: new URL(url ?? ''), headers, body };
}

function ask(bench: Bench, { method, url, headers, body }: CurlRequest): Promise<Response> {
  const path = url.pathname.replace(/^\/sim/, '') + url.search;
  return bench.call(path, { method, headers, ...(body === null ? {} : { body }) });
}

interface Payments {
  items: { id: string; status: string }[];
}

describe('the walk-through of the README', () => {
  test('with curl is taken by the simulator, request by request, and approves the newest payment', async () => {
    const bench = await aBench();
    const earlier = await anAuthorizedPayment(bench);
    const newest = await aPayment(bench, { referenceId: 's2pfedcba9876543210fedcba9876543210' });
    const list = await (await bench.call('/api/payments')).text();
    const before = Date.parse(bench.simulator.clock.now());

    const requests = typed(shellBlocks('/sim/api/'), list).map(curlRequest);
    for (const request of requests) {
      const answer = await ask(bench, request);
      expect([request.url.href, answer.ok, await answer.text()]).toEqual([
        request.url.href,
        true,
        expect.stringMatching(/^\{/) as unknown,
      ]);
    }

    expect(new Set(requests.map(({ url }) => url.origin))).toEqual(new Set([DEFAULT_ORIGIN]));
    const sent = bench.receiver.at('/mo').map(({ body }) => JSON.parse(body) as unknown);
    expect(sent).toMatchObject(
      ['CHARGE', 'ENDCHARGE'].map((text) => ({ source: '+4790000001', content: { userData: text } })),
    );
    const { items } = await json<Payments>(bench.call('/api/payments'));
    expect(items.map(({ id, status }) => [id, status])).toEqual([
      [earlier, 'authorized'],
      [newest, 'authorized'],
    ]);
    expect(requests.at(-1)?.url.pathname).toBe(`/sim/api/payments/${newest}`);
    expect(Date.parse(bench.simulator.clock.now()) - before).toBe(3_600_000);
  });

  test('with the command line is understood, command by command', async () => {
    const bench = await aBench({ served: true });
    await aPayment(bench);
    const lines = await simulate(bench, typed(shellBlocks('npm run sim')));
    expect(lines.join('\n')).toContain('approve: payment');
    const { items } = await json<Payments>(bench.call('/api/payments'));
    expect(items).toMatchObject([{ status: 'authorized' }]);
  });

  test('a command that nobody understands would be noticed', async () => {
    const bench = await aBench();
    const gone = curlRequest(['curl', '-s', `${DEFAULT_ORIGIN}/sim/api/gone`]);
    expect((await ask(bench, gone)).status).toBe(404);
    expect(() => curlRequest(['curl', '--fail', DEFAULT_ORIGIN])).toThrow('--fail');
    const served = await aBench({ served: true });
    await expect(simulate(served, [['npm', 'run', 'sim', '--', 'frobnicate']])).rejects.toThrow('sim send');
  });
});

describe("the gateway's request in the README", () => {
  const example = curlRequest(typed(shellBlocks('/webhooks/sms/'))[0] ?? []);

  test('is a text that our API takes, and that starts a session', async () => {
    const { app, workflows } = apiFixture();
    const { method, url, headers, body } = example;
    const authorization = LINK_AUTH;
    const answer = await app.request(url.pathname, { method, headers: { ...headers, authorization }, body });
    expect([answer.status, await answer.text()]).toEqual([200, 'OK']);
    expect(workflows.sessions.size).toBe(1);
  });

  test('looks like what the command beside it prints', async () => {
    const command = /`(npm run sim -- [^`]*--print-curl)`/.exec(README)?.[1] ?? '';
    const bench = await aBench({ served: true });
    const printed = curlRequest(typed((await simulate(bench, typed(command))).join('\n'))[0] ?? []);
    expect(printed.method).toBe(example.method);
    expect(printed.url.pathname).toBe(example.url.pathname);
    expect(shapeOf(JSON.parse(printed.body ?? ''))).toEqual(shapeOf(JSON.parse(example.body ?? '')));
    expect(atob(printed.headers['authorization']?.slice(6) ?? '')).toMatch(/^link:/);
    expect(atob(example.headers['authorization']?.slice(6) ?? '')).toMatch(/^link:/);
  });
});

/** Runs each `npm run sim -- ...` against the simulator of `bench`, as a process beside a running one does. */
async function simulate(bench: Bench, commands: readonly string[][]): Promise<string[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-readme-'));
  onTestFinished(() => rm(dataDir, { recursive: true }));
  await noteRunning(dataDir, { url: new URL(bench.baseUrl).origin, adminToken: '' });
  const lines: string[] = [];
  for (const [npm, run, sim, dashes, ...args] of commands) {
    expect([npm, run, sim, dashes]).toEqual(['npm', 'run', 'sim', '--']);
    await simCommand(args, parseConfig({ DATA_DIR: dataDir }), (line) => lines.push(line));
  }
  return lines;
}

/** The names in a JSON value, and the kinds of what they hold. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]));
}
