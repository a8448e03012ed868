/** Prices as people read them: one line for a list, or every rule of the tariff as a sentence. */
import { invariant } from './assert.ts';
import type { Language } from './language.ts';
import { formatPrice, type Currency } from './money.ts';
import type { Tariff } from './tariff.ts';

/** A tariff in words: `NOK 1 per started hour`, `1 kr per påbegynt time`, with free time, minimum and maximum. */
export function describeTariff(tariff: Tariff, currency: Currency, language: Language): string {
  const { freeMs, minimumMinor, maximumMinor } = tariff;
  const phrases = PHRASES[language];
  const price = (amountMinor: number): string => formatPrice(amountMinor, currency, language);
  if (tariff.priceMinorPerUnit === 0 && minimumMinor === 0) return phrases.nothing;
  const parts = [unitPrice(tariff, price(tariff.priceMinorPerUnit), language)];
  if (freeMs > 0) parts.push(phrases.free(counted(timeSpan(freeMs, language))));
  if (minimumMinor > 0) parts.push(phrases.minimum(price(minimumMinor)));
  if (maximumMinor !== null) parts.push(phrases.maximum(price(maximumMinor)));
  return parts.join(', ');
}

/**
 * Every rule of the tariff, one sentence each, the price first: enough to compute what any use costs, as `priceUsage`
 * does. A rule that does not apply is left out.
 */
export function explainTariff(tariff: Tariff, currency: Currency, language: Language): string[] {
  const { priceMinorPerUnit, stepMs, gracePerStepMs, freeMs, minimumMinor, maximumMinor } = tariff;
  const { nothing, started, sentence } = PHRASES[language];
  const time = (ms: number): string => counted(timeSpan(ms, language));
  const price = (amountMinor: number): string => formatPrice(amountMinor, currency, language);
  if (priceMinorPerUnit === 0 && minimumMinor === 0) return [`${capital(nothing)}.`];
  if (priceMinorPerUnit === 0) {
    const nothingUpToMs = freeMs + gracePerStepMs;
    const perUse = sentence.perUse(price(minimumMinor));
    return nothingUpToMs > 0 ? [perUse, sentence.nothingUpTo(time(nothingUpToMs))] : [perUse];
  }
  const sentences = [`${unitPrice(tariff, price(priceMinorPerUnit), language)}.`];
  if (freeMs > 0) sentences.push(sentence.free(time(freeMs)));
  if (gracePerStepMs > 0)
    sentences.push(sentence.grace(capital(started(timeSpan(stepMs, language))), time(gracePerStepMs)));
  if (minimumMinor > 0) sentences.push(sentence.minimum(price(minimumMinor)));
  if (maximumMinor !== null) sentences.push(sentence.maximum(price(maximumMinor)));
  return sentences;
}

/** `1 kr per påbegynt time`, or `1 kr per time, regnet per påbegynt minutt`. */
function unitPrice({ unitMs, stepMs }: Tariff, price: string, language: Language): string {
  const [unit, step] = [timeSpan(unitMs, language), timeSpan(stepMs, language)];
  const { perStarted, countedPer } = PHRASES[language];
  if (stepMs === unitMs) return `${price} per ${perStarted(unit)}`;
  return `${price} per ${per(unit)}, ${countedPer} ${perStarted(step)}`;
}

const startedNb = (time: TimeSpan): string => `${time.count === 1 ? 'påbegynt' : 'påbegynte'} ${per(time)}`;

const NB = {
  nothing: 'gratis',
  perStarted: startedNb,
  countedPer: 'regnet per',
  /** at the head of a sentence */
  started: startedNb,
  free: (time: string) => `gratis i ${time}`,
  minimum: (price: string) => `minst ${price}`,
  maximum: (price: string) => `høyst ${price}`,
  sentence: {
    perUse: (price: string) => `${price} per gang, uansett hvor lenge.`,
    nothingUpTo: (time: string) => `Bruk i inntil ${time} koster ingenting.`,
    free: (time: string) => `Gratis i ${time} fra start.`,
    grace: (startedStep: string, grace: string) =>
      `${startedStep} regnes først når mer enn ${grace} er brukt.`,
    minimum: (price: string) => `Når noe regnes, betaler du minst ${price}.`,
    maximum: (price: string) => `Du betaler aldri mer enn ${price}.`,
  },
};

const EN: typeof NB = {
  nothing: 'free of charge',
  perStarted: (time) => `started ${per(time)}`,
  countedPer: 'counted per',
  started: (time) => (time.count === 1 ? `a started ${time.unit}` : `a started period of ${counted(time)}`),
  free: (time) => `free for ${time}`,
  minimum: (price) => `at least ${price}`,
  maximum: (price) => `at most ${price}`,
  sentence: {
    perUse: (price) => `${price} for each use, however long.`,
    nothingUpTo: (time) => `Use of up to ${time} costs nothing.`,
    free: (time) => `Free for ${time} from the start.`,
    grace: (startedStep, grace) => `${startedStep} counts once more than ${grace} of it is used.`,
    minimum: (price) => `When anything counts you pay at least ${price}.`,
    maximum: (price) => `You never pay more than ${price}.`,
  },
};

const PHRASES = { nb: NB, en: EN };

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

function counted({ count, unit }: TimeSpan): string {
  return `${count} ${unit}`;
}
