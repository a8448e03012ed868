/** Prices as people read them: one line for a list, or every rule of the tariff as a sentence. */
import { invariant } from './assert.ts';
import type { Language } from './language.ts';
import { formatPrice, type Currency } from './money.ts';
import type { Tariff } from './tariff.ts';

/** A tariff in words: `NOK 1 per started hour`, `1 kr per påbegynt time`, with free time, minimum and maximum. */
export function describeTariff(tariff: Tariff, currency: Currency, language: Language): string {
  const words = WORDS[language];
  const price = formatPrice(tariff.priceMinorPerUnit, currency, language);
  if (tariff.priceMinorPerUnit === 0 && tariff.minimumMinor === 0) return words.nothing;
  const parts = [
    tariff.stepMs === tariff.unitMs
      ? words.perStarted(price, timeSpan(tariff.unitMs, language))
      : words.perUnit(price, timeSpan(tariff.unitMs, language), timeSpan(tariff.stepMs, language)),
  ];
  if (tariff.freeMs > 0) parts.push(words.free(timeSpan(tariff.freeMs, language)));
  if (tariff.minimumMinor > 0)
    parts.push(words.minimum(formatPrice(tariff.minimumMinor, currency, language)));
  if (tariff.maximumMinor !== null)
    parts.push(words.maximum(formatPrice(tariff.maximumMinor, currency, language)));
  return parts.join(', ');
}

/**
 * Every rule of the tariff, one sentence each, the price first: enough to compute what any use costs, as `priceUsage`
 * does. Nothing that does not apply is mentioned.
 */
export function explainTariff(tariff: Tariff, currency: Currency, language: Language): string[] {
  const { priceMinorPerUnit, unitMs, stepMs, gracePerStepMs, freeMs, minimumMinor, maximumMinor } = tariff;
  const say = SENTENCES[language];
  const span = (ms: number): TimeSpan => timeSpan(ms, language);
  const price = (amountMinor: number): string => formatPrice(amountMinor, currency, language);
  if (priceMinorPerUnit === 0 && minimumMinor === 0) return [say.nothing];
  if (priceMinorPerUnit === 0) {
    const nothingUpTo = freeMs + gracePerStepMs;
    return [
      say.perUse(price(minimumMinor)),
      ...(nothingUpTo > 0 ? [say.nothingUpTo(span(nothingUpTo))] : []),
    ];
  }
  const sentences = [
    stepMs === unitMs
      ? say.perStarted(price(priceMinorPerUnit), span(unitMs))
      : say.perUnit(price(priceMinorPerUnit), span(unitMs), span(stepMs)),
  ];
  if (freeMs > 0) sentences.push(say.free(span(freeMs)));
  if (gracePerStepMs > 0) sentences.push(say.grace(span(stepMs), span(gracePerStepMs)));
  if (minimumMinor > 0) sentences.push(say.minimum(price(minimumMinor)));
  if (maximumMinor !== null) sentences.push(say.maximum(price(maximumMinor)));
  return sentences;
}

interface Sentences {
  nothing: string;
  perUse(price: string): string;
  nothingUpTo(time: TimeSpan): string;
  perStarted(price: string, unit: TimeSpan): string;
  perUnit(price: string, unit: TimeSpan, step: TimeSpan): string;
  free(time: TimeSpan): string;
  grace(step: TimeSpan, grace: TimeSpan): string;
  minimum(price: string): string;
  maximum(price: string): string;
}

const counted = ({ count, unit }: TimeSpan): string => `${count} ${unit}`;

