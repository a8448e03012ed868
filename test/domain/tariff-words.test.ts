import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalToMinor } from '../../src/domain/money.ts';
import { describeTariff, explainTariff } from '../../src/domain/tariff-words.ts';
import { priceUsage, REFERENCE_TARIFF, validateTariff, type Tariff } from '../../src/domain/tariff.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function aTariff(change: Partial<Tariff> = {}): Tariff {
  return { ...REFERENCE_TARIFF, ...change };
}

describe('describeTariff', () => {
  it.each<[string, Partial<Tariff>, string, string]>([
    ['the reference tariff', {}, '1 kr per påbegynt time', 'NOK 1 per started hour'],
    [
      'a price by the minute',
      { priceMinorPerUnit: 50, unitMs: MINUTE, stepMs: MINUTE },
      '0,50 kr per påbegynt minutt',
      'NOK 0.50 per started minute',
    ],
    [
      'a price by the day',
      { priceMinorPerUnit: 5000, unitMs: DAY, stepMs: DAY },
      '50 kr per påbegynt døgn',
      'NOK 50 per started day',
    ],
    [
      'a unit of several hours',
      { unitMs: 2 * HOUR, stepMs: 2 * HOUR },
      '1 kr per påbegynte 2 timer',
      'NOK 1 per started 2 hours',
    ],
    [
      'steps shorter than the unit',
      { stepMs: 15 * MINUTE },
      '1 kr per time, regnet per påbegynte 15 minutter',
      'NOK 1 per hour, counted per started 15 minutes',
    ],
    [
      'a length that is no whole number of hours',
      { unitMs: 90 * MINUTE, stepMs: 90 * MINUTE },
      '1 kr per påbegynte 90 minutter',
      'NOK 1 per started 90 minutes',
    ],
    [
      'free time, minimum and maximum',
      { freeMs: MINUTE, minimumMinor: 250, maximumMinor: 10_000 },
      '1 kr per påbegynt time, gratis i 1 minutt, minst 2,50 kr, høyst 100 kr',
      'NOK 1 per started hour, free for 1 minute, at least NOK 2.50, at most NOK 100',
    ],
    ['free use', { priceMinorPerUnit: 0 }, 'gratis', 'free of charge'],
    [
      'a fixed price',
      { priceMinorPerUnit: 0, minimumMinor: 500 },
      '0 kr per påbegynt time, minst 5 kr',
      'NOK 0 per started hour, at least NOK 5',
    ],
  ])('puts %s into words', (_what, change, nb, en) => {
    expect(describeTariff(aTariff(change), 'NOK', 'nb')).toBe(nb);
    expect(describeTariff(aTariff(change), 'NOK', 'en')).toBe(en);
  });
});

describe('explainTariff', () => {
  it.each<[string, Partial<Tariff>, string[], string[]]>([
    [
      'the reference tariff, with its grace',
      {},
      ['1 kr per påbegynt time.', 'Påbegynt time regnes først når mer enn 5 minutter er brukt.'],
      ['NOK 1 per started hour.', 'A started hour counts once more than 5 minutes of it is used.'],
    ],
    [
      'steps, free time, minimum and maximum',
      { stepMs: 15 * MINUTE, gracePerStepMs: 0, freeMs: HOUR, minimumMinor: 1000, maximumMinor: 5000 },
      [
        '1 kr per time, regnet per påbegynte 15 minutter.',
        'Gratis i 1 time fra start.',
        'Når noe regnes, betaler du minst 10 kr.',
        'Du betaler aldri mer enn 50 kr.',
      ],
      [
        'NOK 1 per hour, counted per started 15 minutes.',
        'Free for 1 hour from the start.',
        'When anything counts you pay at least NOK 10.',
        'You never pay more than NOK 50.',
      ],
    ],
    [
      'a fixed price',
      { priceMinorPerUnit: 0, minimumMinor: 500 },
      ['5 kr per gang, uansett hvor lenge.', 'Bruk i inntil 5 minutter koster ingenting.'],
      ['NOK 5 for each use, however long.', 'Use of up to 5 minutes costs nothing.'],
    ],
    ['free use', { priceMinorPerUnit: 0 }, ['Gratis.'], ['Free of charge.']],
  ])('puts %s into sentences', (_what, change, nb, en) => {
    expect(explainTariff(aTariff(change), 'NOK', 'nb')).toEqual(nb);
    expect(explainTariff(aTariff(change), 'NOK', 'en')).toEqual(en);
  });

  it.each(['nb', 'en'] as const)(
    'says enough, and nothing wrong, to compute every price (%s)',
    (language) => {
      fc.assert(
        fc.property(tariffs, fc.array(durations, { minLength: 1, maxLength: 8 }), (tariff, uses) => {
          expect(validateTariff(tariff)).toEqual([]);
          const understood = readTariff(explainTariff(tariff, 'NOK', language));
          for (const durationMs of [...uses, ...edgesOf(tariff)])
            expect(priceUsage(understood, durationMs)).toBe(priceUsage(tariff, durationMs));
        }),
        { numRuns: 300 },
      );
    },
  );
});

