import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addMs } from '../../src/domain/instant.ts';
import { ActivityBench, HOUR_MS, MINUTE_MS, NOW, type Customer } from './activity-bench.ts';
import { Mortal, ProcessDied } from './interrupted.ts';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.now = NOW;
});

async function reply(customer: Customer, inboxId: string, attempt = 1) {
  return await customer.run('sendReply', { inboxId }, { attempt });
}

async function answerTo(customer: Customer, text: string, options: { sentAt?: string } = {}) {
  expect(await reply(customer, await customer.text(text, options))).toBe('sent');
  return customer.texts().at(-1);
}

describe('the answer to a text that belongs to no session', () => {
  it.each([
    ['en', 'HELP', 'Send CHARGE to start and ENDCHARGE to end Charging. Send STATUS to see what is running.'],
    [
      'nb',
      'HJELP',
      'Send CHARGE for å starte og ENDCHARGE for å avslutte Charging. Send STATUS for å se hva som er i gang.',
    ],
    ['en', 'BANANA', 'We do not know that word. Send CHARGE to start and ENDCHARGE to end Charging.'],
    [
      'nb',
      'BANAN',
      'Det ordet kjenner vi ikke. Send CHARGE for å starte og ENDCHARGE for å avslutte Charging.',
    ],
    ['en', 'ENDCHARGE', 'You have nothing running at Reference partner. Send CHARGE to start.'],
    ['nb', 'STATUS', 'Du har ingenting i gang hos Reference partner. Send CHARGE for å starte.'],
  ] as const)('in %s to %s', async (language, text, expected) => {
    const customer = await bench.customer({ partner: { language } });
    expect(await answerTo(customer, text)).toBe(expected);
  });

  it.each([
    [
      'en',
      'Reference partner: Your message reached us too late, so nothing has started. Send CHARGE again if you still want to start.',
    ],
    [
      'nb',
      'Reference partner: Meldingen din kom for sent fram, så ingenting er startet. Send CHARGE igjen om du fortsatt vil starte.',
    ],
  ] as const)('to a CHARGE that came too late (%s)', async (language, expected) => {
    const customer = await bench.customer({ partner: { language } });
    expect(await answerTo(customer, 'CHARGE', { sentAt: addMs(NOW, -11 * MINUTE_MS) })).toBe(expected);
  });

  it.each([
    [
      'en',
      'We have noted that you ended at 11:00. If you had something running, you do not pay for the time after that.',
    ],
    [
      'nb',
      'Vi har notert at du avsluttet kl. 11:00. Hadde du noe i gang, betaler du ikke for tiden etter det.',
    ],
  ] as const)(
    'to an end while running sessions are not on record, which is a task (%s)',
    async (language, expected) => {
      const customer = await bench.customer({ partner: { language } });
      const { attention } = bench.stores;
      const missing = { subject: `session-${language}`, reason: 'sessionMissing', sessionId: null } as const;
      await attention.raise({ ...missing, details: { workflow: 'running' } }, NOW);
      const inboxId = await customer.text('ENDCHARGE');
      expect(await reply(customer, inboxId)).toBe('sent');
      expect(customer.texts().at(-1)).toBe(expected);
      await reply(customer, await customer.text('STOP', { sentAt: addMs(NOW, MINUTE_MS) }));
      const ends = (await attention.list({ limit: 100 })).filter(
        ({ reason }) => reason === 'endWithoutSession',
      );
      expect(ends.filter(({ subject }) => subject === inboxId)).toMatchObject([
        { details: { endRequestedAt: NOW } },
      ]);
      expect(ends).toHaveLength(1);
      await attention.clear({ subject: inboxId, reason: 'endWithoutSession', clearedBy: 'kari' }, NOW);
      await attention.clear({ ...missing, clearedBy: 'kari' }, NOW);
    },
  );

  it('to STOP with two sessions names the end word of each', async () => {
    const customer = await bench.customer();
    await addWash(customer);
    await customer.begin('CHARGE');
    await customer.begin('WASH');
    const answer = await answerTo(customer, 'STOP');
    expect(answer).toContain('You have several running. End with: ');
    expect(answer).toContain('ENDCHARGE (Charging)');
    expect(answer).toContain('ENDWASH (Washing)');
  });

  it('to STATUS, and then STOP, of a session whose workflow is gone never says that nothing runs', async () => {
    const customer = await bench.customer({ partner: { language: 'en' } });
    const { sessionId } = await customer.begin('CHARGE');
    const session = await bench.stores.sessions.find(sessionId);
    if (!session) throw new Error('no session');
    await bench.stores.sessions.record({ ...session, revision: 1 }, NOW);
    await customer.run('freeSlot', { sessionId, handledInboxIds: [], lastEndChargeAt: null });
    const shown = 'Charging waits for payment. Send ENDCHARGE to cancel it.';
    expect(await answerTo(customer, 'STATUS')).toBe(shown);
    expect(await answerTo(customer, 'STOP')).toMatch(/^We have noted that you ended at 11:00/);
    expect(await answerTo(customer, 'STATUS')).toMatch(/^We have noted that you ended at 11:00/);
  });

  it('to the end word of another company names both services, in the language of what was meant', async () => {
    const customer = await bench.customer({ partner: { language: 'nb' } });
    await addWash(customer);
    await customer.begin('CHARGE');
    expect(await answerTo(customer, 'ENDWASH')).toBe(
      'Washing er ikke i gang. Charging venter på betaling. Send ENDCHARGE for å avbryte.',
    );
  });

  it('is in the language of the partner that was meant, of two on one number', async () => {
    const customer = await bench.customer({ partner: { language: 'nb' } });
    await addWash(customer, 'en');
    expect(await answerTo(customer, 'ENDWASH')).toBe('You have nothing running at Wash. Send WASH to start.');
    expect(await answerTo(customer, 'ENDCHARGE')).toContain('Du har ingenting i gang hos Reference partner.');
    const late = { sentAt: addMs(NOW, -11 * MINUTE_MS) };
    expect(await answerTo(customer, 'WASH', late)).toContain('Your message reached us too late');
    expect(await answerTo(customer, 'CHARGE', late)).toContain('Meldingen din kom for sent fram');
    // Newer than the ENDWASH before it.
    bench.now = addMs(NOW, MINUTE_MS);
    await customer.begin('WASH');
    expect(await answerTo(customer, 'HELP')).toMatch(
      /^Washing waits for payment. Send ENDWASH to cancel it\./,
    );
  });

  it('to the end word of another company says since when the other one runs, and how to end it', async () => {
    const customer = await bench.customer({ partner: { language: 'nb' } });
    await addWash(customer, 'en');
    const charge = await customer.begin('CHARGE');
    await customer.run('recordSession', {
      projection: {
        ...charge.view(),
        revision: 1,
        handledInboxIds: [],
        sinceRevision: 0,
        paymentPageUrl: null,
        paymentPageExpiresAt: null,
      },
    });
    expect(await answerTo(customer, 'ENDWASH')).toBe(
      'Washing is not running. Charging has been running since 11:00. Send ENDCHARGE to stop it.',
    );
    expect(await answerTo(customer, 'HELP')).toMatch(
      /^Charging er i gang siden kl\. 11:00\. Send ENDCHARGE for å avslutte\./,
    );
  });

  it('names the word and company that was meant, not the first of the number', async () => {
    const customer = await bench.customer({ partner: { language: 'en' } });
    await addWash(customer);
    expect(await answerTo(customer, 'ENDWASH')).toBe('You have nothing running at Wash. Send WASH to start.');
    const late = await answerTo(customer, 'WASH', { sentAt: addMs(NOW, -11 * MINUTE_MS) });
    expect(late).toMatch(/^Wash: .*Send WASH again/);
  });

  it('names the message it answers, where an operator wants it', async () => {
    const customer = await bench.customer();
    const inboxId = await customer.text('BANANA', { messageId: `mo-of-${customer.partnerId}` });
    await reply(customer, inboxId);
    expect(bench.gateway.sent.at(-1)).toMatchObject({
      outboundId: `reply-${inboxId}-1`,
      moReferenceId: `mo-of-${customer.partnerId}`,
      msisdn: customer.msisdn,
      shortNumber: customer.shortNumber,
    });
  });

  it('is sent once, also when executed again or when its outcome is unknown', async () => {
    const customer = await bench.customer();
    const first = await customer.text('BANANA');
    await reply(customer, first);
    expect(await reply(customer, first, 2)).toBe('sent');
    expect(customer.texts()).toHaveLength(1);
    const second = await customer.text('BANANA');
    bench.gateway.failNext(second, 'outcomeUnknown', { afterSending: true });
    expect(await reply(customer, second)).toBe('unknown');
    expect(await reply(customer, second, 2)).toBe('unknown');
    expect(customer.texts()).toHaveLength(2);
  });

  it('that was rejected is not tried again', async () => {
    const customer = await bench.customer();
    const inboxId = await customer.text('BANANA');
    bench.gateway.failNext(inboxId, 'rejected');
    expect(await reply(customer, inboxId)).toBe('rejected');
    expect(await reply(customer, inboxId, 2)).toBe('rejected');
    expect(customer.texts()).toEqual([]);
  });

  async function addWash(customer: Customer, language?: 'nb' | 'en'): Promise<void> {
    const [partner, service] = await Promise.all([
      bench.stores.settings.findPartner(customer.partnerId),
      bench.stores.settings.findService(customer.partnerId),
    ]);
    if (!partner || !service) throw new Error('the customer has a partner and a service');
    const id = `wash-${customer.partnerId}`;
    const { shortNumber } = customer;
    const number = { gateway: 'link', shortNumber, serviceId: id };
    await bench.stores.settings.addPartner({
      partner: { ...partner, partnerId: id, name: 'Wash', language: language ?? partner.language },
      services: [{ ...service, serviceId: id, partnerId: id, name: 'Washing' }],
      routes: [
        { ...number, keyword: 'WASH', action: 'start' },
        { ...number, keyword: 'ENDWASH', action: 'end' },
      ],
    });
  }
});

