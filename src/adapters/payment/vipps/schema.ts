import { z } from 'zod';

/** What we believe of Vipps' replies, and nothing else; unknown fields are ignored. */

/** Minor units. The currency is compared later: a foreign one is not an unreadable one. */
const amountSchema = z.object({ currency: z.string(), value: z.int().nonnegative() });

const aggregateSchema = z.object({
  authorizedAmount: amountSchema,
  capturedAmount: amountSchema,
  cancelledAmount: amountSchema,
  refundedAmount: amountSchema,
});
export type VippsAggregate = z.infer<typeof aggregateSchema>;

/** Of `GET /payments/{reference}`. */
export const paymentSchema = z.object({
  reference: z.string(),
  pspReference: z.string().min(1),
  state: z.string(),
  amount: amountSchema,
  aggregate: aggregateSchema,
  redirectUrl: z.string().nullish(),
  captureGuaranteedUntil: z.string().nullish(),
});
export type VippsPayment = z.infer<typeof paymentSchema>;

/** Of `POST /payments`. */
export const createdSchema = z.object({ reference: z.string(), redirectUrl: z.string() });

/** Of capture, cancel and refund. */
export const modificationSchema = z.object({
  reference: z.string(),
  state: z.string(),
  aggregate: aggregateSchema,
});
export type VippsModification = z.infer<typeof modificationSchema>;

/** Of `GET /payments/{reference}/events`. The document's `paymentAction` does not exist (drift): it is `name`. */
export const eventLogSchema = z.array(
  z.object({
    reference: z.string(),
    pspReference: z.string(),
    name: z.string(),
    amount: amountSchema,
    timestamp: z.string(),
    success: z.boolean(),
    idempotencyKey: z.string().nullish(),
  }),
);
export type VippsLoggedEvent = z.infer<typeof eventLogSchema>[number];

const secondsSchema = z.union([z.string().regex(/^\d{1,12}$/), z.int().nonnegative()]).transform(Number);

/** Of `POST /accesstoken/get`: numbers are strings there. Without a life a token cannot be kept. */
export const tokenSchema = z
  .object({
    access_token: z.string().regex(/^[\x21-\x7e]+$/),
    expires_in: secondsSchema.optional(),
    expires_on: secondsSchema.optional(),
  })
  .refine((token) => token.expires_in !== undefined || token.expires_on !== undefined);

/** Of a problem reply: `traceId`, and the domain code, which is the extra detail named "ErrorCode". */
export const problemSchema = z.object({
  traceId: z.string().nullish().catch(null),
  extraDetails: z
    .array(z.object({ name: z.string(), reason: z.string() }).nullable().catch(null))
    .nullish()
    .catch(null),
});

/** Of a webhook's body: the one field that is used. */
export const webhookEventSchema = z.object({ reference: z.string().regex(/^[A-Za-z0-9-]{8,64}$/) });

/** Of `POST /webhooks/v1/webhooks`. */
export const registeredSchema = z.object({ id: z.string().min(1), secret: z.string().min(1) });

/** Of `GET /webhooks/v1/webhooks`. */
export const registrationsSchema = z.object({
  webhooks: z.array(z.object({ id: z.string().min(1), url: z.string(), events: z.array(z.string()) })),
});
