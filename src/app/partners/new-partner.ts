/** A new partner in its written form: what `sms2pay partner add` and `POST /api/v1/partners` take. See docs/deploy.md. */
import { z } from 'zod';
import { parseDurationMs } from '../../domain/instant.ts';
import { notGsm7 } from '../../domain/gsm7.ts';
import { keywordOf, MAX_KEYWORD_LENGTH, normaliseKeyword } from '../../domain/keyword.ts';
import { LANGUAGES } from '../../domain/language.ts';
import { CURRENCIES } from '../../domain/money.ts';
import { validateReceiptTemplate } from '../../domain/receipt-template.ts';
import { CORE_WORDS, GENERAL_END_WORDS } from '../../domain/text-assignment.ts';
import { validateTariff, type Tariff } from '../../domain/tariff.ts';
import type { NewPartner } from '../../ports/settings-store.ts';
import { isHttpUrl } from '../../domain/http-url.ts';

/** What a receipt text leaves room for. */
const LONGEST_NAME = 60;

const id = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be up to 40 small letters, digits and dashes, a letter first');
const name = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .regex(/^\P{Cc}*$/u, 'must be one line of text')
  .max(LONGEST_NAME, `must have at most ${LONGEST_NAME} characters`);
const NO_DURATION = 'must be a length of time like 90s, 15m, 1h or 1d';
const duration = z.string(NO_DURATION).transform((text, context) => {
  const durationMs = parseDurationMs(text);
  if (durationMs !== null) return durationMs;
  context.addIssue(NO_DURATION);
  return z.NEVER;
});
const positiveDuration = duration.refine((ms) => ms > 0, 'must be longer than nothing');
const amountMinor = z.int('must be a whole number of minor units').min(1, 'must be more than 0');
const currency = z.enum(CURRENCIES);
const webPage = z
  .string()
  .refine((url) => url.startsWith('https:') && isHttpUrl(url), 'must be an https address');

export const receiptText = z.string().superRefine((text, context) => {
  for (const problem of validateReceiptTemplate(text)) context.addIssue(problem);
});

const keyword = z.string().transform((text, context) => {
  const word = normaliseKeyword(text);
  for (const problem of keywordProblems(text, word)) context.addIssue(problem);
  return word;
});

function keywordProblems(text: string, word: string): string[] {
  if (word === '') return ['must have a letter or a digit'];
  const problems: string[] = [];
  if (!keywordOf(text).words.includes(word)) problems.push('must be one word, or two');
  if (word.length > MAX_KEYWORD_LENGTH)
    problems.push(`must have at most ${MAX_KEYWORD_LENGTH} letters and digits`);
  if (notGsm7(word).length > 0) problems.push('must be of letters that a plain text message has');
  return problems;
}

/** A number of Norway is known without its country. */
const textedNumber = z
  .string()
  .overwrite((number) =>
    number.replace(/^[a-z]{2}-/i, (country) => country.toUpperCase()).replace(/^NO-/, ''),
  );

const partner = z.strictObject({
  partnerId: id,
  name,
  organisationNumber: z.string().regex(/^[A-Z0-9][A-Z0-9 .-]{2,19}$/i, 'must be 3 to 20 letters and digits'),
  provider: z.string(),
  timeZone: z.string().refine(isTimeZone, 'must be a time zone like Europe/Oslo'),
  language: z.enum(LANGUAGES),
  receiptSmsOn: z.boolean(),
  receiptSmsText: receiptText,
  termsUrl: webPage.nullable().default(null),
  privacyUrl: webPage.nullable().default(null),
});

const tariff = z
  .strictObject({
    priceMinorPerUnit: z.number(),
    unit: duration,
    step: duration,
    gracePerStep: duration.prefault('0m'),
    free: duration.prefault('0m'),
    minimumMinor: z.number().default(0),
    maximumMinor: z.number().nullable().default(null),
  })
  .transform(({ unit, step, gracePerStep, free, ...amounts }, context): Tariff => {
    const whole = { ...amounts, unitMs: unit, stepMs: step, gracePerStepMs: gracePerStep, freeMs: free };
    for (const problem of validateTariff(whole)) context.addIssue(problem);
    return whole;
  });

const service = z
  .strictObject({
    serviceId: id,
    name,
    currency,
    reservationMinor: amountMinor,
    tariff,
    vatBasisPoints: z
      .int('must be hundredths of a percent: 2500 is 25 %')
      .min(0, 'must be 0 or more')
      .max(10_000, 'must be 10000 (100 %) or less'),
    linkLife: positiveDuration,
    sessionLimit: positiveDuration,
    warningBeforeLimit: duration,
    whenUsedUp: z.enum(['end', 'continue']),
  })
  .transform(({ linkLife, sessionLimit, warningBeforeLimit, ...rest }) => ({
    ...rest,
    linkLifeMs: linkLife,
    sessionLimitMs: sessionLimit,
    warningBeforeLimitMs: warningBeforeLimit,
  }));

const route = z.strictObject({
  gateway: z.string(),
  shortNumber: textedNumber.regex(
    /^([A-Z]{2}-)?\d{3,15}$/,
    'must be 3 to 15 digits, outside Norway with the country in front: SE-72222',
  ),
  keyword,
  serviceId: z.string(),
  action: z.enum(['start', 'end']),
});