const lengths = fc.oneof(
  fc.constantFrom(SECOND, MINUTE, 15 * MINUTE, 90 * MINUTE, HOUR, DAY),
  fc.integer({ min: 1, max: 2 * DAY }),
);
const durations = fc.integer({ min: 0, max: 3 * DAY });

const tariffs: fc.Arbitrary<Tariff> = fc
  .record({
    priceMinorPerUnit: fc.oneof(fc.constant(0), fc.nat({ max: 100_000 })),
    unitMs: lengths,
    step: fc.option(lengths),
    graceShare: fc.oneof(fc.constant(0), fc.nat({ max: 99 })),
    freeMs: fc.oneof(fc.constant(0), lengths),
    minimumMinor: fc.oneof(fc.constant(0), fc.nat({ max: 10_000 })),
    aboveMinimum: fc.option(fc.integer({ min: 1, max: 100_000 })),
  })
  .map(({ step, graceShare, aboveMinimum, ...tariff }) => {
    const stepMs = step ?? tariff.unitMs;
    const maximumMinor = aboveMinimum === null ? null : tariff.minimumMinor + aboveMinimum;
    return { ...tariff, stepMs, gracePerStepMs: Math.floor((stepMs * graceShare) / 100), maximumMinor };
  });

/** Where a price may change: the end of what is free, and of the first steps. */
function edgesOf({ freeMs, gracePerStepMs, stepMs }: Tariff): number[] {
  const first = freeMs + gracePerStepMs;
  return [freeMs, first, first + 1, first + stepMs, first + stepMs + 1];
}

/** A reader who knows nothing but the words: what they say is turned back into a tariff. */
function readTariff(sentences: readonly string[]): Tariff {
  const tariff: Tariff = {
    priceMinorPerUnit: 0,
    unitMs: 1,
    stepMs: 1,
    gracePerStepMs: 0,
    freeMs: 0,
    minimumMinor: 0,
    maximumMinor: null,
  };
  for (const sentence of sentences) {
    const reading = READINGS.find(([pattern]) => pattern.test(sentence));
    const groups = reading && reading[0].exec(sentence);
    if (!groups) throw new Error(`not understood: ${sentence}`);
    const [, a = '', b = '', c = ''] = groups;
    reading[1](tariff, a, b, c);
  }
  return tariff;
}

type Reading = [pattern: RegExp, note: (tariff: Tariff, a: string, b: string, c: string) => void];

const READINGS: readonly Reading[] = [
  [/^(?:Gratis|Free of charge)\.$/, () => {}],
  [
    /^(.+) (?:for each use, however long|per gang, uansett hvor lenge)\.$/,
    (tariff, price) => void (tariff.minimumMinor = readPrice(price)),
  ],
  [
    /^(?:Use of up to|Bruk i inntil) (.+) (?:costs nothing|koster ingenting)\.$/,
    (tariff, time) => void (tariff.freeMs = readSpan(time)),
  ],
  [
    /^(.+) per (.+), (?:counted per started|regnet per påbegynte?) (.+)\.$/,
    (tariff, price, unit, step) =>
      void Object.assign(tariff, {
        priceMinorPerUnit: readPrice(price),
        unitMs: readSpan(unit),
        stepMs: readSpan(step),
      }),
  ],
  [
    /^(.+) per (?:started|påbegynte?) (.+)\.$/,
    (tariff, price, unit) =>
      void Object.assign(tariff, {
        priceMinorPerUnit: readPrice(price),
        unitMs: readSpan(unit),
        stepMs: readSpan(unit),
      }),
  ],
  [
    /^(?:Free for|Gratis i) (.+) (?:from the start|fra start)\.$/,
    (tariff, time) => void (tariff.freeMs = readSpan(time)),
  ],
  [
    /^A started (?:period of )?(.+) counts once more than (.+) of it is used\.$/,
    (tariff, _step, grace) => void (tariff.gracePerStepMs = readSpan(grace)),
  ],
  [
    /^Påbegynte? (.+) regnes først når mer enn (.+) er brukt\.$/,
    (tariff, _step, grace) => void (tariff.gracePerStepMs = readSpan(grace)),
  ],
  [
    /^(?:When anything counts you pay at least|Når noe regnes, betaler du minst) (.+)\.$/,
    (tariff, price) => void (tariff.minimumMinor = readPrice(price)),
  ],
  [
    /^(?:You never pay more than|Du betaler aldri mer enn) (.+)\.$/,
    (tariff, price) => void (tariff.maximumMinor = readPrice(price)),
  ],
];

function readPrice(text: string): number {
  return decimalToMinor(text.replace(/NOK | kr/g, '').replace(',', '.'));
}

const LENGTHS: readonly [RegExp, number][] = [
  [/^(days?|døgn)$/, DAY],
  [/^(hours?|timer?)$/, HOUR],
  [/^(minutes?|minutt(er)?)$/, MINUTE],
  [/^(seconds?|sekund(er)?)$/, SECOND],
  [/^(milliseconds?|millisekund(er)?)$/, 1],
];

function readSpan(text: string): number {
  const [, count = '1', unit = ''] = /^(?:(\d+) )?(\S+)$/.exec(text) ?? [];
  const length = LENGTHS.find(([pattern]) => pattern.test(unit));
  if (!length) throw new Error(`no length of time: ${text}`);
  return Number(count) * length[1];
}
