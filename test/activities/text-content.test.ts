import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SessionTextKind } from '../../src/domain/session/events.ts';
import type { SessionView } from '../../src/domain/session/view.ts';
import { countSegments, isGsm7 } from '../../src/domain/gsm7.ts';
import { addMs, type Instant } from '../../src/domain/instant.ts';
import type { Language } from '../../src/domain/language.ts';
import type { Partner } from '../../src/ports/settings-store.ts';
import { ActivityBench, HOUR_MS, MINUTE_MS, NOW, PUBLIC_URL, type Charge } from './activity-bench.ts';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.now = NOW;
});

async function begun(partner: Partial<Partner> = {}): Promise<Charge> {
  return await (await bench.customer({ partner })).begin();
}

let sent = 0;
async function textOf(
  charge: Charge,
  kind: SessionTextKind,
  view: SessionView = charge.view(),
): Promise<string> {
  sent += 1;
  const { outcome } = await charge.customer.run('sendText', charge.textInput(kind, view, sent));
  expect(outcome).toBe('sent');
  return charge.customer.texts().at(-1) ?? '';
}

const LINK = '<link>';
/** After an hour's use; 10:00 in UTC is 11:00 in Oslo. */
const EXPECTED: Record<Exclude<SessionTextKind, 'receipt'>, Record<Language, string>> = {
  paymentLink: {
    nb: `Reference partner ber deg reservere 5 kr. Du betaler bare for det du bruker, resten får du tilbake: ${LINK}`,
    en: `Reference partner asks you to reserve NOK 5. You pay only for what you use and get the rest back: ${LINK}`,
  },
  linkAgain: {
    nb: `Her er lenken igjen: Reference partner ber deg reservere 5 kr. Du betaler bare for det du bruker: ${LINK}`,
    en: `Here is the link again: Reference partner asks you to reserve NOK 5. You pay only for what you use: ${LINK}`,
  },
  statusWaiting: {
    nb: `Ikke startet ennå: Reference partner venter på at du reserverer 5 kr. Du betaler bare for det du bruker: ${LINK}`,
    en: `Not started yet: Reference partner waits for you to reserve NOK 5. You pay only for what you use: ${LINK}`,
  },
  statusActive: {
    nb: 'Startet kl. 11:00. Til nå 1 kr av 5 kr reservert. Send ENDCHARGE for å avslutte.',
    en: 'Started at 11:00. So far NOK 1 of NOK 5 reserved. Send ENDCHARGE to end.',
  },
  statusClosing: {
    nb: 'Bruken er avsluttet, og betalingen gjøres opp nå. Du trenger ikke gjøre noe.',
    en: 'Your use has ended and the payment is being settled now. You need not do anything.',
  },
  cancelled: {
    nb: 'Avbrutt. Reference partner trekker deg ikke for noe.',
    en: 'Cancelled. Reference partner charges you nothing.',
  },
  declined: {
    nb: 'Betalingen ble ikke godkjent, så ingenting er startet. Send CHARGE for å prøve igjen.',
    en: 'The payment was not approved, so nothing has started. Send CHARGE to try again.',
  },
  expired: {
    nb: 'Betalingslenken er utløpt, og ingenting er startet. Send CHARGE for å få en ny.',
    en: 'The payment link has expired and nothing has started. Send CHARGE to get a new one.',
  },
  couldNotStart: {
    nb: 'Beklager, vi fikk ikke startet nå. Du er ikke trukket for noe. Send CHARGE for å prøve igjen om litt.',
    en: 'Sorry, we could not start now. You have not been charged. Send CHARGE to try again in a while.',
  },
  warning: {
    nb: 'Bruken avsluttes av seg selv kl. 11:00. Send ENDCHARGE for å avslutte før.',
    en: 'Your use ends by itself at 11:00. Send ENDCHARGE to end it sooner.',
  },
  usedUpContinue: {
    nb: 'Reservasjonen på 5 kr er brukt opp. Du betaler ikke mer enn det. Send ENDCHARGE når du er ferdig.',
    en: 'The reserved NOK 5 is used up. You pay no more than that. Send ENDCHARGE when you are done.',
  },
  usedUpEnded: {
    nb: 'Reservasjonen på 5 kr er brukt opp, så bruken er avsluttet.',
    en: 'The reserved NOK 5 is used up, so your use has ended.',
  },
  nothingCharged: {
    nb: 'Bruken er avsluttet. Du trekkes ikke for noe og får tilbake det som var reservert.',
    en: 'Your use has ended. You are charged nothing and get back what was reserved.',
  },
  lateApprovalReleased: {
    nb: 'Du godkjente 5 kr for sent. Du trekkes ikke for noe og får beløpet tilbake.',
    en: 'You approved NOK 5 too late. You are charged nothing and get the amount back.',
  },
};

