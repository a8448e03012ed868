// One whole session as its customer lives it, with the time of each step.
import { setTimeout as sleep } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import { ask, type Answer, type Question } from './http.ts';
import type { OutsideWorld } from './outside-world.ts';

/** What takes longer is a failure of the run, not an outlier. A gateway repeats a text that was not acknowledged after a while. */
const STEP_LIMIT_MS = 180_000;
/** As pages ask for with Retry-After. */
const RETRY_MS = 1_000;
/** From the read that showed the approval to ENDCHARGE; at least the product's own steps after that read. */
export const USE_MS = 300;

export interface SessionTimes {
  /** CHARGE handed to the gateway, to the text with the link */
  linkMs: number;
  /** approved in the wallet, to the product's read of it */
  approvalMs: number;
  /** ENDCHARGE to the money being captured */
  captureMs: number;
  /** ENDCHARGE to the receipt text */
  receiptMs: number;
}

export interface OpenSession {
  msisdn: string;
  link: string;
  paymentId: string;
  linkMs: number;
  approvalMs: number;
}

/** From CHARGE to a use that runs. */
export async function beginSession(world: OutsideWorld, msisdn: string): Promise<OpenSession> {
  const { news } = world;
  const chargedMs = performance.now();
  const [text] = await Promise.all([
    news.next(`text ${msisdn}`, STEP_LIMIT_MS),
    world.sendText(msisdn, 'CHARGE'),
  ]);
  const linkMs = performance.now() - chargedMs;
  const link = /https?:\/\/\S+\/p\/\S+/.exec(text)?.[0];
  if (link === undefined) throw new Error('CHARGE was not answered with a link');
  await pageText(link);
  const wallet = await openPayment(link);
  const paymentId = wallet.split('/').at(-1) ?? '';
  const approvedMs = performance.now();
  await Promise.all([news.next(`read ${paymentId}`, STEP_LIMIT_MS), world.approve(paymentId)]);
  const approvalMs = performance.now() - approvedMs;
  // The browser comes back from the wallet.
  await pageText(`${link}/done`);
  return { msisdn, link, paymentId, linkMs, approvalMs };
}

/** From ENDCHARGE to the receipt text. */
export async function endSession(
  world: OutsideWorld,
  { msisdn, paymentId }: Pick<OpenSession, 'msisdn' | 'paymentId'>,
  limitMs = STEP_LIMIT_MS,
): Promise<Pick<SessionTimes, 'captureMs' | 'receiptMs'>> {
  const { news } = world;
  const endedMs = performance.now();
  const after = async (name: string): Promise<number> => {
    await news.next(name, limitMs);
    return performance.now() - endedMs;
  };
  const [captureMs, receiptMs] = await Promise.all([
    after(`captured ${paymentId}`),
    after(`text ${msisdn}`),
    world.sendText(msisdn, 'ENDCHARGE'),
  ]);
  return { captureMs, receiptMs };
}

export async function wholeSession(world: OutsideWorld, msisdn: string): Promise<SessionTimes> {
  const open = await beginSession(world, msisdn);
  await sleep(USE_MS);
  const ended = await endSession(world, open);
  return { linkMs: open.linkMs, approvalMs: open.approvalMs, ...ended };
}

export async function pageText(url: string): Promise<string> {
  const { status, location, body } = await served(url);
  // As a browser does.
  if (status === 303 && location !== null) return await pageText(new URL(location, url).href);
  if (status !== 200) throw new Error(`a page was answered with ${status}`);
  return body;
}

/** Submits the form; the wallet's address. */
async function openPayment(link: string): Promise<string> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const { status, location } = await served(link, { method: 'POST', headers, body: '' });
  if (status !== 303 && status !== 302) throw new Error(`opening the payment was answered with ${status}`);
  return new URL(location ?? '', link).href;
}

/** A page that is asked for too much answers so within its time, and the customer tries again. */
async function served(url: string, question: Question = {}): Promise<Answer> {
  for (const deadline = performance.now() + STEP_LIMIT_MS; ; await sleep(RETRY_MS)) {
    const answer = await ask(url, question);
    if (answer.status !== 503 || performance.now() > deadline) return answer;
  }
}
