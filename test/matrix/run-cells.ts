// Owns: running the cells of one provider, several at a time, each in a system of its own while it runs.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { openTemporalEnv, type TemporalEnv } from '../support/temporal-env.ts';
import { scaled, shareOf } from '../support/scale.ts';
import { brokenInvariants, receiptTexts } from './invariants.ts';
import { PUSHED } from './outcomes.ts';
import { Story } from './story.ts';
import { MatrixSystem } from './system.ts';
import type { End } from './ends.ts';
import { CELLS, HELD_MS, type Provider, type RunnableCell } from './table.ts';

/** vitest runs five tests of a file at a time. */
const SYSTEMS = scaled({ sample: 3, full: 5 });
const CELL_LIMIT_MS = scaled({ sample: 120_000, full: 600_000 });

/** In `npm test`: every kind of fault, every operation of each provider, and every end (table.test.ts proves it). */
export const SAMPLE: Record<Provider, readonly string[]> = {
  paycore: [
    'reserve timeoutAfterActing',
    'reserve clockJump',
    'read drop',
    'capture dropAfterActing',
    'capture releaseEarly',
    'abandon approvedLate',
    'send fail',
    'callback badSignature',
    'callback double',
    'mo reorder',
    'mo endBeforeStart',
    'mo foreignWord',
    'mo stampMissing',
  ],
  vipps: [
    'reserve failRepeatedly',
    'reserve clockJump',
    'read delay',
    'capture timeoutAfterActing',
    'capture expiredToken',
    'capture refuse',
    'capture refuseForNow',
    'capture refuseUnclear',
    'capture viewed',
    'release refuse',
    'release lock',
    'abandon conflict',
    'refund failAfterActing',
    'refund refuse',
    'callback unsuccessful',
    'callback clockJump',
    'send rateLimit',
    'mo stampAhead',
    'mo stampImpossible',
    'mo generalWord',
    'mo ownedWord',
  ],
};

export function cellsToRun(provider: Provider): RunnableCell[] {
  const runnable = CELLS.filter(
    (cell): cell is RunnableCell => cell.provider === provider && 'scenario' in cell,
  );
  const isSampled = ({ operation, kind }: RunnableCell): boolean =>
    SAMPLE[provider].includes(`${operation} ${kind}`);
  return scaled({
    sample: runnable.filter(isSampled),
    rest: shareOf(runnable.filter((cell) => !isSampled(cell))),
    full: runnable,
  });
}

export function matrixOf(provider: Provider): void {
  describe(`faults with ${provider}`, () => {
    const free: MatrixSystem[] = [];
    const waiting: ((system: MatrixSystem) => void)[] = [];
    let env: TemporalEnv;
    let systems: MatrixSystem[] = [];
    beforeAll(async () => {
      env = await openTemporalEnv();
      systems = await Promise.all(Array.from({ length: SYSTEMS }, () => MatrixSystem.open(env, provider)));
      free.push(...systems);
    });
    afterAll(async () => {
      await Promise.all(systems.map((system) => system.close()));
      await env.close();
    });

    const take = async (): Promise<MatrixSystem> =>
      free.pop() ?? (await new Promise((resolve) => waiting.push(resolve)));
    const giveBack = (system: MatrixSystem): void => {
      const next = waiting.shift();
      if (next === undefined) free.push(system);
      else next(system);
    };

    it.concurrent.each(cellsToRun(provider).map((cell) => [cell.operation, cell.kind, cell] as const))(
      '%s %s',
      async (_operation, _kind, cell) => {
        const system = await take();
        try {
          expect(await runCell(cell, system)).toEqual([]);
        } finally {
          giveBack(system);
        }
      },
      CELL_LIMIT_MS,
    );
  });
}

/** What is wrong with the cell's end. */
async function runCell(cell: RunnableCell, system: MatrixSystem): Promise<string[]> {
  const { provider, operation, kind, scenario } = cell;
  const story = new Story(cell, system);
  await story.run();
  await heldText(story, scenario.end);
  const problems = [...(await brokenInvariants(story)), ...(await otherwise(story, scenario.end))];
  const { fired, unfired } = story;
  const least = kind === 'failRepeatedly' ? 2 : 1;
  if (unfired > 0 || fired < least * scenario.at.length)
    problems.unshift(`the fault fired ${fired} times, not at every moment it was set`);
  const captured = (await story.payments()).reduce((sum, { capturedMinor }) => sum + capturedMinor, 0);
  const verdict = problems.length === 0 ? 'ok' : 'FAILED';
  console.log(`matrix ${provider} ${operation} ${kind}: fired ${fired}, captured ${captured}, ${verdict}`);
  return problems;
}

