import { z } from 'zod';
import { minorFromDecimal } from '../../decimal.ts';
import { issuesText } from '../../problem.ts';
import { fillTemplate } from './replies.ts';

// Fields and limits of PreTransactionRequest (facts: sms-and-paycore.md B3).

const MIN_MINOR = 100;

/** A decimal with at most two places, as JSON number or as text (the Java client sends text). */
const amount = z
  .union([z.string(), z.number()])
  .transform((value) => minorFromDecimal(String(value)))
  .pipe(
    z
      .number({ error: 'must be a decimal with two places, at most 999999.99' })
      .min(MIN_MINOR, 'is below 1.00'),
  );

/** URLs are templates, so they are judged with their placeholders filled. */
const urlTemplate = z
  .string()
  .max(2_000)
  .refine((template) => {
    const url = fillTemplate(template, {});
    return URL.canParse(url) && /^https?:\/\//i.test(url);
  }, 'must be an absolute http(s) URL');

/** "Utc" is in the name: a time without a zone is UTC. */
const utcTime = z
  .string()
  .transform((text) => Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`))
  .pipe(z.number({ error: 'must be a time' }))
  .transform((ms) => new Date(ms).toISOString());

const preTransaction = z
  .object({
    partnerId: z.union([z.number().int(), z.string().regex(/^\d+$/)]).transform(String),
    currency: z.enum(['EUR', 'USD', 'NOK', 'SEK', 'DKK', 'BGN']),
    amount,
    paymentProviders: z
      .array(z.string())
      .refine((providers) => providers.includes('Vipps'), 'this stand-in has Vipps only'),
    referenceId: z.string().min(1).max(50).nullish(),
    correlationId: z.string().max(50).nullish(),
    viewTemplateName: z.string().max(50).nullish(),
    ocr: z.string().max(32).nullish(),
    description: z.string().max(500).nullish(),
    msisdn: z
      .string()
      .regex(/^\+?\d{5,15}$/)
      .nullish(),
    returnUrl: urlTemplate.nullish(),
    statusCallbackUrl: urlTemplate.nullish(),
    expiryUtc: utcTime.nullish(),
    sendSms: z.boolean().default(false),
    smsNotificationOriginator: z.string().max(14).nullish(),
    smsNotificationText: z.string().nullish(),
    smsReceiptText: z.string().nullish(),
    skipLandingPage: z.boolean().nullish(),
    customProperties: z.record(z.string(), z.unknown()).nullish(),
  })
  .refine((request) => !request.sendSms || (request.msisdn && request.smsNotificationText), {
    message: 'sendSms needs msisdn and smsNotificationText',
    path: ['sendSms'],
  });

export type PreTransactionRequest = z.infer<typeof preTransaction>;

export function parsePreTransaction(
  body: unknown,
): { ok: true; request: PreTransactionRequest } | { ok: false; why: string } {
  const parsed = preTransaction.safeParse(body);
  return parsed.success ? { ok: true, request: parsed.data } : { ok: false, why: issuesText(parsed.error) };
}