const newPartner = z.strictObject({
  partner,
  services: z.array(service).min(1, 'must hold at least one service'),
  routes: z.array(route),
});

// What the rules between the parts need. A part that cannot be read is null: the rules about the others still speak.
const orNull = <T extends z.ZodType>(schema: T) => schema.nullable().catch(null);
const part = <T extends z.ZodRawShape>(shape: T) =>
  z.preprocess((value) => (isObject(value) ? value : {}), z.object(shape));
const readable = part({
  partner: part({ partnerId: orNull(z.string()), provider: orNull(z.string()) }),
  services: z
    .array(
      part({
        serviceId: orNull(z.string()),
        currency: orNull(currency),
        reservationMinor: orNull(amountMinor),
        sessionLimit: orNull(duration),
        warningBeforeLimit: orNull(duration),
      }),
    )
    .catch([]),
  routes: z
    .array(
      part({
        gateway: orNull(z.string()),
        shortNumber: orNull(textedNumber),
        keyword: orNull(keyword),
        serviceId: orNull(z.string()),
        action: orNull(z.enum(['start', 'end'])),
      }),
    )
    .catch([]),
});
/** The parts of a written partner that other rules need; null for each that cannot be read. */
export type ReadableParts = z.output<typeof readable>;

/** Reads a written partner. `partner` is null when anything is wrong with it by itself; then `problems` lists all of it. */
export function readNewPartner(input: unknown): {
  partner: NewPartner | null;
  readable: ReadableParts;
  problems: string[];
} {
  const read = newPartner.safeParse(input, {
    error: (issue) => (issue.input === undefined ? 'is missing' : undefined),
  });
  const seen = readable.parse(input);
  const shape = read.success ? [] : read.error.issues.map(issueLine);
  const problems = [...shape, ...serviceRules(seen), ...routeRules(seen)];
  if (!read.success || problems.length > 0) return { partner: null, readable: seen, problems };
  const { partnerId } = read.data.partner;
  const services = read.data.services.map((one) => ({ ...one, partnerId }));
  return { partner: { ...read.data, services }, readable: seen, problems };
}

/** `services[0].tariff.unit: must be ...` */
export function issueLine({ path, message }: { path: readonly PropertyKey[]; message: string }): string {
  const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return place === '' ? message : `${place.replace(/^\./, '')}: ${message}`;
}

function serviceRules({ services }: ReadableParts): string[] {
  const ids = services.map(({ serviceId }) => serviceId);
  return services.flatMap(({ serviceId, sessionLimit, warningBeforeLimit }, index) => [
    ...(serviceId !== null && ids.indexOf(serviceId) < index
      ? [`services[${index}].serviceId: "${serviceId}" stands here twice`]
      : []),
    ...(sessionLimit !== null && warningBeforeLimit !== null && warningBeforeLimit >= sessionLimit
      ? [`services[${index}].warningBeforeLimit: must be shorter than sessionLimit`]
      : []),
  ]);
}

function routeRules({ services, routes }: ReadableParts): string[] {
  const words = routes.map(({ gateway, shortNumber, keyword: word }) =>
    JSON.stringify([gateway, shortNumber, word]),
  );
  const known = services.map(({ serviceId }) => serviceId);
  const each = routes.flatMap(({ keyword: word, serviceId, action }, index) => [
    ...(word !== null && words.indexOf(words[index] ?? '') < index
      ? [`routes[${index}].keyword: "${word}" stands here twice for one number`]
      : []),
    ...(word !== null && action !== null && isReserved(word, action)
      ? [`routes[${index}].keyword: "${word}" has a meaning of its own on every number`]
      : []),
    ...(serviceId !== null && !known.includes(serviceId)
      ? [`routes[${index}].serviceId: there is no service "${serviceId}" in this partner`]
      : []),
  ]);
  return [...each, ...missingWords(services, routes)];
}

function isReserved(word: string, action: 'start' | 'end'): boolean {
  return CORE_WORDS.includes(word) || (action === 'start' && GENERAL_END_WORDS.includes(word));
}

/** On every number a service must have a word to start it and one to end it: the texts to the customer name both. */
function missingWords(services: ReadableParts['services'], routes: ReadableParts['routes']): string[] {
  return services.flatMap(({ serviceId }) => {
    if (serviceId === null) return [];
    const own = routes.filter((one) => one.serviceId === serviceId);
    if (own.length === 0) return [`routes: service "${serviceId}" has no word on any number`];
    const numbers = new Set(own.map(({ shortNumber }) => shortNumber));
    return [...numbers].flatMap((shortNumber) =>
      (['start', 'end'] as const)
        .filter((action) => !own.some((one) => one.shortNumber === shortNumber && one.action === action))
        .map((action) => `routes: service "${serviceId}" has no word to ${action} it on ${shortNumber}`),
    );
  });
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTimeZone(timeZone: string): boolean {
  // An offset is one too for Intl, but has no summer time.
  if (!/^[A-Z][A-Za-z_]*(\/[\w+-]+)*$/.test(timeZone)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
