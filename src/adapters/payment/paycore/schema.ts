import { z } from 'zod';

/** Paycore publishes its ids as GUIDs; being strict keeps a `Location` without an id from passing for one. */
const idSchema = z.guid();

/** Of TransactionResponseV2: what we believe, and nothing else. `amount` is a decimal, as text or as a number. */
export const transactionSchema = z.object({
  transactionId: idSchema,
  referenceId: z.string(),
  amount: z.union([z.string(), z.number()]),
  currency: z.string(),
  statusCode: z.string().nullish(),
  /** the wallet's own word; its values are not published */
  status: z.string().nullish(),
  statusDescription: z.string().nullish(),
  paymentDateUtc: z.string().nullish(),
});
export type PaycoreTransaction = z.infer<typeof transactionSchema>;

/** Of PreTransactionResponse. */
export const preTransactionSchema = z.object({
  preTransactionId: idSchema,
  referenceId: z.string(),
  mobileInvoiceUrl: z.string().nullish(),
});

/** Id at the end of a `Location`, absolute or not; null when there is none. */
export function idFromLocation(location: string | null, base: URL): string | null {
  if (location === null || !URL.canParse(location, base.href)) return null;
  const last = new URL(location, base).pathname.split('/').findLast((segment) => segment !== '');
  const id = idSchema.safeParse(last);
  return id.success ? id.data : null;
}
