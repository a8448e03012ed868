// Adding a partner: what is saved is what was written, and whoever got it wrong learns everything at once.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partnerRoutes } from '../../src/api/rest/partners.ts';
import type { Partner } from '../../src/ports/settings-store.ts';
import { routeWord } from '../../src/domain/text-assignment.ts';
import { REFERENCE_TARIFF } from '../../src/domain/tariff.ts';
import { readProjectFile } from '../architecture/project-files.ts';
import { MemorySettings } from '../support/memory-settings.ts';

const TOKEN = 'admin-token';

interface Written {
  partner: Record<string, unknown>;
  services: Record<string, unknown>[];
  routes: Record<string, unknown>[];
}

/** The example of the documents: a partner that can be saved. */
const example = (): Written => JSON.parse(readProjectFile('docs/examples/partner.json')) as Written;

/** The example with its only service changed. */
function withService(change: Record<string, unknown>): Written {
  const written = example();
  return { ...written, services: written.services.map((service) => ({ ...service, ...change })) };
}

function withTariff(change: Record<string, unknown>): Written {
  const [service] = example().services;
  return withService({ tariff: { ...(service?.['tariff'] as object), ...change } });
}

type Path = readonly (string | number)[];

/** Where each value in `value` stands, itself included. */
function* pathsIn(value: unknown, path: Path = []): Generator<Path> {
  yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* pathsIn(inner, [...path, key]);
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return value.map((inner, index) =>
      String(index) === key ? replaced(inner, rest, by) : (inner as unknown),
    );
  const entries = Object.entries(value as object).map(([name, inner]): [string, unknown] => [
    name,
    name === key ? replaced(inner, rest, by) : inner,
  ]);
  return Object.fromEntries(entries);
}