describe('answers within an hour', () => {
  async function answered(customer: Customer, count: number): Promise<void> {
    for (let n = 0; n < count; n += 1)
      expect(await reply(customer, await customer.text('BANANA'))).toBe('sent');
  }

  it('are six for one customer; what comes then is suppressed', async () => {
    const customer = await bench.customer();
    await answered(customer, 6);
    for (const text of ['BANANA', 'HELP'])
      expect(await reply(customer, await customer.text(text))).toBe('suppressed');
    expect(customer.texts()).toHaveLength(6);
  });

  it('are counted for each customer alone, and anew after an hour', async () => {
    const customer = await bench.customer();
    await answered(customer, 6);
    const other = await bench.customer();
    await answered(other, 1);
    bench.now = addMs(NOW, HOUR_MS + 1);
    await answered(customer, 6);
    expect(await reply(customer, await customer.text('BANANA'))).toBe('suppressed');
  });

  it('do not count texts that belong to a session', async () => {
    const customer = await bench.customer();
    const charge = await customer.begin();
    for (let n = 1; n <= 8; n += 1)
      await customer.run('sendText', charge.textInput('statusActive', charge.view(), n));
    expect(await reply(customer, await customer.text('BANANA'))).toBe('sent');
  });

  // Counted against itself, the last answer allowed would be lost to one busy moment of the gateway.
  it('do not count the answer that is being tried again', async () => {
    const customer = await bench.customer();
    await answered(customer, 5);
    const sixth = await customer.text('BANANA');
    bench.gateway.failNext(sixth, 'unavailable');
    await expect(reply(customer, sixth)).rejects.toMatchObject({ type: 'unavailable', nonRetryable: false });
    expect(await reply(customer, sixth, 2)).toBe('sent');
    expect(await reply(customer, await customer.text('BANANA'))).toBe('suppressed');
  });

  // Counted with those that came at the same moment, all of them would be too many.
  it('are exactly six when many are sent at the same moment', async () => {
    const customer = await bench.customer();
    const inboxIds: string[] = [];
    for (let n = 0; n < 12; n += 1) {
      bench.now = addMs(NOW, n * 10_000);
      inboxIds.push(await customer.text('BANANA'));
    }
    const outcomes = await Promise.all(inboxIds.map((inboxId) => reply(customer, inboxId)));
    expect(outcomes.filter((outcome) => outcome === 'sent')).toHaveLength(6);
    expect(customer.texts()).toHaveLength(6);
  });

  it('that were suppressed stay so when executed again later', async () => {
    const customer = await bench.customer();
    await answered(customer, 6);
    const seventh = await customer.text('BANANA');
    expect(await reply(customer, seventh)).toBe('suppressed');
    bench.now = addMs(NOW, 2 * HOUR_MS);
    expect(await reply(customer, seventh, 2)).toBe('suppressed');
    expect(customer.texts()).toHaveLength(6);
  });
});

