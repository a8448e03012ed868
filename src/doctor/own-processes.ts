// Who answers at PUBLIC_URL, and at the address of the process that DATA_DIR names. The note of one that was killed stays behind.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { type Trouble, troubleOfError } from '../main/trouble.ts';
import { type Check, failed, type Finding } from './finding.ts';
import { findRunning, type RunningNote } from '../main/running-file.ts';

const CALL_MS = 10_000;

type Answerer =
  /** a process with our keys */
  | { kind: 'ours' }
  /** a process of sms2pay that has other keys, or whose keys we do not know */
  | { kind: 'anotherSms2pay' }
  /** something else, for example a proxy with a page of its own */
  | { kind: 'stranger'; status: number }
  | { kind: 'nobody'; trouble: Trouble };

const healthSchema = z.object({ service: z.literal('sms2pay'), proofs: z.array(z.string()).default([]) });

/**
 * Asks `/healthz` there a question only our keys can answer. `proofs`: how we would answer it; none when our keys are
 * not known. Redirects are not followed: vendors do not follow them either.
 */
async function whoAnswers(url: string, proofs: (challenge: string) => string[]): Promise<Answerer> {
  const challenge = randomBytes(16).toString('hex');
  try {
    const response = await fetch(`${url}/healthz?challenge=${challenge}`, {
      redirect: 'manual',
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(CALL_MS),
    });
    const health = healthSchema.safeParse(parsed(await response.text()));
    if (response.status !== 200 || !health.success) return { kind: 'stranger', status: response.status };
    const expected = proofs(challenge);
    return { kind: health.data.proofs.some((proof) => expected.includes(proof)) ? 'ours' : 'anotherSms2pay' };
  } catch (error) {
    return { kind: 'nobody', trouble: troubleOfError(error) };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Vendors and customers reach us at PUBLIC_URL, and no other server. */
export function publicAddressCheck(publicUrl: string, proofs: (challenge: string) => string[]): Check {
  const run = async (): Promise<Finding> => {
    const answerer = await whoAnswers(publicUrl, proofs);
    switch (answerer.kind) {
      case 'ours':
        return { state: 'ok', what: `${publicUrl} leads to a process with our keys` };
      case 'anotherSms2pay':
        return failed(
          `${publicUrl} leads to an sms2pay with other keys than this command has`,
          'give both the same PERSONAL_DATA_KEYS, or point PUBLIC_URL and the proxy to this installation',
        );
      case 'stranger':
        return failed(
          `${publicUrl}/healthz is answered by something else than sms2pay (HTTP ${answerer.status})`,
          'PUBLIC_URL must lead to sms2pay without a redirect: check the proxy, also for /healthz, and that an api runs',
        );
      case 'nobody':
        return failed(`${publicUrl}: ${answerer.trouble.what}`, answerer.trouble.advice);
    }
  };
  return { name: 'public address', run };
}

export interface RunningProcess {
  /** null: there is none that answers */
  note: RunningNote | null;
  finding: Finding;
}

export async function findRunningProcess(
  dataDir: string,
  proofs: (challenge: string) => string[],
): Promise<RunningProcess> {
  const file = join(dataDir, 'running.json');
  let note: RunningNote | null;
  try {
    note = await findRunning(dataDir);
  } catch {
    return { note: null, finding: failed(`${file} cannot be read`, 'remove it, and start sms2pay again') };
  }
  if (note === null) {
    const what = `none with this DATA_DIR (${dataDir}): start it with npm start, then run this again`;
    return { note: null, finding: { state: 'skipped', what } };
  }
  const { url } = note;
  const answerer = await whoAnswers(url, proofs);
  if (answerer.kind === 'ours') return { note, finding: { state: 'ok', what: `answers at ${url}` } };
  const what = `none: ${file} was left by a process that was killed; at ${url} ${whatAnswers(answerer)}`;
  const advice = 'start sms2pay again with this DATA_DIR: it goes on where it was';
  return { note: null, finding: { state: 'warning', what, advice } };
}

function whatAnswers(answerer: Exclude<Answerer, { kind: 'ours' }>): string {
  if (answerer.kind === 'nobody') return answerer.trouble.what;
  if (answerer.kind === 'anotherSms2pay') return 'another sms2pay answers';
  return `another program answers (HTTP ${answerer.status})`;
}

const readySchema = z.object({ parts: z.record(z.string(), z.string()) });

/** The embedded parts belong to the running process alone: one request to it serves all checks. */
export function embeddedChecks(url: string, parts: Readonly<Record<string, string>>): Check[] {
  let answer: Promise<unknown> | null = null;
  return Object.entries(parts).map(([part, name]) => ({
    name,
    run: async () => {
      const ready = readySchema.parse(await (answer ??= readJson(`${url}/readyz`))).parts;
      if (ready[part] === 'ok') return { state: 'ok', what: 'the running process reports it ready' };
      return failed(
        'the running process does without it',
        'read its log; if it does not recover, start it again',
      );
    },
  }));
}

const keptSchema = z.object({ items: z.array(z.object({ webhookId: z.string() })) });

/** Ids of the registrations at a provider for which the running process keeps the secret. */
export async function keptByRunning({ url, adminToken }: RunningNote, provider: string): Promise<string[]> {
  const answer = await readJson(`${url}/api/v1/provider-webhooks/${provider}`, `Bearer ${adminToken}`);
  return keptSchema.parse(answer).items.map(({ webhookId }) => webhookId);
}

/** The JSON it answers with, also with a refusal: what it must hold is the caller's to check. */
async function readJson(address: string, authorization: string | null = null): Promise<unknown> {
  try {
    const response = await fetch(address, {
      headers: authorization === null ? {} : { authorization },
      redirect: 'manual',
      signal: AbortSignal.timeout(CALL_MS),
    });
    return await response.json();
  } catch (error) {
    throw new Error(`the running process: ${troubleOfError(error).what}`, { cause: error });
  }
}