function aPlace() {
  const settings = new MemorySettings();
  const routes = partnerRoutes({
    settings,
    providers: {
      paycore: { capabilities: { currencies: ['NOK'], minimumCaptureMinor: 1 } },
      vipps: { capabilities: { currencies: ['NOK', 'DKK'], minimumCaptureMinor: 100 } },
    },
    gateways: { link: null },
    adminToken: TOKEN,
  });
  const call = async (method: string, path: string, body: unknown, token = TOKEN) => {
    const response = await routes.request(`/api/v1/partners${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const answer = (await response.json()) as {
      partner?: Partner;
      warnings?: string[];
      problems?: string[];
    };
    return { status: response.status, ...answer };
  };
  return {
    settings,
    add: (written: unknown, token?: string) => call('POST', '', written, token),
    change: (partnerId: string, change: unknown) => call('PATCH', `/${partnerId}`, change),
  };
}

describe('a new partner', () => {
  test('is saved as the example of the documents writes it, durations in milliseconds, words as texts are compared', async () => {
    const { settings, add } = aPlace();
    const written = example();
    expect(await add(written)).toMatchObject({ status: 201, partner: written.partner, warnings: [] });
    expect(await settings.findPartner('fjord-bikes')).toEqual(written.partner);
    expect(await settings.listServices('fjord-bikes')).toEqual([
      {
        serviceId: 'fjord-bikes-hire',
        partnerId: 'fjord-bikes',
        name: 'Sykkelleie',
        currency: 'NOK',
        reservationMinor: 20_000,
        tariff: {
          priceMinorPerUnit: 3000,
          unitMs: 3_600_000,
          stepMs: 1_800_000,
          gracePerStepMs: 300_000,
          freeMs: 0,
          minimumMinor: 0,
          maximumMinor: 20_000,
        },
        vatBasisPoints: 2500,
        linkLifeMs: 900_000,
        sessionLimitMs: 86_400_000,
        warningBeforeLimitMs: 1_800_000,
        whenUsedUp: 'continue',
      },
    ]);
    const routes = await settings.listRoutes({ gateway: 'link', shortNumber: '2222' });
    expect(routes.map(({ keyword }) => keyword)).toEqual(['SYKKEL', 'SLUTTSYKKEL']);
    expect(routeWord(routes, 'slutt sykkel')).toEqual({ word: 'end', serviceId: 'fjord-bikes-hire' });
  });

  test('needs not say what is usual: no grace, nothing free, no minimum or maximum, no pages of its own', async () => {
    const { settings, add } = aPlace();
    const written = withService({ tariff: { priceMinorPerUnit: 100, unit: '1h', step: '1h' } });
    const { termsUrl: _terms, privacyUrl: _privacy, ...partner } = written.partner;
    expect(await add({ ...written, partner })).toMatchObject({
      status: 201,
      partner: { termsUrl: null, privacyUrl: null },
    });
    const [service] = await settings.listServices('fjord-bikes');
    expect(service?.tariff).toEqual({ ...REFERENCE_TARIFF, gracePerStepMs: 0 });
  });

  test('with many mistakes is refused with all of them, and nothing is saved', async () => {
    const { settings, add } = aPlace();
    const written = {
      partner: {
        ...example().partner,
        partnerId: 'Fjord Bikes',
        provider: 'klarna',
        timeZone: 'Europe/Olso',
        receiptSmsText: '{{sum}} kr {',
        termsUrl: 'http://www.example.com/vilkar',
        colour: 'red',
      },
      services: [
        {
          ...example().services[0],
          reservationMinor: 200.5,
          tariff: { priceMinorPerUnit: -1, unit: '1h', step: '5m', gracePerStep: '5m' },
          linkLife: '15 minutes',
          sessionLimit: '30m',
          vatBasisPoints: undefined,
        },
      ],
      routes: [
        {
          gateway: 'sveve',
          shortNumber: 'x',
          keyword: 'slutt',
          serviceId: 'fjord-bikes-hire',
          action: 'start',
        },
        { gateway: 'link', shortNumber: '2222', keyword: '!', serviceId: 'other', action: 'end' },
      ],
    };
    const { status, problems = [] } = await add(written);
    expect(status).toBe(422);
    const expected = [
      'partner.partnerId: must be up to 40 small letters, digits and dashes, a letter first',
      'partner.provider: there is no provider "klarna" here; there are: paycore, vipps',
      'partner.timeZone: must be a time zone like Europe/Oslo',
      /^partner\.receiptSmsText: \{\{sum\}\} is not known/,
      /^partner\.receiptSmsText: A brace stands alone/,
      'partner.termsUrl: must be an https address',
      'partner: Unrecognized key: "colour"',
      'services[0].reservationMinor: must be a whole number of minor units',
      /^services\[0\]\.tariff: The price per unit must be a whole number/,
      'services[0].tariff: The grace per step must be shorter than the step.',
      'services[0].linkLife: must be a length of time like 90s, 15m, 1h or 1d',
      'services[0].vatBasisPoints: must be hundredths of a percent: 2500 is 25 %',
      'services[0].warningBeforeLimit: must be shorter than sessionLimit',
      'routes[0].gateway: there is no gateway "sveve" here; there are: link',
      'routes[0].shortNumber: must be 3 to 15 digits, outside Norway with the country in front: SE-72222',
      'routes[0].keyword: "SLUTT" has a meaning of its own on every number',
      'routes: service "fjord-bikes-hire" has no word to end it on x',
      'routes[1].keyword: must have a letter or a digit',
      'routes[1].serviceId: there is no service "other" in this partner',
    ];
    for (const line of expected)
      expect(problems).toContainEqual(line instanceof RegExp ? expect.stringMatching(line) : line);
    expect(problems).toHaveLength(expected.length);
    expect(await settings.listPartners()).toEqual([]);
  });

  test.each([
    ['no JSON at all', 'oops', 'Invalid input: expected object, received null'],
    ['a list', [], 'Invalid input: expected object, received array'],
    ['nothing', {}, 'partner: is missing'],
    ['no service', { ...example(), services: [] }, 'services: must hold at least one service'],
    [
      'a service without words',
      { ...example(), routes: [] },
      'routes: service "fjord-bikes-hire" has no word on any number',
    ],
    [
      'a currency the provider does not take',
      withService({ currency: 'EUR' }),
      'service "fjord-bikes-hire": vipps takes NOK, DKK, not EUR',
    ],
    [
      'too small a reservation',
      withService({ reservationMinor: 99 }),
      'service "fjord-bikes-hire": vipps takes no less than 100, so reserve at least that',
    ],
    [
      'a provider called like a part of every object',
      { ...example(), partner: { ...example().partner, provider: 'constructor' } },
      'partner.provider: there is no provider "constructor" here; there are: paycore, vipps',
    ],
  ])('%s is refused', async (_what, written, problem) => {
    const { add } = aPlace();
    const answer = await add(written);
    expect(answer.status).toBe(422);
    expect(answer.problems).toContain(problem);
  });

  test.each([
    ['END MY RIDE', 'must be one word, or two'],
    ['ABCDEFGHIJ KLMNOPQRSTU', 'must have at most 20 letters and digits'],
    ['СТАРТ', 'must be of letters that a plain text message has'],
    ['help', '"HELP" has a meaning of its own on every number'],
    ['sykkel', '"SYKKEL" stands here twice for one number'],
  ])('the word %s is refused', async (keyword, problem) => {
    const written = example();
    written.routes.push({ ...written.routes[1], keyword });
    expect((await aPlace().add(written)).problems).toEqual([`routes[2].keyword: ${problem}`]);
  });

  test.each(
    ['STOP', 'STOPP', 'SLUTT', 'END', 'STATUS', 'HELP', 'HJELP', 'INFO'].flatMap((keyword) =>
      ['start', 'end'].map((action) => ({ keyword, action })),
    ),
  )('the core word $keyword is refused as a word to $action', async ({ keyword, action }) => {
    const written = example();
    written.routes.push({ ...written.routes[1], keyword: keyword.toLowerCase(), action });
    const { settings, add } = aPlace();
    expect((await add(written)).problems).toEqual([
      `routes[2].keyword: "${keyword}" has a meaning of its own on every number`,
    ]);
    expect(await settings.listPartners()).toEqual([]);
  });

  test('a general end word may end a service and never start one', async () => {
    const written = example();
    written.routes.push({ ...written.routes[1], keyword: 'ferdig' });
    expect(await aPlace().add(written)).toMatchObject({ status: 201 });
    written.routes[2] = { ...written.routes[0], keyword: 'ferdig' };
    expect((await aPlace().add(written)).problems).toEqual([
      'routes[2].keyword: "FERDIG" has a meaning of its own on every number',
    ]);
  });

  test('a number outside Norway has its country in front, one in Norway none', async () => {
    const { settings, add } = aPlace();
    const written = example();
    const on = (shortNumber: string) => written.routes.map((one) => ({ ...one, shortNumber }));
    expect(await add({ ...written, routes: [...on('no-2222'), ...on('se-72222')] })).toMatchObject({
      status: 201,
    });
    for (const shortNumber of ['2222', 'SE-72222'])
      expect(await settings.listRoutes({ gateway: 'link', shortNumber })).toHaveLength(2);
  });

  test('is refused, never answered with a failure of ours, whatever stands in place of any part of it', async () => {
    const places = [...pathsIn(example())];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.jsonValue(), async (path, value) => {
        const { status, problems, partner } = await aPlace().add(replaced(example(), path, value));
        expect([201, 422]).toContain(status);
        if (status === 422) expect(problems?.length).toBeGreaterThan(0);
        else expect(partner).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  test('takes nothing that belongs to somebody else: neither id, nor service, nor word on a number', async () => {
    const { settings, add } = aPlace();
    await add(example());
    const again = { ...example(), partner: { ...example().partner, name: 'Somebody else' } };
    expect((await add(again)).problems).toEqual([
      'partner.partnerId: there is a partner "fjord-bikes" already',
      'services[0].serviceId: there is a service "fjord-bikes-hire" already',
      'routes[0].keyword: "SYKKEL" on 2222 belongs to another service',
      'routes[1].keyword: "SLUTTSYKKEL" on 2222 belongs to another service',
    ]);
    expect((await settings.findPartner('fjord-bikes'))?.name).toBe('Fjord Bikes AS');
  });

  test('is saved with a warning when its tariff has prices that the provider does not take', async () => {
    const { add } = aPlace();
    expect(await add(withTariff({ priceMinorPerUnit: 150 }))).toMatchObject({
      status: 201,
      warnings: [
        'A use of service fjord-bikes-hire can cost NOK 0.75, but vipps captures nothing below NOK 1: such a use is released, not charged.',
      ],
    });
  });

  test.each([
    'Kvittering: {{receiptPageUrl}}.',
    'Kvittering:{{ReceiptPageUrl}}',
    '{{amount}}{{receiptPageUrl}}',
  ])(
    'is saved with a warning when its receipt text glues something to the link: %s',
    async (receiptSmsText) => {
      const { add, change } = aPlace();
      const warnings = [expect.stringContaining('Put a space on both sides of {{receiptPageUrl}}')];
      const written = { ...example(), partner: { ...example().partner, receiptSmsText } };
      expect(await add(written)).toMatchObject({ status: 201, warnings });
      expect(await change('fjord-bikes', { receiptSmsOn: false })).toMatchObject({ warnings: [] });
      const changed = await change('fjord-bikes', { receiptSmsText });
      expect(changed).toMatchObject({ status: 200, partner: { receiptSmsText }, warnings });
      const spaced = { receiptSmsText: 'Se {{receiptPageUrl}} for {{amount}} kr' };
      expect(await change('fjord-bikes', spaced)).toMatchObject({ status: 200, warnings: [] });
    },
  );

  test('is saved with a warning when its reservation or limit looks like a mistake', async () => {
    const { add } = aPlace();
    const written = example();
    const [service] = written.services;
    const absurd = { ...service, reservationMinor: 1_000_000_000, sessionLimit: '3650d' };
    expect(await add({ ...written, services: [absurd] })).toMatchObject({
      status: 201,
      warnings: [
        expect.stringMatching(/^Service fjord-bikes-hire reserves NOK 10.?000.?000 .*is that meant\?$/),
        "A use of service fjord-bikes-hire may last 87600 hours (sessionLimit). The provider's deadline for a capture ends it earlier: is that meant?",
      ],
    });
  });

  test('is added by nobody who does not know the token', async () => {
    const { settings, add } = aPlace();
    expect((await add(example(), 'another')).status).toBe(401);
    expect(await settings.listPartners()).toEqual([]);
  });
});

describe('a change of provider', () => {
  const cheap = (): Written => ({
    ...withTariff({ priceMinorPerUnit: 150 }),
    partner: { ...example().partner, provider: 'paycore' },
  });

  test('is saved, and warns of what the new provider does not take', async () => {
    const { add, change } = aPlace();
    expect(await add(cheap())).toMatchObject({ status: 201, warnings: [] });
    const changed = await change('fjord-bikes', { provider: 'vipps' });
    expect(changed).toMatchObject({ status: 200, partner: { provider: 'vipps' } });
    expect(changed.warnings).toEqual([expect.stringContaining('vipps captures nothing below NOK 1')]);
    expect(await change('fjord-bikes', { receiptSmsOn: false })).toMatchObject({ status: 200, warnings: [] });
  });

  test('to one that is not here, or does not take its currency, changes nothing else either', async () => {
    const { settings, add, change } = aPlace();
    await add(withService({ currency: 'DKK' }));
    const unknown = await change('fjord-bikes', {
      provider: 'klarna',
      receiptSmsOn: false,
      receiptSmsText: '{',
    });
    expect(unknown.status).toBe(422);
    expect(unknown.problems).toEqual([
      expect.stringContaining('receiptSmsText: A brace stands alone'),
      'provider: there is no provider "klarna" here; there are: paycore, vipps',
    ]);
    expect((await change('fjord-bikes', { provider: 'paycore' })).problems).toEqual([
      'service "fjord-bikes-hire": paycore takes NOK, not DKK',
    ]);
    expect((await settings.findPartner('fjord-bikes'))?.receiptSmsOn).toBe(true);
  });

  test('of a partner that is not there is told as that', async () => {
    expect((await aPlace().change('nobody', { provider: 'vipps' })).status).toBe(404);
  });
});