describe.each([
  ['before the call acts', false],
  ['after the call has acted', true],
])('a worker that dies %s', (_, afterActing) => {
  it('never doubles an answer, and loses one only when the gateway may have had it', async () => {
    for (let moment = 1; ; moment += 1) {
      const customer = await bench.customer();
      const inboxId = await customer.text('BANANA');
      const mortal = new Mortal(moment, afterActing);
      const first = await customer
        .run('sendReply', { inboxId }, {}, mortal.deps(customer.deps))
        .catch((error: unknown) => error);
      if (mortal.calls < moment) {
        expect(moment).toBeGreaterThan(5);
        return;
      }
      expect(first).toBeInstanceOf(ProcessDied);
      const second = await reply(customer, inboxId, 2);
      const inDoubt =
        mortal.diedAt === 'send' ||
        (mortal.diedAt === 'startSending' && afterActing) ||
        (mortal.diedAt === 'markSent' && !afterActing);
      expect({ diedAt: mortal.diedAt, second }).toEqual({
        diedAt: mortal.diedAt,
        second: inDoubt ? 'unknown' : 'sent',
      });
      expect(customer.texts().length).toBeLessThanOrEqual(1);
      if (!inDoubt) expect(customer.texts()).toHaveLength(1);
    }
  });
});