const SENTENCES: Record<Language, Sentences> = {
  nb: {
    nothing: 'Gratis.',
    perUse: (price) => `${price} per gang, uansett hvor lenge.`,
    nothingUpTo: (time) => `Bruk i inntil ${counted(time)} koster ingenting.`,
    perStarted: (price, unit) => `${price} per ${startedNb(unit)}.`,
    perUnit: (price, unit, step) => `${price} per ${per(unit)}, regnet per ${startedNb(step)}.`,
    free: (time) => `Gratis i ${counted(time)} fra start.`,
    grace: (step, grace) =>
      `${capital(startedNb(step))} regnes først når mer enn ${counted(grace)} er brukt.`,
    minimum: (price) => `Når noe regnes, betaler du minst ${price}.`,
    maximum: (price) => `Du betaler aldri mer enn ${price}.`,
  },
  en: {
    nothing: 'Free of charge.',
    perUse: (price) => `${price} for each use, however long.`,
    nothingUpTo: (time) => `Use of up to ${counted(time)} costs nothing.`,
    perStarted: (price, unit) => `${price} per started ${per(unit)}.`,
    perUnit: (price, unit, step) => `${price} per ${per(unit)}, counted per started ${per(step)}.`,
    free: (time) => `Free for ${counted(time)} from the start.`,
    grace: (step, grace) =>
      `${capital(startedEn(step))} counts once more than ${counted(grace)} of it is used.`,
    minimum: (price) => `When anything counts you pay at least ${price}.`,
    maximum: (price) => `You never pay more than ${price}.`,
  },
};

function startedEn(span: TimeSpan): string {
  return span.count === 1 ? `a started ${span.unit}` : `a started period of ${counted(span)}`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

interface TimeSpan {
  count: number;
  unit: string;
}

const UNITS: readonly { ms: number; nb: [one: string, many: string]; en: [one: string, many: string] }[] = [
  { ms: 24 * 60 * 60_000, nb: ['døgn', 'døgn'], en: ['day', 'days'] },
  { ms: 60 * 60_000, nb: ['time', 'timer'], en: ['hour', 'hours'] },
  { ms: 60_000, nb: ['minutt', 'minutter'], en: ['minute', 'minutes'] },
  { ms: 1000, nb: ['sekund', 'sekunder'], en: ['second', 'seconds'] },
  { ms: 1, nb: ['millisekund', 'millisekunder'], en: ['millisecond', 'milliseconds'] },
];

/** A length of time in the largest unit that divides it: 90 minutes stay 90 minutes. */
function timeSpan(ms: number, language: Language): TimeSpan {
  const unit = UNITS.find((candidate) => ms % candidate.ms === 0);
  invariant(unit !== undefined, 'a tariff must be in whole milliseconds');
  const count = ms / unit.ms;
  return { count, unit: unit[language][count === 1 ? 0 : 1] };
}

/** `hour`, but `2 hours`: after "per", one is not counted. */
function per({ count, unit }: TimeSpan): string {
  return count === 1 ? unit : `${count} ${unit}`;
}

interface TariffWords {
  nothing: string;
  perStarted(price: string, unit: TimeSpan): string;
  perUnit(price: string, unit: TimeSpan, step: TimeSpan): string;
  free(time: TimeSpan): string;
  minimum(price: string): string;
  maximum(price: string): string;
}

const WORDS: Record<Language, TariffWords> = {
  nb: {
    nothing: 'gratis',
    perStarted: (price, unit) => `${price} per ${startedNb(unit)}`,
    perUnit: (price, unit, step) => `${price} per ${per(unit)}, regnet per ${startedNb(step)}`,
    free: ({ count, unit }) => `gratis i ${count} ${unit}`,
    minimum: (price) => `minst ${price}`,
    maximum: (price) => `høyst ${price}`,
  },
  en: {
    nothing: 'free of charge',
    perStarted: (price, unit) => `${price} per started ${per(unit)}`,
    perUnit: (price, unit, step) => `${price} per ${per(unit)}, counted per started ${per(step)}`,
    free: ({ count, unit }) => `free for ${count} ${unit}`,
    minimum: (price) => `at least ${price}`,
    maximum: (price) => `at most ${price}`,
  },
};

function startedNb(span: TimeSpan): string {
  return `${span.count === 1 ? 'påbegynt' : 'påbegynte'} ${per(span)}`;
}