/** A stand-in may act after the session is over; a text that does not come at all is for the checks to say. */
async function heldText({ customer }: Story, end: End): Promise<void> {
  if (end.receiptTexts === 0) return;
  const hasCome = async (): Promise<true | null> => (receiptTexts(await customer.inbox()) > 0 ? true : null);
  await eventually('a text that is held back', hasCome, 2 * HELD_MS).catch(() => null);
}

/** Where the end is another one than the table says. */
async function otherwise(story: Story, end: End): Promise<string[]> {
  const payments = await story.payments();
  const texts = await story.customer.inbox();
  const heldMinor = payments.reduce(
    (sum, payment) => sum + payment.authorizedMinor - payment.capturedMinor - payment.releasedMinor,
    0,
  );
  const shown = {
    heldMinor,
    approvedMinor: payments.reduce((sum, { authorizedMinor }) => sum + authorizedMinor, 0),
    receiptTexts: receiptTexts(texts),
    refundedMinor: payments[0]?.refundedMinor ?? 0,
  };
  const expected = {
    heldMinor: end.heldMinor,
    approvedMinor: end.reservedMinor,
    receiptTexts: end.receiptTexts,
    refundedMinor: end.refundedMinor,
  };
  const notified = end.notified === undefined || texts.some((text) => end.notified?.test(text));
  const problems = [
    ...differences(shown, expected),
    ...refusedWrongCredentials(story),
    ...(notified ? [] : [`the customer was not notified ${end.notified}: ${texts.join(' | ')}`]),
  ];
  if (story.sessionId === null) return end.state === null ? problems : [...problems, 'there is no session'];
  if (end.state === null) return [...problems, 'a session was started'];
  const { state, reservedMinor, capturedMinor, releasedMinor, releaseSource, attentionReason } =
    await story.view();
  const { attention, ...wanted } = end;
  return [
    ...problems,
    ...differences(
      { state, reservedMinor, capturedMinor, releasedMinor, releaseSource, attention: attentionReason },
      {
        state: wanted.state,
        reservedMinor: wanted.reservedMinor,
        capturedMinor: wanted.capturedMinor,
        releasedMinor: wanted.releasedMinor,
        releaseSource: wanted.releaseSource,
        attention,
      },
    ),
    ...refundDiffers(story),
  ];
}

/** A push with wrong credentials is answered 401, and what it brought is not known before it comes with the right ones. */
function refusedWrongCredentials(story: Story): string[] {
  const { operation, kind } = story.cell;
  if (kind !== 'badSignature' || !PUSHED.includes(operation)) return [];
  const wrong = story.exchanges.filter(({ note }) => /^fault: \w+ badSignature$/.test(note ?? ''));
  const own = wrong.filter(({ requestBody, url }) =>
    operation === 'mo'
      ? requestBody.includes(story.customer.msisdn)
      : isAbout(story, `${url} ${requestBody}`),
  );
  const answers = new Set(own.map(({ status }) => status));
  const isRefused = answers.size === 1 && answers.has(401);
  return isRefused
    ? []
    : [`pushes with wrong credentials were answered ${[...answers].join(', ') || 'never'}`];
}

function isAbout({ sessionId }: Story, words: string): boolean {
  return sessionId !== null && words.includes(sessionId.slice(0, -2));
}

function refundDiffers(story: Story): string[] {
  if (story.cell.scenario.story !== 'refund') return [];
  const wanted = story.cell.scenario.end.refundedMinor > 0 ? 'succeeded' : 'refused';
  return story.actionState === wanted ? [] : [`the refund is ${story.actionState}, not ${wanted}`];
}

function differences<T extends object>(shown: T, expected: T): string[] {
  return Object.entries(shown).flatMap(([name, value]) => {
    const wanted: unknown = expected[name as keyof T];
    return value === wanted ? [] : [`${name} is ${String(value)}, not ${String(wanted)}`];
  });
}
