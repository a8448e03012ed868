// Owns: finding out who answers at an address that should be ours.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { troubleOfError, type Trouble } from './trouble.ts';

const CALL_MS = 10_000;

export type Answerer =
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
export async function whoAnswers(url: string, proofs: (challenge: string) => string[]): Promise<Answerer> {
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
