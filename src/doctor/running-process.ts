// Owns: whether the process that DATA_DIR tells of really runs. The note of one that was killed stays behind.
import { join } from 'node:path';
import { z } from 'zod';
import { findRunning, type RunningNote } from '../main/running-file.ts';
import type { Check, Finding } from './finding.ts';
import { troubleOfError } from './trouble.ts';
import { whoAnswers } from './who-answers.ts';

const CALL_MS = 10_000;

export interface RunningProcess {
  /** null: there is none that can be asked */
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
    const what = `${file} cannot be read`;
    return { note: null, finding: { state: 'failed', what, advice: 'remove it, and start sms2pay anew' } };
  }
  if (note === null) {
    const what = `none with this DATA_DIR (${dataDir}): start it with npm start, then ask again`;
    return { note: null, finding: { state: 'skipped', what } };
  }
  const { url } = note;
  const answerer = await whoAnswers(url, proofs);
  switch (answerer.kind) {
    case 'ours':
      return { note, finding: { state: 'ok', what: `answers at ${url}` } };
    case 'anotherSms2pay':
      return { note: null, finding: leftOver(file, url, 'another sms2pay answers') };
    case 'stranger':
      return {
        note: null,
        finding: leftOver(file, url, `another program answers (HTTP ${answerer.status})`),
      };
    case 'nobody':
      return { note: null, finding: leftOver(file, url, answerer.trouble.what) };
  }
}

function leftOver(file: string, url: string, what: string): Finding {
  return {
    state: 'warning',
    what: `none: ${file} was left by a process that was killed; at ${url} ${what}`,
    advice: 'start sms2pay again with this DATA_DIR: it goes on where it was',
  };
}

const readySchema = z.object({ parts: z.record(z.string(), z.string()) });

/** The embedded parts belong to the running process alone: it is asked, once for all of them. */
export function embeddedChecks(url: string, parts: Readonly<Record<string, string>>): Check[] {
  let asked: Promise<Record<string, string>> | null = null;
  return Object.entries(parts).map(([part, name]) => ({
    name,
    look: async () => {
      const ready = await (asked ??= readyParts(url));
      if (ready[part] === 'ok') return { state: 'ok', what: 'the running process says it is there' };
      return {
        state: 'failed',
        what: 'the running process does without it',
        advice: 'look at its log; if it does not recover, start it again',
      };
    },
  }));
}

async function readyParts(url: string): Promise<Record<string, string>> {
  return readySchema.parse(await ask(`${url}/readyz`)).parts;
}

const keptSchema = z.object({ items: z.array(z.object({ webhookId: z.string() })) });

/** Ids of the registrations at a provider for which the running process keeps the secret. */
export async function keptByRunning({ url, adminToken }: RunningNote, provider: string): Promise<string[]> {
  const answer = await ask(`${url}/api/v1/provider-webhooks/${provider}`, `Bearer ${adminToken}`);
  return keptSchema.parse(answer).items.map(({ webhookId }) => webhookId);
}

/** The JSON it answers with, also with a refusal: what it must hold is the caller's to check. */
async function ask(address: string, authorization: string | null = null): Promise<unknown> {
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
