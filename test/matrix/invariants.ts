// Owns: the audit after every cell, whatever the fault (design: the promise), and what the auditor cannot know of a cell: the
// log of the stand-in at Vipps, and what else the workflow says.
import { sql } from 'kysely';
import { audit } from '../audit/audit.ts';
import { collectEvidence } from '../audit/collect.ts';
import type { Evidence, Finding, SimulatedText, Terms } from '../audit/evidence.ts';
import { evidenceAbout } from '../audit/narrow.ts';
import { REFERENCE_TERMS } from '../audit/reference-terms.ts';
import { eventually } from '../support/eventually.ts';
import type { Story } from './story.ts';

const HOUR_MS = 3_600_000;
const SETTLE_LIMIT_MS = 5_000;

/** Of the reference partner, and of its neighbour on the same number (system.ts). */
const TERMS: Terms = {
  ...REFERENCE_TERMS,
  startWords: ['CHARGE', 'WASH'],
  endWords: { reference: 'ENDCHARGE', wash: 'ENDWASH' },
  generalEndWords: [...REFERENCE_TERMS.generalEndWords, 'CANCEL'],
  sessionLimitMs: { ...REFERENCE_TERMS.sessionLimitMs, wash: 24 * HOUR_MS },
  // Time moves in steps, and the clock jumps.
  firstReadMs: HOUR_MS,
  refusals: true,
  losesTexts: true,
};

/** Every finding of the auditor, and every other broken invariant; none is as it must be. */
export async function brokenInvariants(story: Story): Promise<string[]> {
  return [
    ...(await settledFindings(story)).map(({ category, subject, what }) => `${category}: ${subject} ${what}`),
    ...(await doubleCaptures(story)),
  ];
}

/** A reply's workflow ends a moment after its text has arrived: what is stuck is read again, for a while. */
async function settledFindings(story: Story): Promise<Finding[]> {
  let findings: Finding[] = [];
  const settle = async (): Promise<true | null> => {
    ({ findings } = audit(await evidenceOf(story)));
    return findings.some(({ category }) => category === 'stuck') ? null : true;
  };
  await eventually('nothing to be stuck', settle, SETTLE_LIMIT_MS).catch(() => null);
  return findings;
}

async function evidenceOf({ system, customer, unstamped }: Story): Promise<Evidence> {
  const evidence = await collectEvidence(
    {
      simulatorUrl: `${system.client.url}/sim`,
      workflows: system.env.client.workflow,
      ownsServer: false,
      logs: [{ name: 'the log', chunks: system.logged.map((line) => `${line}\n`) }],
      // Without the country code: no form of the number may appear.
      phones: [customer.msisdn.slice('+47'.length)],
      terms: TERMS,
      pageViews: 0,
    },
    async (text) => (await sql.raw<Record<string, unknown>>(text).execute(system.stores.db)).rows,
  );
  return evidenceAbout({ ...evidence, texts: [...evidence.texts, ...unstamped] }, customer.msisdn);
}

/** A text that the test itself has handed to the webhook, without a stamp: an impossible one says that its receipt counts. */
export function handedOver(text: Pick<SimulatedText, 'messageId' | 'from' | 'text'>): SimulatedText {
  const at = new Date(0).toISOString();
  return { ...text, id: text.messageId, direction: 'in', to: '27222', at, state: 'delivered' };
}

/** The event log of Vipps says it too; Paycore has none. */
async function doubleCaptures(story: Story): Promise<string[]> {
  if (story.cell.provider === 'paycore') return [];
  const captures = await Promise.all(
    (await story.payments()).map(async ({ reference }) => {
      const events = await story.system.vippsEvents(reference);
      return events.filter(({ kind, success }) => kind === 'captured' && success).length;
    }),
  );
  const count = captures.reduce((sum, one) => sum + one, 0);
  return count <= 1 ? [] : [`doubled: the log of the payments has ${count} successful captures`];
}

export function receiptTexts(texts: readonly string[]): number {
  return texts.filter((text) => text.includes('/r/')).length;
}