describe('what a session’s text says', () => {
  describe.each(['nb', 'en'] as const)('in %s', (language) => {
    it.each(Object.keys(EXPECTED) as (keyof typeof EXPECTED)[])('%s', async (kind) => {
      const charge = await begun({ language });
      bench.now = addMs(NOW, HOUR_MS);
      const text = await textOf(charge, kind);
      const link = `${PUBLIC_URL}/p/${charge.record.linkToken}`;
      expect(text).toBe(EXPECTED[kind][language].replace(LINK, link));
      expect(isGsm7(text)).toBe(true);
      expect(countSegments(text).segments).toBe(1);
    });
  });

  it('keeps the language in which the session began', async () => {
    const charge = await begun({ language: 'nb' });
    await bench.stores.settings.updatePartner(charge.customer.partnerId, { language: 'en' });
    expect(await textOf(charge, 'statusClosing')).toContain('Bruken er avsluttet');
  });

  it('names the words of this service on this number', async () => {
    const charge = await begun();
    expect(await textOf(charge, 'expired')).toContain('Send CHARGE to');
    expect(await textOf(charge, 'warning')).toContain('Send ENDCHARGE to');
  });
});

describe('the running amount', () => {
  const soFar = async (charge: Charge, at: Instant, view?: SessionView) => {
    bench.now = at;
    return /So far NOK ([\d.]+) of NOK ([\d.]+)/
      .exec(await textOf(charge, 'statusActive', view))
      ?.slice(1, 3);
  };

  it('is the price of the use so far, step by step', async () => {
    const charge = await begun();
    expect(await soFar(charge, addMs(NOW, 30 * MINUTE_MS))).toEqual(['1', '5']);
    expect(await soFar(charge, addMs(NOW, 65 * MINUTE_MS))).toEqual(['1', '5']);
    expect(await soFar(charge, addMs(NOW, 65 * MINUTE_MS + 1))).toEqual(['2', '5']);
  });

  it('is nothing before the use has begun, and when the clock stands before its start', async () => {
    const charge = await begun();
    expect(await soFar(charge, NOW, charge.view({ startedAt: null }))).toEqual(['0', '5']);
    expect(await soFar(charge, addMs(NOW, -HOUR_MS))).toEqual(['0', '5']);
  });

  it('is nothing while the price is below what the provider captures, as on the page', async () => {
    const customer = await bench.customer({ provider: { minimumCaptureMinor: 150 } });
    const charge = await customer.begin();
    expect(await soFar(charge, addMs(NOW, 30 * MINUTE_MS))).toEqual(['0', '5']);
    expect(await soFar(charge, addMs(NOW, 65 * MINUTE_MS + 1))).toEqual(['2', '5']);
  });

  it('is never above what was reserved, however long the use', async () => {
    const charge = await begun();
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 90 * HOUR_MS }), async (usedMs) => {
        const [amount = '', reserved = ''] = (await soFar(charge, addMs(NOW, usedMs))) ?? [];
        expect(Number(amount)).toBeLessThanOrEqual(Number(reserved));
        expect(reserved).toBe('5');
      }),
      { numRuns: 40 },
    );
  });
});

describe('times in texts', () => {
  it.each([
    ['the last minute of winter time', '2026-03-29T00:59:00.000Z', '01:59'],
    ['the first minute of summer time', '2026-03-29T01:00:00.000Z', '03:00'],
    ['half past two in summer time', '2026-10-25T00:30:00.000Z', '02:30'],
    ['half past two again, in winter time', '2026-10-25T01:30:00.000Z', '02:30'],
    ['midnight', '2026-11-22T23:00:00.000Z', '00:00'],
  ])('are the partner’s: %s', async (_, limitAt, local) => {
    for (const language of ['nb', 'en'] as const) {
      const charge = await begun({ language });
      expect(await textOf(charge, 'warning', charge.view({ limitAt }))).toContain(` ${local}. `);
    }
  });

  it('follow the partner’s time zone, not the server’s', async () => {
    const charge = await begun({ timeZone: 'America/New_York' });
    expect(await textOf(charge, 'statusActive')).toContain('Started at 05:00.');
  });
});

describe('the receipt text', () => {
  async function receiptOf(partner: Partial<Partner>, view: Partial<SessionView> = {}) {
    const charge = await begun(partner);
    const session = charge.capturedView(view);
    await charge.customer.run('issueReceipt', charge.receiptInput(session));
    const [receipt] = await bench.stores.receipts.listForSession(charge.sessionId);
    return { text: await textOf(charge, 'receipt', session), receipt, charge };
  }

  it('is the partner’s own, with the bare amount and the address of the receipt', async () => {
    const { text, receipt } = await receiptOf({});
    expect(text).toBe(
      'Thank you for using our service. You have been charged 1 NOK / KR. ' +
        `For receipt click here: ${PUBLIC_URL}/r/${receipt?.token}`,
    );
  });

  it.each([
    ['nb', 150, '1,50'],
    ['en', 150, '1.50'],
    ['nb', 100, '1'],
    ['en', 500, '5'],
  ] as const)('writes the amount as a bare number (%s, %d)', async (language, capturedMinor, written) => {
    const { text } = await receiptOf({ language, receiptSmsText: '<{{amount}}>' }, { capturedMinor });
    expect(text).toBe(`<${written}>`);
  });

  it('is read when it is due, not when the session began', async () => {
    const charge = await begun();
    await charge.customer.run('issueReceipt', charge.receiptInput());
    await bench.stores.settings.updatePartner(charge.customer.partnerId, {
      receiptSmsText: 'Paid {{amount}}',
    });
    expect(await textOf(charge, 'receipt', charge.capturedView())).toBe('Paid 1');
  });

  it('fills every parameter from the receipt, with local times', async () => {
    const receiptSmsText =
      '{{amount}}|{{currency}}|{{description}}|{{merchantName}}|{{receiptNumber}}|{{startedAt}}|' +
      '{{endedAt}}|{{duration}}|{{reservedAmount}}';
    const endedAt = addMs(NOW, 25 * HOUR_MS + 5 * MINUTE_MS);
    const { text } = await receiptOf({ receiptSmsText }, { endedAt });
    expect(text).toBe('1|NOK|Charging|Reference partner|1|2026-11-23 11:00|2026-11-24 12:05|25:05|5');
  });

  it('says what the receipt says, whatever has been renamed or repriced since', async () => {
    const charge = await begun({ receiptSmsText: '{{merchantName}} {{amount}}' });
    await charge.customer.run('issueReceipt', charge.receiptInput());
    await bench.stores.settings.updatePartner(charge.customer.partnerId, { name: 'Renamed' });
    const later = charge.capturedView({ capturedMinor: 300 });
    expect(await textOf(charge, 'receipt', later)).toBe('Reference partner 1');
  });

  it('without a receipt is given up: nothing is claimed that is not on record', async () => {
    const charge = await begun();
    const run = charge.customer.run('sendText', charge.textInput('receipt', charge.capturedView()));
    await expect(run).rejects.toMatchObject({ type: 'misconfigured', nonRetryable: true });
    expect(charge.customer.texts()).toEqual([]);
  });
});
